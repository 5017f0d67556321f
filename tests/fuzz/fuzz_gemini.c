/* What gemini prints: stream-json. Settings 1: another way to log in. */
#include "provider.h"

static const char *settings(int digit, orx_view said) {
    (void)said;
    return digit == 1 ? "{auth: login, home: /home}" : NULL;
}

const provider_target provider_target_of = {.program = "gemini",
                                            .version = "0.61.0",
                                            .settings = settings,
                                            .keyless = 1,
                                            .silence_fails = true};
