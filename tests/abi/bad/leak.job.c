/* Does not free its jobs. */
#define ON_CLOSE (void)job
#include "../validate_module.h"
