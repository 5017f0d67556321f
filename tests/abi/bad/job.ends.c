/* Runs its program again and again, as long as it says anything ordinary. */
#define ON_FEED                                                                                    \
    if (feed->kind == ORXAQ_FEED_EXIT && job->frames == 3 && !job->cancelled) {                    \
        job->frames = 0;                                                                           \
        job->step = STEP_NEW;                                                                      \
        return ORXAQ_OK;                                                                           \
    }
#define NEXT_ID (job->last_id + 1)
#include "../validate_module.h"
