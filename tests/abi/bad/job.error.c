/* Does not listen when an effect failed. */
#define ON_FEED                                                                                    \
    if (feed->kind == ORXAQ_FEED_ERROR)                                                            \
    return ORXAQ_OK
#include "../validate_module.h"
