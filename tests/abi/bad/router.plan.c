/* Names a candidate that does not exist. */
#define ON_SELECT                                                                                  \
    const orxaq_route_attempt wrong = {.struct_size = sizeof wrong, .candidate = 99};              \
    (void)plan->attempt(plan, &wrong)
#include "../validate_module.h"
