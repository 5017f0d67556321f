/* Takes every answer of a server for a good one. */
#define ON_NEXT                                                                                    \
    static const orxaq_http http = {.struct_size = sizeof http,                                    \
                                    .method = {"GET", 3},                                          \
                                    .url = {"http://127.0.0.1/", 17},                              \
                                    .framing = ORXAQ_FRAMING_LINES};                               \
    if (job->step == STEP_NEW) {                                                                   \
        effect->kind = ORXAQ_EFFECT_HTTP;                                                          \
        effect->id = 1;                                                                            \
        effect->http = &http;                                                                      \
        job->step = STEP_RUNNING;                                                                  \
        return ORXAQ_NEXT_EFFECT;                                                                  \
    }
#include "../validate_module.h"
