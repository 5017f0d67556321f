/* Believes that a line is never longer than 64 KiB. */
#define ON_FEED                                                                                    \
    if (feed->data.len > 65536)                                                                    \
    __builtin_trap()
#include "../validate_module.h"
