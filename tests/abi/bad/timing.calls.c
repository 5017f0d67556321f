/* Blocks, the first time. */
#include "../validate_find.h"
static int before;
#define ON_NEXT                                                                                    \
    if (!before++)                                                                                 \
    be_busy(35)
#include "../validate_module.h"
