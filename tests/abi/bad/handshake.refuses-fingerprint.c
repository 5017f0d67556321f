/* Looks at everything but the machine model. */
#define ANSWER                                                                                     \
    (host->abi_major != ORXAQ_ABI_MAJOR  ? ORXAQ_REFUSED_MAJOR                                     \
     : host->min_minor > ORXAQ_ABI_MINOR ? ORXAQ_REFUSED_MINOR                                     \
                                         : ORXAQ_OK)
#include "../validate_module.h"
