/* What codex prints, in both of its languages. Settings: even digits as a recording of `exec`, odd
 * ones as one of the app server; 0 decides by what is said. From 8 on the app server does not
 * answer the greeting first. */
#include "provider.h"

static bool is_server(int digit, orx_view said) {
    return digit ? digit % 2 == 1 : orx_view_find(said, "\"method\"") >= 0;
}

static const char *settings(int digit, orx_view said) {
    return is_server(digit, said) ? "interface: app-server" : "interface: exec";
}

static const char *greeting(int digit, orx_view said) {
    return is_server(digit, said) && digit < 8 ? "{\"id\":1,\"result\":{\"userAgent\":\"orxaq/"
                                                 "0.169.0\",\"codexHome\":\"/state\"}}\n"
                                                 "{\"id\":2,\"result\":{\"thread\":{\"id\":"
                                                 "\"01a2059d-0000-7000-8000-000000000001\"},"
                                                 "\"model\":\"gpt-6.1-sol\"}}\n"
                                               : NULL;
}

const provider_target provider_target_of = {.program = "codex",
                                            .version = "codex-cli 0.169.0",
                                            .settings = settings,
                                            .greeting = greeting,
                                            .cues = {"\"thread/", "\"turn/start\""},
                                            .silence_fails = true};
