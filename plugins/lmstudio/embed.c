/* EMBED: vectors, some texts at a time so that no answer outgrows the parser. */
#include "lmstudio.h"

#include <stdlib.h>

#define DIMENSIONS_MAX 65536

static void answered(lm_job *job);

static void ask(lm_job *job) {
    const lmstudio *lm = job->lm;
    const orxaq_embed_args *a = job->args;
    orxaq_writer *w = lm->json->writer(lm->host);
    lm->json->begin_map(w);
    if (a->model.len)
        lm_put(lm, w, "model", a->model);
    lm_key(lm, w, "input");
    lm->json->begin_list(w);
    for (uint32_t i = job->embedded; i < a->text_count && i < job->embedded + LM_EMBED_BATCH; i++)
        lm->json->put_text(w, a->texts[i]);
    lm->json->end_list(w);
    lm_put(lm, w, "encoding_format", orxaq_str("float"));
    lm->json->end_map(w);
    lm_post(job, lm->base, "/embeddings", w, answered);
}

void lm_begin_embed(lm_job *job) {
    if (((const orxaq_embed_args *)job->args)->text_count == 0)
        lm_finish_text(job, ORXAQ_KIND_OK, "");
    else
        ask(job);
}

/* The numbers of one vector; 0 when they are none or too many. */
static uint32_t read_vector(lm_job *job, const orxaq_value *list) {
    const orxaq_json_service *json = job->lm->json;
    uint32_t count = json->count(list), n = 0;
    if (count == 0 || count > DIMENSIONS_MAX)
        return 0;
    if (count > job->vector_cap) {
        float *grown = realloc(job->vector, count * sizeof *grown);
        if (!grown)
            return 0;
        job->vector = grown;
        job->vector_cap = count;
    }
    for (const orxaq_value *v = json->first(list); v; v = json->next(v)) {
        int32_t kind = json->kind(v);
        if (kind != ORXAQ_VALUE_INTEGER && kind != ORXAQ_VALUE_NUMBER)
            return 0;
        job->vector[n++] = (float)json->number(v, 0);
    }
    return n;
}

/* Tells the vectors of one answer; false when they are not those that were asked for. */
static int take_vectors(lm_job *job, const orxaq_value *data, uint32_t expected) {
    const orxaq_json_service *json = job->lm->json;
    uint32_t place = 0;
    uint64_t seen = 0; /* one bit for each text of the batch */
    if (json->count(data) != expected)
        return 0;
    for (const orxaq_value *v = json->first(data); v; v = json->next(v), place++) {
        int64_t index = json->integer(json->get(v, "index"), place);
        uint32_t count = read_vector(job, json->get(v, "embedding"));
        if (index < 0 || index >= expected || (seen >> index & 1) || count == 0)
            return 0;
        seen |= (uint64_t)1 << index;
        const orxaq_embedding e = {.struct_size = sizeof e,
                                   .index = job->embedded + (uint32_t)index,
                                   .count = count,
                                   .values = job->vector};
        (void)job->events->embedding(job->events, &e);
    }
    return 1;
}

static void answered(lm_job *job) {
    const orxaq_json_service *json = job->lm->json;
    const orxaq_embed_args *a = job->args;
    const orxaq_value *tree = NULL;
    uint32_t left = a->text_count - job->embedded;
    uint32_t expected = left < LM_EMBED_BATCH ? left : LM_EMBED_BATCH;
    orxaq_view none = {0};
    if (job->status != 200) {
        lm_fail(job);
        return;
    }
    int parsed = json->parse(job->lm->host, lm_view(&job->text), &tree) == ORXAQ_OK;
    if (parsed && json->get(tree, "error")) {
        lm_fail(job);
        return;
    }
    if (!parsed || !take_vectors(job, json->get(tree, "data"), expected)) {
        lm_finish_text(job, ORXAQ_KIND_PROTOCOL, "the answer holds other vectors than asked for");
        return;
    }
    lm_tell_usage(job, none, json->text(json->get(tree, "model"), none), json->get(tree, "usage"),
                  job->body.len, 0);
    job->embedded += expected;
    if (job->embedded < a->text_count)
        ask(job);
    else
        lm_finish_text(job, ORXAQ_KIND_OK, "");
}
