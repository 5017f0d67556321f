/* Once ended, it cannot be begun again. */
#include <stdlib.h>
static int ended;
#define ON_CREATE                                                                                  \
    if (ended)                                                                                     \
    return ORXAQ_E_INTERNAL
#define ON_DESTROY (free(instance), ended = 1)
#include "../validate_module.h"
