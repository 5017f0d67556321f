#include "config/value.h"

static bool extra_high(orx_view text) {
    return orx_word_index("extra_high|extra-high|extrahigh|xhigh", text) >= 0;
}

orx_profile orx_profile_of_env(orx_view text) {
    text = orx_view_trim(text);
    if (orx_view_ieq(text, orx_view_of("standard")))
        return ORX_PROFILE_STANDARD;
    return extra_high(text) ? ORX_PROFILE_EXTRA_HIGH : ORX_PROFILE_HIGH;
}

orx_profile orx_profile_of_flag(orx_view text) {
    text = orx_view_trim(text);
    if (orx_view_ieq(text, orx_view_of("high")))
        return ORX_PROFILE_HIGH;
    return extra_high(text) ? ORX_PROFILE_EXTRA_HIGH : ORX_PROFILE_STANDARD;
}

const char *orx_profile_name(orx_profile profile) {
    static const char *const names[] = {"standard", "high", "extra_high"};
    return names[profile];
}

/* Words that mean something, as opposed to falling back to the source's default. */
static bool known(orx_view text, orx_text_source source) {
    if (extra_high(text) || orx_word_index("standard|high", text) >= 0)
        return true;
    return source != ORX_TEXT_ENV && orx_word_index("default|normal", text) >= 0;
}

int orx_profile_from_text(orx_view text, orx_text_source source, orx_config_value *out,
                          orx_str *problem) {
    orx_profile p = source == ORX_TEXT_ENV ? orx_profile_of_env(text) : orx_profile_of_flag(text);
    out->u.i = (int64_t)p;
    if (known(text, source))
        return 0;
    if (source == ORX_TEXT_CONFIG)
        return -1;
    orx_str_adds(problem, "expected standard, high or extra_high, found ");
    orx_explain_quote(text, problem);
    orx_str_addf(problem, "; taken as %s", orx_profile_name(p));
    return 1;
}

void orx_config_effective_run(const orx_config *cfg, orx_effective_run *ret_run) {
    bool forced = cfg->run.execution_profile == ORX_PROFILE_EXTRA_HIGH;
    int64_t least = forced ? INT64_C(1000000000) : 1;
    *ret_run = (orx_effective_run){
        .max_cycles = cfg->run.max_cycles > least ? cfg->run.max_cycles : least,
        .continuous = forced || cfg->run.continuous,
        .queue_persistent = forced || cfg->queue.persistent,
        .force_continuation = forced,
        .assume_full_autonomy = forced,
    };
}
