/* PROBE, MODELS, LOAD, UNLOAD. Three dialects are tried in turn: LM Studio's own API in its two
 * versions, which know what is loaded, and the list that every server has. A server that does not
 * know an address says so in many ways (LM Studio itself with status 200 and an error text), so
 * what decides is whether the answer has the shape of the dialect. */
#include "lmstudio.h"

enum { NATIVE_1, NATIVE_0, PLAIN };

static const char *const programs[] = {"LM Studio", "LM Studio", "OpenAI-compatible server"};
static const char *const versions[] = {"api/v1", "api/v0", "v1"};

static void listed(lm_job *job);

static void ask(lm_job *job) {
    const lmstudio *lm = job->lm;
    if (job->dialect == PLAIN)
        lm_get(job, lm->base, "/models", listed);
    else
        lm_get(job, lm->root, job->dialect == NATIVE_1 ? "/api/v1/models" : "/api/v0/models",
               listed);
}

void lm_begin_models(lm_job *job) {
    job->dialect = job->lm->native ? NATIVE_1 : PLAIN;
    ask(job);
}

/* ---- Lists ----------------------------------------------------------------------------------- */

static orxaq_model blank(orxaq_view id) {
    return (orxaq_model){.struct_size = sizeof(orxaq_model),
                         .loaded = -1,
                         .id = id,
                         .context_tokens = -1,
                         .output_tokens = -1,
                         .size_bytes = -1};
}

static int64_t integer_at(const orxaq_json_service *json, const orxaq_value *v, const char *path) {
    return json->integer(json->get(v, path), -1);
}

static int64_t first_of(int64_t a, int64_t b) {
    return a >= 0 ? a : b;
}

static int lists(const orxaq_json_service *json, const orxaq_value *list, const char *word) {
    for (const orxaq_value *v = json->first(list); v; v = json->next(v))
        if (orxaq_view_is(json->text(v, orxaq_str("")), word))
            return 1;
    return 0;
}

/* {models: [{key, type, loaded_instances: [{id, config: {context_length}}] ...}]} */
static orxaq_model native_1(const orxaq_json_service *json, const orxaq_value *v) {
    orxaq_view none = {0};
    orxaq_model m = blank(json->text(json->get(v, "key"), none));
    const orxaq_value *instance = json->first(json->get(v, "loaded_instances"));
    int embeds = orxaq_view_is(json->text(json->get(v, "type"), none), "embedding");
    m.family = json->text(json->get(v, "architecture"), none);
    m.loaded = instance != NULL;
    m.context_tokens = first_of(integer_at(json, instance, "config.context_length"),
                                integer_at(json, v, "max_context_length"));
    m.size_bytes = integer_at(json, v, "size_bytes");
    m.abilities = embeds ? ORXAQ_MODEL_EMBED : ORXAQ_MODEL_CHAT | ORXAQ_MODEL_SCHEMA;
    if (json->boolean(json->get(v, "capabilities.trained_for_tool_use"), 0))
        m.abilities |= ORXAQ_MODEL_TOOLS;
    if (json->boolean(json->get(v, "capabilities.vision"), 0))
        m.abilities |= ORXAQ_MODEL_IMAGES;
    return m;
}

/* {data: [{id, type, state, loaded_context_length, max_context_length, capabilities: [...]}]} */
static orxaq_model native_0(const orxaq_json_service *json, const orxaq_value *v) {
    orxaq_view none = {0};
    orxaq_model m = blank(json->text(json->get(v, "id"), none));
    orxaq_view type = json->text(json->get(v, "type"), none);
    m.family = json->text(json->get(v, "arch"), none);
    m.loaded = orxaq_view_is(json->text(json->get(v, "state"), none), "loaded");
    m.context_tokens = first_of(integer_at(json, v, "loaded_context_length"),
                                integer_at(json, v, "max_context_length"));
    m.abilities = orxaq_view_is(type, "embeddings") ? ORXAQ_MODEL_EMBED
                                                    : ORXAQ_MODEL_CHAT | ORXAQ_MODEL_SCHEMA;
    if (lists(json, json->get(v, "capabilities"), "tool_use"))
        m.abilities |= ORXAQ_MODEL_TOOLS;
    if (orxaq_view_is(type, "vlm"))
        m.abilities |= ORXAQ_MODEL_IMAGES;
    return m;
}

/* {data: [{id}]}, and what servers add: vLLM max_model_len; llama.cpp meta.n_ctx_train, meta.size;
 * others context_length. */
static orxaq_model plain(const orxaq_json_service *json, const orxaq_value *v) {
    static const char *const contexts[] = {"max_model_len", "meta.n_ctx", "context_length",
                                           "max_context_length", "meta.n_ctx_train"};
    orxaq_model m = blank(json->text(json->get(v, "id"), orxaq_str("")));
    for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++)
        m.context_tokens = first_of(m.context_tokens, integer_at(json, v, contexts[i]));
    m.size_bytes = integer_at(json, v, "meta.size");
    return m;
}

/* The list in an answer of this dialect, or NULL when it is none. */
static const orxaq_value *list_of(lm_job *job) {
    const orxaq_json_service *json = job->lm->json;
    const orxaq_value *tree = NULL;
    if (job->status != 200 || json->parse(job->lm->host, lm_view(&job->text), &tree) != ORXAQ_OK)
        return NULL;
    const orxaq_value *list = json->get(tree, job->dialect == NATIVE_1 ? "models" : "data");
    if (json->kind(list) != ORXAQ_VALUE_LIST)
        return NULL;
    /* The old address may show the plain list under a proxy. */
    if (job->dialect == NATIVE_0 && json->count(list) && !json->get(json->first(list), "state"))
        return NULL;
    return list;
}

