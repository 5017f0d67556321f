/* A default outside its own range. */
#define KEY_DEFAULT "500"
#include "../validate_module.h"
