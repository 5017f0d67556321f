/* What any program prints, as text (0), one JSON value (1), JSON lines (2), the latter with tokens
 * that add up (3) or with its exit code as the claim (4). */
#include "provider.h"

static const char *settings(int digit, orx_view said) {
    static const char *const all[] = {
        "{argv: [agent], output: text}", "{argv: [agent], output: json}",
        "{argv: [agent], output: jsonl}", "{argv: [agent], output: jsonl, usage_mode: delta}",
        "{argv: [agent], output: jsonl, claim: exit}"};
    (void)said;
    return all[digit >= 0 && digit < (int)(sizeof all / sizeof *all) ? digit : 2];
}

const provider_target provider_target_of = {.program = "agent", .settings = settings};
