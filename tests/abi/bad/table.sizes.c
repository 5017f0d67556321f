/* A table that ends before its functions. */
#define PROVIDER_SIZE 8
#include "../validate_module.h"
