/* Does not free its instances. */
#define ON_DESTROY (void)instance
#include "../validate_module.h"
