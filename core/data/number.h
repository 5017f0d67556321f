/* number.h: decimal text to numbers, exactly, whatever the locale. Internal to this room.
 *
 * The text must already have the shape of a number: JSON's, or YAML's with '+', "1." and ".5". Both
 * readers check that first.
 */
#ifndef ORX_DATA_NUMBER_H
#define ORX_DATA_NUMBER_H

#include "data/doc.h"

/* The longest number text a reader takes; a double never needs more than 770 digits. */
#define ORX_NUMBER_MAX 1024

/* Sets kind and value of n. Returns NULL, or why the number is refused: a phrase that follows
 * "expected". */
const char *orx_number_read(orx_node *n, orx_view text);

/* The double nearest to text. */
double orx_number_to_double(orx_view text);

#endif
