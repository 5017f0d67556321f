/* Takes a program that is not there for one that had nothing to do. */
#define KIND_OF_EXIT (feed->signal ? ORXAQ_KIND_CRASHED : ORXAQ_KIND_OK)
#include "../validate_module.h"
