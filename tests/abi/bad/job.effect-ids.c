/* Runs a second program under the id of the first. */
#define ON_FEED                                                                                    \
    if (feed->kind == ORXAQ_FEED_EXIT && !job->again && feed->reason == ORXAQ_END_BY_ITSELF &&     \
        !feed->signal && !job->cancelled) {                                                        \
        job->again = 1;                                                                            \
        job->step = STEP_NEW;                                                                      \
        return ORXAQ_OK;                                                                           \
    }
#include "../validate_module.h"
