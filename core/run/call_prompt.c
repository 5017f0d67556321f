/* What a call says, and how much of it the model can take. */
#include "base/digest.h"
#include "run/agent.h"
#include "run/handoff.h"
#include "run/merges.h"
#include "run/runner.h"
#include "run/text.h"

/* Known before the server counted anything: a token is seldom less than two bytes or more than
 * eight. So a prompt is made to fit at four, and refused only where it cannot fit at eight. */
#define USUAL_BYTES 4
#define MOST_BYTES  8

size_t orx_run_prompt_budget(int64_t window) {
    if (window <= 0 || window > (int64_t)ORX_PROMPT_MAX)
        return ORX_PROMPT_MAX;
    return (size_t)window * USUAL_BYTES * 3 / 5;
}

/* What is under way in the repository, NULL-terminated. */
static void find_hints(orx_git *git, const char *hints[static 6]) {
    static const char *const texts[] = {"A merge is in progress.", "A rebase is in progress.",
                                        "A cherry-pick is in progress.", "A revert is in progress.",
                                        "A bisect is in progress."};
    unsigned state = orx_git_in_progress(git);
    size_t n = 0;
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++)
        if (state & (1u << i))
            hints[n++] = texts[i];
    hints[n] = NULL;
}

/* Our own agent counts for itself, with tools and results. */
static int check_window(const orx_try *t, size_t bytes, orx_err *err) {
    int64_t window = t->step->provider->cfg->context_tokens;
    if (window <= 0 || orx_run_needs_agent(t->step->provider->instance) ||
        (int64_t)bytes / MOST_BYTES <= window)
        return 0;
    return orx_err_set(err, ORX_E_LIMIT,
                       "the prompt has %zu bytes, which cannot fit the %lld tokens of "
                       "providers.%s.context_tokens",
                       bytes, (long long)window, t->step->provider->cfg->name);
}

int orx_run_prompt(orx_try *t, size_t budget, orx_str *out, orx_err *err) {
    const char *hints[6];
    find_hints(t->provider->git, hints);
    ORX_CLEANUP(orx_str_free) orx_str profile = {0};
    orx_git_profile(t->provider->git, &profile);
    ORX_CLEANUP(orx_str_free) orx_str handoff = {0};
    const orx_handoff_reader reader = {.dir = t->r->cfg->paths.handoff_dir,
                                       .owner = t->task.owner,
                                       .lanes = &t->r->cfg->lane_after};
    orx_handoff_read(t->r->s, &reader, &handoff);
    orx_merges_tell(t->r->s, orx_git_common(t->provider->git), t->r->lane, &handoff);
    const orx_prompt_input in = {
        .context = &t->r->context,
        .role_text = t->provider->role_text,
        .handoff = orx_str_cstr(&handoff),
        .task = &t->task,
        .repo = orx_git_root(t->provider->git),
        .file_profile = orx_str_cstr(&profile),
        .hints = hints,
        .attempt = t->number,
        .parked = t->parked_before,
        .restored = t->restored,
        .validations = &t->r->cfg->validation.commands,
        .result_by_schema =
            (orx_instance_features(t->step->provider->instance) & ORXAQ_CAN_SCHEMA) != 0,
        .budget = budget,
    };
    size_t before = out->len;
    int rc = orx_prompt_build(&in, out, err);
    return rc < 0 ? rc : check_window(t, out->len - before, err);
}

/* The candidates of an attempt mostly get the same one, one after the other. */
void orx_run_measure(orx_try *t, const orx_str *prompt) {
    char sha[ORX_SHA256_HEX];
    orx_sha256_hex(orx_str_view(prompt), sha);
    if (strcmp(sha, t->measured.sha256) == 0)
        return;
    memcpy(t->measured.sha256, sha, sizeof sha);
    t->measured.tokens = orx_text_tokens(orx_str_view(prompt));
    t->measured.difficulty = orx_text_difficulty(orx_str_view(prompt));
}
