/* The order of its candidates depends on how often it was asked. */
static unsigned asked;
#define ON_SELECT                                                                                  \
    const orxaq_route_attempt moody = {.struct_size = sizeof moody, .candidate = asked++ % 2};     \
    (void)plan->attempt(plan, &moody)
#include "../validate_module.h"
