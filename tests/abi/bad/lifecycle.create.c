/* Says it worked and gives no instance. */
#define ON_CREATE                                                                                  \
    if (settings)                                                                                  \
    return ORXAQ_OK
#include "../validate_module.h"
