/* Changes its mind. */
static int mood;
#define WANTED ((void)kind, mood++ % 2)
#include "../validate_module.h"
