/* Two descriptors, shown by turns. */
#define SHOWN (turn++ % 2 ? &plugin : another(&plugin))
#include <orxaq/orxaq.h>

static int turn;
static orxaq_plugin second;

static inline const orxaq_plugin *another(const orxaq_plugin *first) {
    second = *first;
    return &second;
}
#include "../validate_module.h"
