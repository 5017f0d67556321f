/* generic.h: an endpoint that tells costs as plain records.
 *
 *   generic.c   the module, the requests and pages
 *   record.c    one item, by whatever names it uses, as a row
 *
 * This is the predecessor's notion of a billing API: one address, a window as start_time and
 * end_time, pages by a cursor, and items whose members go by one of several names.
 */
#ifndef GENERIC_H
#define GENERIC_H

#include <orxaq/orxaq.h>

struct costs_job;

/* Tells the row of an item, or rejects it with the reason. */
void generic_record(struct costs_job *job, const orxaq_value *item);

/* Whether `fields` may have a member of this name. */
int generic_is_field(orxaq_view name);

/* A member as text without blanks around it: strings only; else empty. */
orxaq_view generic_text(const orxaq_json_service *json, const orxaq_value *value);

#endif
