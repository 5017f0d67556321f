#include "run/embedder.h"

#include "config/local.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "plugin/job.h"
#include "run/bill.h"
#include "run/fleet_bill.h"
#include "run/run.h"

#define BATCH       64 /* texts in one job */
#define PATIENCE_NS (60 * ORX_SEC)
#define STEP_NS     (100 * ORX_MS)
#define OUTPUT_MAX  ((int64_t)256 << 20)

/* ---- Who is asked ---------------------------------------------------------------------------- */

int orx_embedder_open(const orx_config *cfg, orx_plugins *plugins, const char *source,
                      orx_arena *arena, orx_embedder *ret_embedder, orx_err *err) {
    const char *slash = strchr(source, '/');
    size_t len = slash ? (size_t)(slash - source) : strlen(source);
    orx_embedder e = {.source = orx_arena_strdup(arena, source),
                      .model = orx_arena_strdup(arena, slash ? slash + 1 : "")};
    const char *name = orx_arena_dup(arena, orx_view_mem(source, len));
    if (!*e.model || !*name)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "\"%s\" names no vectors: expected PROVIDER/MODEL, as in "
                           "local/text-embedding-nomic-embed-text-v1.5",
                           source);
    e.provider = orx_config_provider(cfg, name);
    if (!e.provider)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "vectors of %s: there is no enabled provider \"%s\"", source, name);
    const char *forbidden = orx_config_forbidden(cfg, e.provider, arena);
    if (forbidden)
        return orx_err_set(err, ORX_E_DENIED, "vectors of %s: %s", source, forbidden);
    int rc = orx_run_make_instance(cfg, plugins, e.provider, NULL, &e.instance, err);
    if (rc < 0)
        return rc;
    if (!(orx_instance_ops(e.instance) & ORXAQ_OP_BIT(ORXAQ_OP_EMBED))) {
        orx_embedder_close(&e);
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "vectors of %s: plugin %s makes none; name a provider of the plugin "
                           "gemini, or of lmstudio, which asks any server with /v1/embeddings",
                           source, e.provider->plugin);
    }
    *ret_embedder = e;
    return 0;
}

void orx_embedder_close(orx_embedder *e) {
    if (e)
        orx_instance_free(e->instance);
    if (e)
        e->instance = NULL;
}

/* ---- One job --------------------------------------------------------------------------------- */

typedef struct asking {
    const orx_embedding_job *job;
    const orx_embedder *e;
    orx_arena *arena;
    const orx_view *texts; /* of this job */
    orx_vector *vectors;
    size_t count;
    uint32_t dimensions;
    bool mixed; /* a vector of other dimensions, or with a number that is none, came */
    int64_t input;
    int64_t requests;
    int64_t until_ns; /* monotonic */
    int64_t begun_ns;
} asking;

static bool is_usable(const float *values, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (!(values[i] >= -1e30F && values[i] <= 1e30F))
            return false;
    return count > 0 && count <= ORX_VECTOR_MAX;
}

static void on_embedding(void *user, const orxaq_embedding *v) {
    asking *a = user;
    if (v->index >= a->count)
        return;
    if (!a->dimensions)
        a->dimensions = v->count;
    if (v->count != a->dimensions || !is_usable(v->values, v->count)) {
        a->mixed = true;
        return;
    }
    float *values = orx_arena_zalloc(a->arena, v->count, sizeof *values);
    memcpy(values, v->values, v->count * sizeof *values);
    a->vectors[v->index] = (orx_vector){values, v->count};
}

static void on_usage(void *user, const orxaq_usage *u) {
    asking *a = user;
    a->requests++;
    if (u->input_tokens > 0)
        a->input += u->input_tokens;
}

static bool wait_for(const asking *a, const bool *done) {
    orx_platform *p = a->job->p;
    while (!*done) {
        int64_t left = a->until_ns - orx_mono_ns(p);
        if (left <= 0 || (a->job->stop && *a->job->stop))
            return false;
        orx_loop_step(p, left < STEP_NS ? left : STEP_NS);
    }
    return true;
}

