/* terminal.h: what the command line asks about this process and never the simulation.
 *
 * Threads: any.
 */
#ifndef ORX_PLATFORM_TERMINAL_H
#define ORX_PLATFORM_TERMINAL_H

#include "base/str.h"

/* Whether a person looks at standard output. */
bool orx_stdout_is_terminal(void);

/* Appends the absolute path of the running executable; nothing when the system does not tell. */
void orx_self_path(orx_str *out);

#endif
