/* Falls over a cancel that comes before its program ran. */
#define ON_CANCEL                                                                                  \
    if (!job->asked)                                                                               \
    __builtin_trap()
#include "../validate_module.h"
