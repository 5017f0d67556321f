/* Knows a capability that does not exist. */
#define ON_CAPABILITY                                                                              \
    if (strcmp(id, "orxaq.nothing/1") == 0)                                                        \
    return &provider
#include "../validate_module.h"
