/* Two tables for one capability, by turns. */
#define ON_CAPABILITY                                                                              \
    if (strcmp(id, ORXAQ_PROVIDER_1) == 0 && turn++ % 2)                                           \
    return another(&provider)
#include <orxaq/orxaq.h>

static int turn;
static orxaq_provider second;

static inline const void *another(const orxaq_provider *first) {
    second = *first;
    return &second;
}
#include "../validate_module.h"
