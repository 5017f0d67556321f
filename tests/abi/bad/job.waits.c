/* Waits before it has begun anything. */
#define ON_NEXT                                                                                    \
    if (job->asked == 1 && !job->cancelled)                                                        \
    return ORXAQ_NEXT_WAIT
#include "../validate_module.h"
