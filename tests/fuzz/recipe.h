/* recipe.h: a module out of lines of text: a good one, spoilt as the lines say.
 *
 * Each line is a letter and a value. Texts are allocated at exactly their length and tables at
 * exactly the size they claim (if that is one a host may believe), so that a sanitizer sees every
 * read that goes too far. A text of one byte 1 is NULL, of one byte 2 one without end that is as
 * long as the host may look.
 *
 *   i n v o l s    id, name, version, vendor, licence, summary
 *   k              another config key with this path; then for the last key:
 *   t f d r h p    type, flags (numbers); default, range, help, replaced_by (texts)
 *   z              the size it claims
 *   c S M J m H L  numbers of the descriptor: config_count, struct_size, magic, abi_major,
 *                  abi_minor, min_host_minor, what to add to the layout word
 *   e              bytes by which every key is longer than ours
 *   P R K B        sizes the tables of provider, router, sink and job claim
 *   O              the provider's ops
 *   x              functions that are missing, by the letters of recipe.c
 *   a              what is not aligned: d(escriptor), c(onfig), p, r, k, b as the tables above
 *   q              what the handshake answers
 *   ---            the settings follow, in YAML
 */
#ifndef ORX_FUZZ_RECIPE_H
#define ORX_FUZZ_RECIPE_H

#include "base/view.h"

#include "fuzz.h"

#include <orxaq/orxaq.h>

/* Makes the module; *ret_settings is what follows "---". One at a time. */
void recipe_cook(orx_view text, orx_view *ret_settings);

/* Its door. */
int32_t recipe_query(const orxaq_host_abi *host, const orxaq_plugin **ret_plugin);

void recipe_free(void);

#endif
