/* Believes that output has no bytes beyond ASCII. */
#define ON_FEED                                                                                    \
    for (uint64_t i = 0; i < feed->data.len; i++)                                                  \
        if ((unsigned char)feed->data.data[i] >= 0x80)                                             \
    __builtin_trap()
#include "../validate_module.h"
