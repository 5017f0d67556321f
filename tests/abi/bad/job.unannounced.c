/* Opens jobs for ops it never announced. */
#define ACCEPTS(op) ((op) > 0)
#include "../validate_module.h"
