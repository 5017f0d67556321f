/* An id that no configuration could name. */
#define ID "Bad Id/.."
#include "../validate_module.h"
