#ifndef STRKIT_H
#define STRKIT_H

#include <stddef.h>

/* Removes white space at both ends, in place; returns the new beginning. */
char *sk_trim(char *text);

#endif
