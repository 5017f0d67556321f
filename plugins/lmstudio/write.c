/* Requests. */
#include "lmstudio.h"

void lm_key(const lmstudio *lm, orxaq_writer *w, const char *name) {
    lm->json->key(w, orxaq_str(name));
}

void lm_put(const lmstudio *lm, orxaq_writer *w, const char *name, orxaq_view text) {
    lm_key(lm, w, name);
    lm->json->put_text(w, text);
}

void lm_put_integer(const lmstudio *lm, orxaq_writer *w, const char *name, int64_t value) {
    lm_key(lm, w, name);
    lm->json->put_integer(w, value);
}

static void prepare(lm_job *job, orxaq_view base, const char *path, void (*then)(lm_job *job)) {
    lm_clear(&job->url);
    lm_add(&job->url, base);
    lm_adds(&job->url, path);
    job->then = then;
    job->wanted = !job->url.failed && !job->body.failed;
}

void lm_get(lm_job *job, orxaq_view base, const char *path, void (*then)(lm_job *job)) {
    job->posts = 0;
    lm_clear(&job->body);
    prepare(job, base, path, then);
}

void lm_post(lm_job *job, orxaq_view base, const char *path, orxaq_writer *writer,
             void (*then)(lm_job *job)) {
    orxaq_view text = {0};
    int32_t code = job->lm->json->finish(writer, &text);
    job->posts = 1;
    lm_clear(&job->body);
    /* The writer's text ends with this call, the request is read after it. */
    lm_add(&job->body, text);
    if (code == ORXAQ_E_LIMIT)
        lm_finish_text(job, ORXAQ_KIND_CONTEXT_TOO_LONG, "the request is larger than 16 MiB");
    else if (code == ORXAQ_OK)
        prepare(job, base, path, then);
}

static void add_header(lm_job *job, orxaq_view name, orxaq_view value, uint64_t secret) {
    if (job->http.header_count < LM_HEADERS_MAX)
        job->headers[job->http.header_count++] = (orxaq_header){
            .struct_size = sizeof(orxaq_header), .name = name, .value = value, .secret = secret};
}

void lm_fill(lm_job *job, orxaq_effect *effect) {
    const lmstudio *lm = job->lm;
    const orxaq_json_service *json = lm->json;
    job->http = (orxaq_http){
        .struct_size = sizeof job->http,
        .method = orxaq_str(job->posts ? "POST" : "GET"),
        .url = lm_view(&job->url),
        .headers = job->headers,
        .body = lm_view(&job->body),
        .framing = ORXAQ_FRAMING_LINES,
        .max_frame = LM_BODY_MAX,
        .first_byte_ns = lm->first_byte_ns,
        .idle_ns = lm->idle_ns,
    };
    if (lm->secret)
        add_header(job, orxaq_str("Authorization"), orxaq_str("Bearer "), lm->secret);
    if (job->posts)
        add_header(job, orxaq_str("Content-Type"), orxaq_str("application/json"), 0);
    if (job->op == ORXAQ_OP_TURN)
        add_header(job, orxaq_str("Accept"), orxaq_str("text/event-stream, application/json"), 0);
    for (const orxaq_value *v = json->first(lm_setting(lm, "headers")); v; v = json->next(v))
        add_header(job, json->name(v), json->text(v, orxaq_str("")), 0);
    if (job->op == ORXAQ_OP_TURN) {
        const orxaq_turn_args *a = job->args;
        job->http.total_ns = a->total_ns > 0 ? a->total_ns : 0;
        if (a->idle_ns > 0 && a->idle_ns < job->http.idle_ns)
            job->http.idle_ns = a->idle_ns;
    }
    effect->kind = ORXAQ_EFFECT_HTTP;
    effect->http = &job->http;
}