static int judge(const asking *a, const orx_job_result *result, orx_err *err) {
    const char *source = a->e->source;
    if (a->mixed)
        return orx_err_set(err, ORX_E_CONFLICT,
                           "vectors of %s: one is not of %u numbers as expected: the server has "
                           "another model under this name, or none that makes vectors",
                           source, a->dimensions);
    if (result->kind == ORXAQ_KIND_TIMEOUT)
        return orx_err_set(err, ORX_E_TIMEOUT, "vectors of %s: no answer in time", source);
    if (result->kind != ORXAQ_KIND_OK)
        return orx_err_set(err, ORX_E_CHILD, "vectors of %s: %s", source,
                           *result->message ? result->message : "the provider failed");
    for (size_t i = 0; i < a->count; i++)
        if (!a->vectors[i].count)
            return orx_err_set(err, ORX_E_CHILD, "vectors of %s: the provider left some out",
                               source);
    return 0;
}

static int run(asking *a, const orx_job_spec *spec, orx_err *err) {
    orx_job *job = NULL;
    int rc = orx_job_start(a->job->p, spec, &job, err);
    if (rc < 0)
        return rc;
    if (wait_for(a, orx_job_done(job)))
        rc = judge(a, orx_job_result_of(job), err);
    else if (a->job->stop && *a->job->stop)
        rc = orx_err_set(err, ORX_E_CANCELLED, "stopped");
    else
        rc = orx_err_set(err, ORX_E_TIMEOUT, "vectors of %s: no answer in time", a->e->source);
    orx_job_free(job);
    return rc;
}

static int open_dir(const asking *a, orx_arena *arena, const char **ret_dir, orx_err *err) {
    uint64_t bits;
    orx_random(a->job->p, &bits, sizeof bits);
    *ret_dir = orx_arena_printf(arena, "%s/embed/%016llx", a->job->cfg->paths.state_dir,
                                (unsigned long long)bits);
    return orx_mkdirs_unsynced(a->job->p, *ret_dir, true, err);
}

static int ask(asking *a, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_provider_config *cfg = a->e->provider;
    const orx_child_env child = {.provider = cfg};
    orxaq_view *texts = orx_arena_zalloc(&arena, a->count + 1, sizeof *texts);
    const char *dir = NULL;
    for (size_t i = 0; i < a->count; i++)
        texts[i] = orxaq_view_of(a->texts[i].p, a->texts[i].len);
    int rc = open_dir(a, &arena, &dir, err);
    if (rc < 0)
        return rc;
    const orxaq_embed_args args = {.struct_size = sizeof args,
                                   .text_count = (uint32_t)a->count,
                                   .texts = texts,
                                   .model = orxaq_str(a->e->model),
                                   .files_dir = orxaq_str(dir)};
    const orx_job_events events = {.embedding = on_embedding, .usage = on_usage, .user = a};
    orx_job_spec spec = {.instance = a->e->instance,
                         .kind = ORX_JOB_PROVIDER,
                         .op = ORXAQ_OP_EMBED,
                         .args = &args,
                         .files_dir = dir,
                         .total_ns = a->until_ns - a->begun_ns,
                         .output_max = OUTPUT_MAX,
                         .plain_http = cfg->plain_http,
                         .ca_file = cfg->ca_file,
                         .events = &events};
    rc = orx_config_env_for_child(a->job->cfg, &child, &arena, &spec.env, err);
    if (rc == 0)
        rc = run(a, &spec, err);
    (void)orx_remove_tree(a->job->p, dir, NULL);
    return rc;
}

/* ---- Money ----------------------------------------------------------------------------------- */

static int reserve(asking *a, orx_fleet_call *call, orx_err *err) {
    const orx_embedding_job *job = a->job;
    const orx_meter meter = orx_bill_meter(job->cfg, a->e->provider, job->prices);
    size_t paid = 0;
    if (!orx_bill_allows(job->cfg, &meter, a->e->model, orx_wall_ns(job->p)))
        return orx_err_set(err, ORX_E_DENIED,
                           "vectors of %s: there is no price for this model, and "
                           "money.unknown_price is deny: enter one in %s",
                           a->e->source, job->cfg->paths.prices_file);
    *call = (orx_fleet_call){.provider = a->e->provider,
                             .model = a->e->model,
                             .timeout_ns = job->total_ns ? job->total_ns : PATIENCE_NS};
    for (size_t i = 0; i < a->count; i++)
        call->prompt_bytes += (int64_t)a->texts[i].len;
    int rc = orx_fleet_may_spend(job->s, job->cfg, err);
    return rc < 0 ? rc : orx_fleet_reserve(job->s, job->cfg, job->prices, call, 1, &paid, err);
}

