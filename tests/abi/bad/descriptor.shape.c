/* A descriptor that ends before its functions. */
#define PLUGIN_SIZE 64
#include "../validate_module.h"
