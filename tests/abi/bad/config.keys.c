/* A key without help. */
#define KEY_HELP NULL
#include "../validate_module.h"