/* A request that failed cost nothing; one that was not waited for may be on the bill all the same.
 */
static int settle(const asking *a, orx_fleet_call *call, int rc, orx_err *err) {
    call->silent = rc == ORX_E_TIMEOUT || rc == ORX_E_CANCELLED;
    call->input = a->requests ? a->input : rc == 0 || call->silent ? -1 : 0;
    call->wall_ns = orx_mono_ns(a->job->p) - a->begun_ns;
    return orx_fleet_bill(a->job->s, a->job->cfg, a->job->prices, "embed", call, 1, err);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int ask_some(asking *a, orx_err *err) {
    orx_fleet_call call;
    a->begun_ns = orx_mono_ns(a->job->p);
    if (!a->job->total_ns)
        a->until_ns = a->begun_ns + PATIENCE_NS;
    if (a->until_ns <= a->begun_ns)
        return orx_err_set(err, ORX_E_TIMEOUT, "vectors of %s: the time is used up", a->e->source);
    int rc = reserve(a, &call, err);
    if (rc < 0)
        return rc;
    rc = ask(a, err);
    int settled = settle(a, &call, rc, rc < 0 ? NULL : err);
    if (rc == 0)
        rc = settled;
    if (rc == 0)
        rc = orx_vectors_put(a->job->s, a->e->source, a->texts, a->vectors, a->count, err);
    return rc;
}

/* Takes what is kept; *ret_missing lists the places of the others. */
static int look(const orx_embedding_job *job, const orx_embedder *e, const orx_view *texts,
                size_t count, orx_arena *arena, orx_vector *vectors, size_t *ret_missing,
                size_t *ret_count, orx_err *err) {
    uint32_t dimensions = job->dimensions;
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        vectors[i] = (orx_vector){0};
        int rc = orx_vectors_find(job->s, e->source, texts[i], arena, &vectors[i], err);
        if (rc < 0)
            return rc;
        if (rc == 1 && !dimensions)
            dimensions = vectors[i].count;
        if (rc == 1 && vectors[i].count == dimensions)
            continue;
        vectors[i] = (orx_vector){0};
        ret_missing[(*ret_count)++] = i;
    }
    return 0;
}

int orx_embed(const orx_embedding_job *job, const orx_embedder *e, const orx_view *texts,
              size_t count, orx_arena *arena, orx_vector *ret_vectors, size_t *ret_asked,
              orx_err *err) {
    size_t *missing = orx_arena_zalloc(arena, count + 1, sizeof *missing);
    size_t left = 0;
    int64_t until_ns = job->total_ns ? orx_mono_ns(job->p) + job->total_ns : 0;
    int rc = look(job, e, texts, count, arena, ret_vectors, missing, &left, err);
    uint32_t dimensions = job->dimensions;
    for (size_t i = 0; i < count && !dimensions; i++)
        dimensions = ret_vectors[i].count;
    *ret_asked = 0;
    while (rc == 0 && *ret_asked < left) {
        orx_view some[BATCH];
        orx_vector got[BATCH] = {{0}};
        asking a = {.job = job,
                    .e = e,
                    .arena = arena,
                    .texts = some,
                    .vectors = got,
                    .dimensions = dimensions,
                    .until_ns = until_ns};
        for (; a.count < BATCH && *ret_asked + a.count < left; a.count++)
            some[a.count] = texts[missing[*ret_asked + a.count]];
        rc = ask_some(&a, err);
        for (size_t i = 0; rc == 0 && i < a.count; i++)
            ret_vectors[missing[*ret_asked + i]] = got[i];
        *ret_asked += rc == 0 ? a.count : 0;
        dimensions = a.dimensions;
    }
    return rc;
}
