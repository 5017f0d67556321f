/* The module that keeps every promise: it must pass all checks. */
#include "validate_module.h"
