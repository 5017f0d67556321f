/* Says twice how it ended. */
#define ON_FEED                                                                                    \
    if (feed->kind == ORXAQ_FEED_EXIT)                                                             \
    say_outcome(job, KIND_OF_EXIT)
#include "../validate_module.h"
