#include "run/embedding.h"

#include "data/json.h"
#include "plugin/respond.h"
#include "run/network.h"
#include "run/record.h"
#include "run/runner.h"

#define TEXT_MAX 8000

/* ---- What the router goes by ----------------------------------------------------------------- */

/* Responders of this kind know the question (plugins/routellm). */
static bool learns(orx_instance *router) {
    const orxaq_responder *r = orx_plugin_responder(orx_instance_plugin(router));
    return r && strcmp(r->version, "orxaq-learning/1") == 0;
}

orx_embedding_need orx_embedding_needed(orx_instance *router, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str answer = {0};
    orx_embedding_need need = {0};
    const orx_node *doc = NULL;
    orx_node *question = orx_node_new(arena, ORX_OBJECT);
    orx_node_set(arena, question, "embedding", orx_node_new(arena, ORX_OBJECT));
    if (!learns(router) || orx_respond(router, question, &answer, NULL) < 0 ||
        orx_json_parse(arena, "answer", orx_str_view(&answer), &orx_limits_data, &doc, NULL) < 0)
        return need;
    int64_t dimensions = orx_node_int(orx_node_path(doc, "embedding.dimensions"), 0);
    need.source = orx_node_str(orx_node_path(doc, "embedding.source"), NULL);
    need.dimensions = dimensions > 0 && dimensions <= ORX_VECTOR_MAX ? (uint32_t)dimensions : 0;
    return need;
}

bool orx_embedding_is_outside(const orx_embedding_need *need) {
    return need->source && strcmp(need->source, ORX_EMBEDDING_BUILT_IN) != 0 &&
           strcmp(need->source, ORX_EMBEDDING_NONE) != 0;
}

/* ---- The text -------------------------------------------------------------------------------- */

orx_view orx_embedding_text(const char *title, const char *text, const char *const *acceptance,
                            const orx_secrets *secrets, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str all = {0};
    orx_str_addf(&all, "%s\n%s", title, text);
    for (size_t i = 0; acceptance && acceptance[i]; i++)
        orx_str_addf(&all, "\n%s", acceptance[i]);
    orx_secrets_mask(secrets, all.buf, all.len);
    size_t len = all.len;
    if (len > TEXT_MAX) {
        len = TEXT_MAX;
        while (len > 0 && ((unsigned char)all.buf[len] & 0xc0) == 0x80)
            len--;
    }
    return orx_view_of(orx_arena_dup(arena, orx_view_mem(all.buf, len)));
}

/* ---- The vector of a task -------------------------------------------------------------------- */

static const char *code_of(int rc) {
    switch (rc) {
    case ORX_E_TIMEOUT:
        return "embedding_timeout";
    case ORX_E_CONFLICT:
        return "embedding_dimensions";
    case ORX_E_LIMIT:
    case ORX_E_DENIED:
        return "embedding_budget";
    default:
        return "embedding_failed";
    }
}

/* What is kept can be had when nobody can be asked any more: offline, or switched off. */
static bool is_kept(orx_try *t, const orx_embedding_need *need, orx_vector *ret_vector) {
    ORX_CLEANUP(orx_secrets_free) orx_secrets secrets = {0};
    orx_vector v = {0};
    orx_record_secrets(t->r->cfg, NULL, &secrets);
    const orx_view text = orx_embedding_text(t->task.title, t->task.description, t->task.acceptance,
                                             &secrets, &t->arena);
    if (orx_vectors_find(t->r->s, need->source, text, &t->arena, &v, NULL) != 1 ||
        v.count != need->dimensions)
        return false;
    *ret_vector = v;
    return true;
}

static int open_for(orx_try *t, const char *source, orx_embedder *ret_by, orx_err *err) {
    int64_t wait_ns = 0;
    int rc = orx_embedder_open(t->r->cfg, t->r->setup.plugins, source, &t->arena, ret_by, err);
    if (rc < 0 || !orx_run_network_shuts(t, ret_by->provider, &wait_ns))
        return rc;
    return orx_err_set(err, ORX_E_DENIED, "vectors of %s: the network is offline", source);
}

static int ask(orx_try *t, const orx_embedder *by, const orx_embedding_need *need, orx_embedding *e,
               orx_err *err) {
    ORX_CLEANUP(orx_secrets_free) orx_secrets secrets = {0};
    orx_runner *r = t->r;
    size_t asked = 0;
    const orx_embedding_job job = {.p = r->p,
                                   .s = r->s,
                                   .cfg = r->cfg,
                                   .prices = r->prices.prices,
                                   .dimensions = need->dimensions,
                                   .total_ns = r->cfg->route.embed_ns,
                                   .stop = &r->stop};
    orx_record_secrets(r->cfg, by->instance, &secrets);
    const orx_view text = orx_embedding_text(t->task.title, t->task.description, t->task.acceptance,
                                             &secrets, &t->arena);
    int rc = orx_embed(&job, by, &text, 1, &t->arena, &e->vector, &asked, err);
    if (rc == 0)
        e->from = asked ? "provider" : "journal";
    return rc;
}

void orx_embedding_get(orx_try *t, const orx_embedding_need *need, orx_embedding *ret_embedding) {
    orx_embedding e = {.need = *need};
    orx_embedder by = {0};
    orx_err err = ORX_ERR_INIT;
    int64_t begun = orx_mono_ns(t->r->p);
    bool outside = orx_embedding_is_outside(need);
    if (outside && is_kept(t, need, &e.vector)) {
        e.from = "journal";
        e.took_ns = orx_mono_ns(t->r->p) - begun;
    } else if (outside) {
        int rc = open_for(t, need->source, &by, &err);
        if (rc < 0)
            e.reason = "embedding_unavailable";
        else if ((rc = ask(t, &by, need, &e, &err)) < 0)
            e.reason = code_of(rc);
        if (rc < 0) {
            e.vector = (orx_vector){0};
            e.problem = orx_arena_strdup(&t->arena, err.msg);
        }
        orx_embedder_close(&by);
        e.took_ns = orx_mono_ns(t->r->p) - begun;
    }
    *ret_embedding = e;
}

orx_node *orx_embedding_node(const orx_embedding *e, orx_arena *arena) {
    if (!e->need.source || strcmp(e->need.source, ORX_EMBEDDING_NONE) == 0)
        return NULL;
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    orx_node_set_str(arena, n, "source", e->need.source);
    orx_node_set_int(arena, n, "dimensions", e->need.dimensions);
    if (e->from)
        orx_node_set_str(arena, n, "from", e->from);
    if (e->reason)
        orx_node_set_str(arena, n, "reason", e->reason);
    if (e->problem)
        orx_node_set_str(arena, n, "problem", e->problem);
    if (e->took_ns)
        orx_node_set_int(arena, n, "took_ms", e->took_ns / ORX_MS);
    return n;
}
