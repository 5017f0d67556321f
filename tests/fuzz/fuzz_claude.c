/* What claude prints: stream-json. Settings 1: without a schema. */
#include "provider.h"

static const char *settings(int digit, orx_view said) {
    (void)said;
    return digit == 1 ? "structured: false" : NULL;
}

const provider_target provider_target_of = {.program = "claude",
                                            .version = "2.1.330 (Claude Code)",
                                            .settings = settings,
                                            .silence_fails = true};
