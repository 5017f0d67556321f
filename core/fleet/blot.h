/* blot.h: keys taken out of a text before it is shown.
 *
 * What a server says goes into reports that others read, and servers repeat what they were sent: a
 * key in a message, a header in an error page, the address that was asked. So every text that is
 * kept goes through here first, and comes out with "[REDACTED]" in the place of each key.
 *
 * A key is found as it is, and spelled as JSON ("\/", "\u002f") or as in an address ("%2F").
 *
 * Threads: any.
 */
#ifndef ORX_FLEET_BLOT_H
#define ORX_FLEET_BLOT_H

#include "base/str.h"

/* Replaces every occurrence of a secret. One of up to 3 bytes is none: it would be found
 * everywhere. */
void orx_blot(orx_str *text, orx_view secret);

/* Whether what has this name (a header, a parameter of an address) is to be taken for a key. */
bool orx_blot_name(orx_view name);

#endif
