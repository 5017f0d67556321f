/* verdicts.h: the insides of orx_verdicts, for this room only. */
#ifndef ORX_PLUGIN_VERDICTS_H
#define ORX_PLUGIN_VERDICTS_H

#include "base/map.h"
#include "plugin/verdict.h"

struct orx_verdicts {
    orx_platform *p;
    orx_arena arena;
    const char *file;
    const char *build;
    orx_map reasons; /* identity of the file -> orx_verdict */
    orx_map digests; /* the same without digest and build -> digest */
    bool changed;
};

/* keep: worth writing down. A child that died or hung may have had other reasons than the module,
 * such as a machine without memory, so that is believed for the life of this process only. */
typedef struct orx_verdict {
    bool keep;
    bool settled;  /* of the file */
    char reason[]; /* "" = it passed */
} orx_verdict;

void orx_verdicts_put(orx_verdicts *v, const orx_trusted_file *file, const char *reason, bool keep);

#endif
