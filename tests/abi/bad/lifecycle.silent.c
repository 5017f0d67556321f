/* Talks on standard error. */
#include <stdio.h>
#define ON_CREATE (void)fputs("here I am\n", stderr)
#include "../validate_module.h"
