/* Jobs that cannot be cancelled. */
#define JOB_CANCEL NULL
#include "../validate_module.h"
