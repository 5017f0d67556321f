/* Answers with a number that means nothing. */
#define ANSWER (orxaq_host_fits(host, 1) == ORXAQ_OK ? 5 : ORXAQ_REFUSED_OTHER)
#include "../validate_module.h"
