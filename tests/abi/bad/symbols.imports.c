/* Changes the environment of everybody, or could. */
#include <stdlib.h>
#define ON_SELECT                                                                                  \
    if (request->candidate_count > 1000000)                                                        \
    (void)setenv("PATH", "", 1)
#include "../validate_module.h"
