/* Keys that end before their help. */
#define KEY_SIZE 16
#include "../validate_module.h"
