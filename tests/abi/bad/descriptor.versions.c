/* Needs a host newer than its own headers. */
#define MIN_HOST 9
#include "../validate_module.h"
