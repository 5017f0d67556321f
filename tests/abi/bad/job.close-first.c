/* Falls over a close before the first next. */
#include <stdlib.h>
#define ON_CLOSE                                                                                   \
    if (!job->asked)                                                                               \
        __builtin_trap();                                                                          \
    free(job)
#include "../validate_module.h"
