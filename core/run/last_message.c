#include "run/last_message.h"

#include "data/json.h"
#include "run/text.h"

static bool is_codex(const orx_provider *v) {
    return v && strcmp(v->cfg->plugin, "codex") == 0;
}

static const char *path_of(orx_try *t) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    orx_text_file_name(t->task.id, &name);
    orx_str_adds(&name, "_codex_result.json");
    return orx_path_join(&t->arena, t->r->cfg->paths.artifacts_dir, name.buf);
}

void orx_last_message_forget(orx_try *t) {
    orx_err why = ORX_ERR_INIT;
    if (!is_codex(t->provider))
        return;
    int rc = orx_unlink(t->r->p, path_of(t), &why);
    if (rc < 0 && rc != ORX_E_NOT_FOUND)
        orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false, "%s", why.msg);
}

static orx_node *list_of(orx_arena *arena, const char *const *texts) {
    orx_node *list = orx_node_new(arena, ORX_ARRAY);
    for (; texts && *texts; texts++)
        orx_node_push(list, orx_node_new_str(arena, orx_view_of(*texts)));
    return list;
}

static void write_result(orx_try *t, orx_str *out) {
    const orx_result *result = &t->result;
    orx_node *n = orx_node_new(&t->arena, ORX_OBJECT);
    orx_node_set_str(&t->arena, n, "status", orx_claim_name(result->claim));
    orx_node_set_str(&t->arena, n, "summary", result->summary);
    orx_node_set_str(&t->arena, n, "commit", result->commit);
    orx_node_set(&t->arena, n, "validations", list_of(&t->arena, result->validations));
    orx_node_set(&t->arena, n, "next_actions", list_of(&t->arena, result->next_actions));
    orx_node_set_str(&t->arena, n, "blocker", result->blocker);
    orx_json_write(out, n, ORX_JSON_PY_LINE);
    orx_str_addc(out, '\n');
}

void orx_last_message_keep(orx_try *t) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err why = ORX_ERR_INIT;
    if (!t->step || !is_codex(t->step->provider) || t->facts.kind != ORXAQ_KIND_OK)
        return;
    if (t->result.claim == ORX_CLAIM_NONE)
        orx_str_addv(&text, orx_str_view(&t->answer));
    else
        write_result(t, &text);
    if (orx_write_replace(t->r->p, path_of(t), orx_str_view(&text), 0644, &why) < 0)
        orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false, "%s", why.msg);
}
