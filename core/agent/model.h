/* model.h: what a server knows about the model that is to work.
 *
 * Asked by op MODELS before a conversation begins: the window decides how much fits, the abilities
 * whether tools are offered or explained. A server that does not say, or cannot be asked, costs
 * nothing but that knowledge.
 *
 * Threads: the platform's thread; waits inside the loop.
 */
#ifndef ORX_AGENT_MODEL_H
#define ORX_AGENT_MODEL_H

#include "plugin/job.h"

typedef struct orx_model_facts {
    bool known;             /* the server listed it */
    bool loaded;            /* or the server has no such notion */
    int64_t context_tokens; /* of the model as it is loaded; 0 = not known */
    int tools;              /* 1 = trained to call tools, 0 = not, -1 = not known */
} orx_model_facts;

/* spec: instance, files_dir and what else a request needs; op, args and events are set here. model
 * "" means the one that is loaded. */
void orx_model_look(orx_platform *p, const orx_job_spec *spec, const char *model,
                    orx_model_facts *ret_facts);

#endif
