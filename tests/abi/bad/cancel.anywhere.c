/* Falls over a cancel that comes in the middle of its program's output. */
#define ON_CANCEL                                                                                  \
    if (job->frames == 2)                                                                          \
    __builtin_trap()
#include "../validate_module.h"
