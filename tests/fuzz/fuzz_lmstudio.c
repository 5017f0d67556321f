/* What an OpenAI-compatible server answers: 0 LM Studio, 1 another one. */
#include "provider.h"

static const char *settings(int digit, orx_view said) {
    (void)said;
    return digit == 1 ? "api: openai" : NULL;
}

const provider_target provider_target_of = {.settings = settings, .silence_fails = true};
