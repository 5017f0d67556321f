/* A provider of nothing. */
#define OPS 0
#include "../validate_module.h"
