/* company.h: what this process holds besides its memory, where the system shows it (Linux).
 *
 * Compared before and after a module was loaded or used, it tells what the module left behind. For
 * this room only. Threads: any.
 */
#ifndef ORX_PLUGIN_COMPANY_H
#define ORX_PLUGIN_COMPANY_H

#include "platform/platform.h"

typedef struct orx_company {
    int threads;
    int children;
    int descriptors;
} orx_company;

/* All 0 where /proc is not there. */
orx_company orx_company_look(orx_platform *p);

#endif
