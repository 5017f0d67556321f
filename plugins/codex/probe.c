/* The small programs: version, login, catalogue. */
#include "codex.h"

static void tell_probe(const codex_job *job, int ready, orxaq_view version, orxaq_view account) {
    const orxaq_probe p = {.struct_size = sizeof p,
                           .ready = ready,
                           .program = job->c->program,
                           .version = version,
                           .account = account};
    (void)job->events->probe(job->events, &p);
}

static void finish_ok(codex_job *job) {
    const orxaq_outcome o = {.struct_size = sizeof o, .kind = ORXAQ_KIND_OK, .retry_after_ms = -1};
    codex_finish(job, &o);
}

static orxaq_view trimmed(orxaq_view text) {
    while (text.len && (unsigned char)text.data[text.len - 1] <= ' ')
        text.len--;
    return text;
}

/* The number without the program's name in front of it. */
static orxaq_view version_text(const codex_job *job) {
    orxaq_view text = trimmed(codex_buf_view(&job->text));
    for (uint64_t i = text.len; i > 0; i--)
        if (text.data[i - 1] == ' ')
            return orxaq_view_of(text.data + i, text.len - i);
    return text;
}

/* ---- version ------------------------------------------------------------------------------ */

static void refuse_version(codex_job *job) {
    codex_buf why = {0};
    codex_version_complain(&job->version, &why);
    if (job->op == ORXAQ_OP_PROBE)
        tell_probe(job, 0, version_text(job), orxaq_str(""));
    codex_finish_kind(job, ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, codex_buf_view(&why));
    codex_buf_free(&why);
}

static void choose(codex_job *job) {
    int server = job->c->interface == CODEX_SERVER ||
                 (job->c->interface == CODEX_AUTO && codex_version_has_server(&job->version));
    if (codex_version_known(&job->version) == CODEX_NEWER) {
        codex_buf why = {0};
        codex_version_complain(&job->version, &why);
        codex_say(job, ORXAQ_TEXT_NOTICE, 0, codex_buf_view(&why));
        codex_buf_free(&why);
    }
    if (job->op == ORXAQ_OP_TASK)
        job->want = server ? CODEX_RUN_SERVER : CODEX_RUN_EXEC;
    else if (codex_own_endpoint(job->c) || job->c->model_provider.len) {
        tell_probe(job, 1, version_text(job), orxaq_str(""));
        finish_ok(job);
    } else {
        job->want = CODEX_RUN_LOGIN;
    }
}

void codex_version_ended(codex_job *job, const orxaq_feed *exit) {
    if (exit->reason != ORXAQ_END_BY_ITSELF) {
        if (job->op == ORXAQ_OP_PROBE)
            tell_probe(job, 0, orxaq_str(""), orxaq_str(""));
        codex_finish_exit(job, exit);
    } else if (!codex_version_parse(codex_buf_view(&job->text), &job->version)) {
        if (job->op == ORXAQ_OP_PROBE)
            tell_probe(job, 0, orxaq_str(""), orxaq_str(""));
        codex_finish_kind(job, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_NO,
                          orxaq_str("the setting `program` names something that is not codex: "
                                    "expected \"codex-cli X.Y.Z\" from --version"));
    } else if (codex_version_known(&job->version) == CODEX_TOO_OLD) {
        refuse_version(job);
    } else {
        choose(job);
    }
}

/* ---- login -------------------------------------------------------------------------------- */

void codex_login_ended(codex_job *job, const orxaq_feed *exit) {
    orxaq_view said = trimmed(codex_buf_view(&job->text));
    codex_buf version = {0};
    codex_buf_addi(&version, job->version.major);
    codex_buf_adds(&version, ".");
    codex_buf_addi(&version, job->version.minor);
    codex_buf_adds(&version, ".");
    codex_buf_addi(&version, job->version.patch);
    int in = exit->reason == ORXAQ_END_BY_ITSELF && exit->code == 0;
    tell_probe(job, in, codex_buf_view(&version), in ? said : orxaq_str(""));
    if (in)
        finish_ok(job);
    else if (exit->reason != ORXAQ_END_BY_ITSELF)
        codex_finish_exit(job, exit);
    else
        codex_finish_kind(job, ORXAQ_KIND_AUTH, ORXAQ_RETRY_NO,
                          orxaq_str("codex is not logged in: run `codex login`, or give the "
                                    "provider a secret"));
    codex_buf_free(&version);
}

/* ---- models ------------------------------------------------------------------------------- */

static void tell_model(const codex_job *job, const orxaq_value *m) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_model model = {
        .struct_size = sizeof model,
        .loaded = -1,
        .id = json->text(json->get(m, "slug"), orxaq_str("")),
        .family = orxaq_str("openai"),
        .context_tokens = json->integer(json->get(m, "context_window"), -1),
        .output_tokens = -1,
        .size_bytes = -1,
    };
    orxaq_view shown = json->text(json->get(m, "visibility"), orxaq_str("list"));
    if (model.id.len && orxaq_view_is(shown, "list"))
        (void)job->events->model(job->events, &model);
}

void codex_models_ended(codex_job *job, const orxaq_feed *exit) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *tree = NULL;
    if (exit->reason != ORXAQ_END_BY_ITSELF || exit->code != 0) {
        codex_finish_exit(job, exit);
    } else if (json->parse(job->c->host, codex_buf_view(&job->text), &tree) != ORXAQ_OK) {
        codex_finish_kind(job, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_NO,
                          orxaq_str("`codex debug models --bundled` printed no JSON"));
    } else {
        const orxaq_value *m = json->first(json->get(tree, "models"));
        for (; m; m = json->next(m))
            tell_model(job, m);
        finish_ok(job);
    }
}
