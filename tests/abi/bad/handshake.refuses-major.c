/* Looks at everything but the major number. */
#define ANSWER                                                                                     \
    (host->fingerprint != ORXAQ_FINGERPRINT ? ORXAQ_REFUSED_FINGERPRINT                            \
     : host->min_minor > ORXAQ_ABI_MINOR    ? ORXAQ_REFUSED_MINOR                                  \
                                            : ORXAQ_OK)
#include "../validate_module.h"
