/* Only one instance at a time. */
#include <stdlib.h>
static int alive;
#define ON_CREATE                                                                                  \
    if (alive++)                                                                                   \
    return ORXAQ_E_LIMIT
#define ON_DESTROY (free(instance), alive = 0)
#include "../validate_module.h"
