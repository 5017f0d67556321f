/* Looks only at whether the program was started. */
#define KIND_OF_EXIT (feed->reason == ORXAQ_END_NOT_STARTED ? ORXAQ_KIND_CRASHED : ORXAQ_KIND_OK)
#include "../validate_module.h"
