#include "platform/platform.h"

void orx_platform_free(orx_platform *p) {
    if (p)
        p->destroy(p);
}
