/* respond.h: asking a responder plugin a question of somebody else's.
 *
 * The answer is looked at before anybody sees it: it is one JSON object of at most 16 MiB, given
 * once. Anything else, and an error of the responder, is an error here.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_RESPOND_H
#define ORX_PLUGIN_RESPOND_H

#include "plugin/instance.h"

/* Appends the answer to a question, an object, to *out. ORX_E_UNSUPPORTED: the plugin is no
 * responder. On failure *out is as it was. */
int orx_respond(orx_instance *instance, const orx_node *question, orx_str *out, orx_err *err);

#endif
