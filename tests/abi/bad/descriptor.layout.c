/* Compiled from edited headers. */
#define LAYOUT (ORXAQ_LAYOUT + 1)
#include "../validate_module.h"
