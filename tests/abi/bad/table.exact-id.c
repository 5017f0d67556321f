/* Looks only at the beginning of an id. */
#define ON_CAPABILITY                                                                              \
    if (strncmp(id, ORXAQ_PROVIDER_1, strlen(ORXAQ_PROVIDER_1)) == 0)                              \
    return &provider
#include "../validate_module.h"
