/* Instances can be made but not ended. */
#define DESTROY NULL
#include "../validate_module.h"
