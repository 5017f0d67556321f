/* The capability orxaq.responder/1: learning and predicting as questions. `orxaq route train` and
 * `orxaq route report` ask them (README.md has their form).
 *
 *     {"train": {"router": "mf", "seed": 1, "rows": [{"text", "model", "label", ...}]}}
 *                                                  -> the weights document
 *     {"predict": {"tasks": [{"text", ...}], "models": ["a", "b"]}}
 *                                                  -> {"router": "mf", "predictions": [[0.4, 0.9]]}
 *     {"embedding": {}}      -> {"embedding": {"source": "PROVIDER/MODEL", "dimensions": 768}}
 *     anything else                                -> {"routers": ["mf", ...]}
 */
#include "routellm.h"

#include <stdio.h>
#include <stdlib.h>

static int32_t fail(const routellm *r, int32_t code, const char *why) {
    r->log->explain(r->host, orxaq_str(why));
    return code;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

typedef struct reading {
    const orxaq_json_service *json;
    float vector[RL_DIMS_MAX];
    uint32_t vector_len;
} reading;

static orxaq_view text_at(const reading *in, const orxaq_value *row, const char *key) {
    return in->json->text(in->json->get(row, key), orxaq_str(""));
}

/* The row's own vector, a list of numbers or base64 of floats; length 0 when it has none. */
static int read_vector(reading *in, const orxaq_value *list) {
    in->vector_len = 0;
    if (in->json->kind(list) == ORXAQ_VALUE_STRING) {
        orxaq_view text = in->json->text(list, orxaq_str(""));
        in->vector_len = rl_floats(text.data, (size_t)text.len, in->vector);
        return in->vector_len ? 0 : RL_BAD_VECTOR;
    }
    if (in->json->count(list) > RL_DIMS_MAX)
        return RL_BAD_VECTOR;
    for (const orxaq_value *v = in->json->first(list); v; v = in->json->next(v))
        in->vector[in->vector_len++] = (float)in->json->number(v, 0);
    return 0;
}

static int add_row(reading *in, rl_set *set, const orxaq_value *row) {
    orxaq_view title = text_at(in, row, "title");
    orxaq_view text = text_at(in, row, "text");
    orxaq_view model = text_at(in, row, "model");
    orxaq_view other = text_at(in, row, "other");
    if (read_vector(in, in->json->get(row, "embedding")) < 0)
        return RL_BAD_VECTOR;
    const rl_sample sample = {.title = title.data,
                              .title_len = (size_t)title.len,
                              .text = text.data,
                              .text_len = (size_t)text.len,
                              .model = model.data,
                              .model_len = (size_t)model.len,
                              .other = other.data,
                              .other_len = (size_t)other.len,
                              .label = in->json->number(in->json->get(row, "label"), -1),
                              .attempt =
                                  (int32_t)in->json->integer(in->json->get(row, "attempt"), 1),
                              .cost = (double)in->json->integer(in->json->get(row, "cost"), -1),
                              .vector = in->vector_len ? in->vector : NULL,
                              .vector_len = in->vector_len};
    return rl_set_add(set, &sample);
}

static int32_t read_rows(const routellm *r, const orxaq_value *rows, rl_set *set) {
    reading in = {.json = r->json};
    uint32_t number = 0;
    for (const orxaq_value *row = r->json->first(rows); row; row = r->json->next(row)) {
        int code = add_row(&in, set, row);
        number++;
        if (code == RL_NO_MEMORY)
            return ORXAQ_E_MEMORY;
        if (code < 0) {
            char text[256];
            (void)snprintf(text, sizeof text, "row %u: %s", number, rl_set_problem(code));
            return fail(r, ORXAQ_E_INVALID, text);
        }
    }
    return number ? ORXAQ_OK : fail(r, ORXAQ_E_INVALID, "there is no row to learn from");
}

/* ---- Training -------------------------------------------------------------------------------- */

/* Who made the vectors, as it will stand in the weights. */
static int32_t read_source(const routellm *r, const orxaq_value *asked, char source[]) {
    orxaq_view name = r->json->text(r->json->get(asked, "source"), orxaq_str(""));
    if (name.len > RL_NAME_MAX)
        return fail(r, ORXAQ_E_INVALID, "source: the name is longer than 256 bytes");
    for (uint64_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
            return fail(r, ORXAQ_E_INVALID,
                        "source: the name holds a quote, a backslash or a control character");
        source[i] = (char)c;
    }
    source[name.len] = 0;
    return ORXAQ_OK;
}

static int name_source(rl_model *model, const char *source) {
    if (!model->embedded || !*source)
        return 0;
    model->source = malloc(strlen(source) + 1);
    if (!model->source)
        return RL_NO_MEMORY;
    memcpy(model->source, source, strlen(source) + 1);
    return 0;
}

static int32_t answer_weights(int router, const rl_set *set, uint64_t seed, const char *source,
                              const orxaq_reply *reply) {
    rl_model model;
    if (rl_train(router, set, seed, &model) < 0)
        return ORXAQ_E_MEMORY;
    char *text = name_source(&model, source) == 0 ? rl_weights_text(&model) : NULL;
    int32_t code = text ? reply->json(reply, orxaq_view_of(text, strlen(text) - 1)) /* newline */
                        : ORXAQ_E_MEMORY;
    free(text);
    rl_model_free(&model);
    return code;
}

static int32_t train(const routellm *r, const orxaq_value *asked, const orxaq_reply *reply) {
    orxaq_view name = r->json->text(r->json->get(asked, "router"), orxaq_str("mf"));
    uint64_t seed = (uint64_t)r->json->integer(r->json->get(asked, "seed"), 1);
    int router = rl_router_of(name.data, (size_t)name.len);
    char source[RL_NAME_MAX + 1];
    rl_set set = {0};
    if (router < 0)
        return fail(r, ORXAQ_E_INVALID, "the router is none of mf, sw, linear and random");
    int32_t code = read_source(r, asked, source);
    if (code == ORXAQ_OK)
        code = read_rows(r, r->json->get(asked, "rows"), &set);
    if (code == ORXAQ_OK) {
        rl_set_hold_out(&set, seed);
        code = answer_weights(router, &set, seed, source, reply);
    }
    rl_set_free(&set);
    return code;
}

/* ---- Predicting ------------------------------------------------------------------------------ */

static int32_t predict_one(routellm *r, reading *in, const orxaq_value *task, double *logits) {
    orxaq_view title = text_at(in, task, "title");
    orxaq_view text = text_at(in, task, "text");
    int32_t attempt = (int32_t)r->json->integer(r->json->get(task, "attempt"), 1);
    float features[RL_FEATURES];
    if (read_vector(in, r->json->get(task, "embedding")) < 0 ||
        (r->model.embedded && in->vector_len != r->model.dims))
        return fail(r, ORXAQ_E_INVALID,
                    "the weights were trained with vectors of another program, and a task came "
                    "without one of the same length");
    rl_features(title.data, (size_t)title.len, text.data, (size_t)text.len, attempt, features);
    if (r->model.embedded)
        rl_unit(in->vector, r->model.dims);
    else
        rl_embed(title.data, (size_t)title.len, text.data, (size_t)text.len, in->vector);
    const rl_input input = {.vector = in->vector,
                            .features = features,
                            .seed = rl_hash(text.data, (size_t)text.len, 5)};
    rl_score(&r->model, &input, r->work, logits);
    return ORXAQ_OK;
}

static uint32_t number_of(const rl_model *m, orxaq_view name) {
    for (uint32_t i = 0; i < m->model_count; i++)
        if (orxaq_view_is(name, m->names[i]))
            return i;
    return RL_NONE;
}

/* One list for each task; null for a model that nothing was learned about. */
static int32_t write_predictions(routellm *r, const orxaq_value *asked, orxaq_writer *out) {
    const orxaq_json_service *json = r->json;
    const orxaq_value *tasks = json->get(asked, "tasks");
    const orxaq_value *models = json->get(asked, "models");
    double logits[RL_MODELS_MAX];
    reading in = {.json = json};
    int32_t code = ORXAQ_OK;
    json->begin_list(out);
    for (const orxaq_value *t = json->first(tasks); t && code == ORXAQ_OK; t = json->next(t)) {
        code = predict_one(r, &in, t, logits);
        json->begin_list(out);
        for (const orxaq_value *m = json->first(models); m; m = json->next(m)) {
            uint32_t i = number_of(&r->model, json->text(m, orxaq_str("")));
            if (i == RL_NONE || code < 0)
                json->put_null(out);
            else
                json->put_number(out, rl_sigmoid(logits[i]));
        }
        json->end_list(out);
    }
    json->end_list(out);
    return code;
}

static int32_t finish(const routellm *r, orxaq_writer *out, const orxaq_reply *reply) {
    orxaq_view text;
    int32_t code = r->json->finish(out, &text);
    return code < 0 ? code : reply->json(reply, text);
}

static int32_t predict(routellm *r, const orxaq_value *asked, const orxaq_reply *reply) {
    orxaq_writer *out = r->json->writer(r->host);
    if (!r->model.model_count)
        return fail(r, ORXAQ_E_NOT_FOUND, "nothing was learned yet: there are no weights");
    r->json->begin_map(out);
    r->json->key(out, orxaq_str("router"));
    r->json->put_text(out, orxaq_str(rl_router_name(r->model.router)));
    r->json->key(out, orxaq_str("predictions"));
    int32_t code = write_predictions(r, asked, out);
    r->json->end_map(out);
    return code < 0 ? code : finish(r, out, reply);
}

/* ---- Which vectors --------------------------------------------------------------------------- */

static int32_t tell_embedding(routellm *r, const orxaq_reply *reply) {
    orxaq_writer *out = r->json->writer(r->host);
    r->json->begin_map(out);
    r->json->key(out, orxaq_str("embedding"));
    r->json->begin_map(out);
    r->json->key(out, orxaq_str("source"));
    r->json->put_text(out, orxaq_str(r->by_chance ? "none" : rl_model_embedding(&r->model)));
    r->json->key(out, orxaq_str("dimensions"));
    r->json->put_integer(out, r->by_chance ? 0 : (int64_t)r->model.dims);
    r->json->end_map(out);
    r->json->end_map(out);
    return finish(r, out, reply);
}

int32_t rl_answer(void *instance, const orxaq_value *question, const orxaq_reply *reply) {
    routellm *r = instance;
    const orxaq_value *asked = r->json->get(question, "train");
    if (r->json->kind(asked) == ORXAQ_VALUE_MAP)
        return train(r, asked, reply);
    asked = r->json->get(question, "predict");
    if (r->json->kind(asked) == ORXAQ_VALUE_MAP)
        return predict(r, asked, reply);
    if (r->json->kind(r->json->get(question, "embedding")) == ORXAQ_VALUE_MAP)
        return tell_embedding(r, reply);
    orxaq_writer *out = r->json->writer(r->host);
    r->json->begin_map(out);
    r->json->key(out, orxaq_str("routers"));
    r->json->begin_list(out);
    for (int i = 0; i < RL_ROUTERS; i++)
        r->json->put_text(out, orxaq_str(rl_router_name(i)));
    r->json->end_list(out);
    r->json->end_map(out);
    return finish(r, out, reply);
}
