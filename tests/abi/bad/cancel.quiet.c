/* Starts a program to clean up when it is cancelled. */
#define ON_NEXT                                                                                    \
    if (job->cancelled && job->started && !job->again) {                                           \
        job->again = 1;                                                                            \
        return run_program(job, 2, effect);                                                        \
    }
#include "../validate_module.h"
