/* Falls over a close while its program runs. */
#include <stdlib.h>
#define ON_CLOSE                                                                                   \
    if (job->step == STEP_RUNNING)                                                                 \
        __builtin_trap();                                                                          \
    free(job)
#include "../validate_module.h"