static void tell_probe(lm_job *job, int32_t ready) {
    const orxaq_probe p = {.struct_size = sizeof p,
                           .ready = ready,
                           .program = orxaq_str(programs[job->dialect]),
                           .version = orxaq_str(versions[job->dialect])};
    (void)job->events->probe(job->events, &p);
}

static void tell_list(lm_job *job, const orxaq_value *list) {
    const orxaq_json_service *json = job->lm->json;
    static orxaq_model (*const readers[])(const orxaq_json_service *,
                                          const orxaq_value *) = {native_1, native_0, plain};
    for (const orxaq_value *v = json->first(list); v; v = json->next(v)) {
        orxaq_model m = readers[job->dialect](json, v);
        if (m.id.len)
            (void)job->events->model(job->events, &m);
    }
}

static void listed(lm_job *job) {
    const orxaq_value *list = list_of(job);
    int refused = job->status == 401 || job->status == 403;
    if (!list && job->dialect != PLAIN && !refused) {
        job->dialect++;
        ask(job);
        return;
    }
    if (job->op == ORXAQ_OP_PROBE)
        tell_probe(job, list != NULL);
    else if (list)
        tell_list(job, list);
    if (list)
        lm_finish_text(job, ORXAQ_KIND_OK, "");
    else if (job->status == 200)
        lm_finish_text(job, ORXAQ_KIND_PROTOCOL, "the answer is no list of models");
    else
        lm_fail(job);
}

/* ---- Loading --------------------------------------------------------------------------------- */

static const char no_loading[] =
    "this server does not load models on request; it loads them when they are asked for, or not at "
    "all";

static void loaded(lm_job *job) {
    const orxaq_json_service *json = job->lm->json;
    const orxaq_value *tree = NULL;
    int parsed = json->parse(job->lm->host, lm_view(&job->text), &tree) == ORXAQ_OK;
    int known = json->get(tree, "status") || json->get(tree, "instance_id");
    int says_why = json->kind(json->get(tree, "error")) == ORXAQ_VALUE_MAP;
    if (job->status == 200 && parsed && known)
        lm_finish_text(job, ORXAQ_KIND_OK, "");
    else if (job->status == 200 || job->status == 405 || (job->status == 404 && !says_why))
        lm_finish_text(job, ORXAQ_KIND_PROTOCOL, no_loading);
    else
        lm_fail(job);
}

void lm_begin_load(lm_job *job) {
    const lmstudio *lm = job->lm;
    const orxaq_model_args *a = job->args;
    if (!lm->native) {
        lm_finish_text(job, ORXAQ_KIND_PROTOCOL, no_loading);
        return;
    }
    orxaq_writer *w = lm->json->writer(lm->host);
    lm->json->begin_map(w);
    lm_put(lm, w, "model", a->model);
    if (a->context_tokens > 0)
        lm_put_integer(lm, w, "context_length", a->context_tokens);
    lm->json->end_map(w);
    lm_post(job, lm->root, "/api/v1/models/load", w, loaded);
}

/* ---- Unloading: the model's instances, one after the other ----------------------------------- */

static void instances_listed(lm_job *job);

static void unloaded(lm_job *job) {
    if (job->status != 200 && job->status != 404)
        lm_fail(job);
    else if (++job->unloaded >= 16)
        lm_finish_text(job, ORXAQ_KIND_PROTOCOL, "the model is still loaded after 16 unloads");
    else
        lm_get(job, job->lm->root, "/api/v1/models", instances_listed);
}

/* An instance of the model, or the empty view. The model may be named by an instance's own id. */
static orxaq_view instance_of(const orxaq_json_service *json, const orxaq_value *list,
                              orxaq_view model) {
    orxaq_view none = {0};
    for (const orxaq_value *v = json->first(list); v; v = json->next(v)) {
        int named = orxaq_view_eq(json->text(json->get(v, "key"), none), model);
        const orxaq_value *i = json->first(json->get(v, "loaded_instances"));
        for (; i; i = json->next(i)) {
            orxaq_view id = json->text(json->get(i, "id"), none);
            if (named || orxaq_view_eq(id, model))
                return id;
        }
    }
    return none;
}

static void instances_listed(lm_job *job) {
    const lmstudio *lm = job->lm;
    const orxaq_model_args *a = job->args;
    job->dialect = NATIVE_1;
    const orxaq_value *list = list_of(job);
    if (!list && job->status != 200 && job->status != 404) {
        lm_fail(job);
        return;
    }
    if (!list) {
        lm_finish_text(job, ORXAQ_KIND_PROTOCOL, no_loading);
        return;
    }
    orxaq_view id = instance_of(lm->json, list, a->model);
    if (id.len == 0) {
        lm_finish_text(job, ORXAQ_KIND_OK, "");
        return;
    }
    lm_clear(&job->unload);
    lm_add(&job->unload, id);
    orxaq_writer *w = lm->json->writer(lm->host);
    lm->json->begin_map(w);
    lm_put(lm, w, "instance_id", lm_view(&job->unload));
    lm->json->end_map(w);
    lm_post(job, lm->root, "/api/v1/models/unload", w, unloaded);
}

void lm_begin_unload(lm_job *job) {
    if (job->lm->native)
        lm_get(job, job->lm->root, "/api/v1/models", instances_listed);
    else
        lm_finish_text(job, ORXAQ_KIND_PROTOCOL, no_loading);
}
