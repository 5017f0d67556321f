/* Looks at everything but the minor numbers. */
#define ANSWER                                                                                     \
    (host->fingerprint != ORXAQ_FINGERPRINT ? ORXAQ_REFUSED_FINGERPRINT                            \
     : host->abi_major != ORXAQ_ABI_MAJOR   ? ORXAQ_REFUSED_MAJOR                                  \
                                            : ORXAQ_OK)
#include "../validate_module.h"
