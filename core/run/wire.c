/* What a model server's answer says about itself. */
#include "run/wire.h"

#include "data/json.h"
#include "platform/platform.h"
#include "plugin/job.h"

#include <orxaq/effect.h>
#include <stdio.h>

#define WHOLE_MAX ((size_t)16 << 20)
#define EVENT_MAX ((size_t)4 << 20)
#define YEAR_MS   (INT64_C(366) * 24 * 3600 * 1000)

void orx_wire_init(orx_wire *w) {
    w->model[0] = '\0';
    for (int i = 0; i < ORX_TOKEN_CLASSES; i++)
        w->tokens[i] = -1;
}

bool orx_wire_stated(const orx_wire *w) {
    for (int i = 0; i < ORX_TOKEN_CLASSES; i++)
        if (w->tokens[i] >= 0)
            return true;
    return false;
}

void orx_wire_add(orx_wire *sum, const orx_wire *w) {
    for (int i = 0; i < ORX_TOKEN_CLASSES; i++)
        if (w->tokens[i] >= 0)
            sum->tokens[i] = (sum->tokens[i] < 0 ? 0 : sum->tokens[i]) + w->tokens[i];
    if (*w->model)
        memcpy(sum->model, w->model, sizeof sum->model);
}

/* ---- The three ways to say it ---------------------------------------------------------------- */

/* A count, or -1 when it is not stated or not to be believed. */
static int64_t count_at(const orx_node *n, const char *path) {
    int64_t value = orx_node_int(orx_node_path(n, path), -1);
    return value >= 0 && value <= ORX_JOB_TOKENS_MAX ? value : -1;
}

static int64_t either(int64_t a, int64_t b) {
    return a >= 0 ? a : b;
}

/* What is left of a count when a part of it is counted apart. */
static int64_t without(int64_t all, int64_t part) {
    return part > 0 && all >= 0 ? (all > part ? all - part : 0) : all;
}

static void set(orx_wire *w, orx_token_class class, int64_t value) {
    if (value >= 0)
        w->tokens[class] = value;
}

/* Chat completions say prompt and completion, responses input and output; both include their parts.
 */
static void read_openai(orx_wire *w, const orx_node *u) {
    int64_t input = either(count_at(u, "prompt_tokens"), count_at(u, "input_tokens"));
    int64_t cached = either(count_at(u, "prompt_tokens_details.cached_tokens"),
                            count_at(u, "input_tokens_details.cached_tokens"));
    int64_t output = either(count_at(u, "completion_tokens"), count_at(u, "output_tokens"));
    int64_t thought = either(count_at(u, "completion_tokens_details.reasoning_tokens"),
                             count_at(u, "output_tokens_details.reasoning_tokens"));
    set(w, ORX_TOKENS_INPUT, without(input, cached));
    set(w, ORX_TOKENS_CACHE_READ, cached);
    set(w, ORX_TOKENS_OUTPUT, without(output, thought));
    set(w, ORX_TOKENS_REASONING, thought);
}

/* Nothing includes anything. A stream states the input first and the output again and again. */
static void read_anthropic(orx_wire *w, const orx_node *u) {
    set(w, ORX_TOKENS_INPUT, count_at(u, "input_tokens"));
    set(w, ORX_TOKENS_CACHE_READ, count_at(u, "cache_read_input_tokens"));
    set(w, ORX_TOKENS_CACHE_WRITE, count_at(u, "cache_creation_input_tokens"));
    set(w, ORX_TOKENS_OUTPUT, count_at(u, "output_tokens"));
}

/* The prompt includes what came from a cache; results of tools and thoughts are counted apart. */
static void read_gemini(orx_wire *w, const orx_node *u) {
    int64_t prompt = count_at(u, "promptTokenCount");
    int64_t tools = count_at(u, "toolUsePromptTokenCount");
    int64_t cached = count_at(u, "cachedContentTokenCount");
    if (prompt >= 0 && tools > 0)
        prompt += tools;
    set(w, ORX_TOKENS_INPUT, without(prompt, cached));
    set(w, ORX_TOKENS_CACHE_READ, cached);
    set(w, ORX_TOKENS_OUTPUT, count_at(u, "candidatesTokenCount"));
    set(w, ORX_TOKENS_REASONING, count_at(u, "thoughtsTokenCount"));
}

static bool is_anthropic(const orx_node *doc, const orx_node *usage) {
    const char *type = orx_node_str(orx_node_get(doc, "type"), "");
    return strncmp(type, "message", 7) == 0 || orx_node_get(usage, "cache_read_input_tokens") ||
           orx_node_get(usage, "cache_creation_input_tokens");
}

static void set_model(orx_wire *w, const orx_node *n) {
    const char *model = orx_node_str(orx_node_get(n, "model"), "");
    if (!*model)
        model = orx_node_str(orx_node_get(n, "modelVersion"), "");
    if (*model)
        (void)snprintf(w->model, sizeof w->model, "%s", model);
}

/* One answer, or one event around one. */
static void read_one(orx_wire *w, const orx_node *doc) {
    static const char *const envelopes[] = {"response", "message"};
    const orx_node *inner = doc;
    for (size_t i = 0; i < ORX_ARRAY_LEN(envelopes); i++) {
        const orx_node *n = orx_node_get(doc, envelopes[i]);
        if (n && n->kind == ORX_OBJECT)
            inner = n;
    }
    const orx_node *usage = orx_node_get(inner, "usage");
    const orx_node *gemini = orx_node_get(inner, "usageMetadata");
    set_model(w, inner);
    if (gemini)
        read_gemini(w, gemini);
    else if (is_anthropic(doc, usage))
        read_anthropic(w, usage);
    else
        read_openai(w, usage);
}

void orx_wire_read(orx_wire *w, const orx_node *doc) {
    if (!doc || doc->kind != ORX_ARRAY) {
        read_one(w, doc);
        return;
    }
    ORX_NODE_EACH(doc, it)
    read_one(w, it);
}

/* ---- Bodies ---------------------------------------------------------------------------------- */

static void read_text(orx_wire *w, orx_view text) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_doc_limits limits = {.max_bytes = WHOLE_MAX, .max_depth = 64, .max_nodes = 1000000};
    const orx_node *doc = NULL;
    /* Most events are a piece of text: only those that state something are worth reading. */
    if (orx_view_find(text, "\"usage") >= 0 &&
        orx_json_parse(&arena, "answer", text, &limits, &doc, NULL) == 0)
        orx_wire_read(w, doc);
}

static bool on_event(void *user, orx_view record, orx_view name, bool cut) {
    orx_wire_body *b = user;
    (void)name;
    if (!cut)
        read_text(&b->said, record);
    return true;
}

void orx_wire_begin(orx_wire_body *b, orx_view content_type) {
    *b = (orx_wire_body){0};
    orx_wire_init(&b->said);
    b->streamed = orx_view_starts(orx_view_trim(content_type), "text/event-stream");
    orx_framer_init(&b->framer, ORXAQ_FRAMING_SSE, EVENT_MAX, on_event, b);
}

void orx_wire_bytes(orx_wire_body *b, orx_view bytes) {
    if (b->streamed) {
        orx_framer_add(&b->framer, bytes);
    } else if (b->too_long || bytes.len > WHOLE_MAX - b->whole.len) {
        b->too_long = true;
        orx_str_free(&b->whole);
    } else {
        orx_str_addv(&b->whole, bytes);
    }
}

void orx_wire_end(orx_wire_body *b) {
    orx_framer_end(&b->framer);
    if (b->whole.len)
        read_text(&b->said, orx_str_view(&b->whole));
    orx_str_free(&b->whole);
}

void orx_wire_free(orx_wire_body *b) {
    orx_framer_free(&b->framer);
    orx_str_free(&b->whole);
}

/* ---- Retry-After ----------------------------------------------------------------------------- */

/* "Wed, 21 Oct 2015 07:28:00 GMT", the one form that is still sent. */
static bool read_date(orx_view value, int64_t *ret_ns) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char iso[32];
    if (value.len != 29 || memcmp(value.p + 25, " GMT", 4) != 0)
        return false;
    size_t month = 1;
    while (month <= 12 && memcmp(&months[3 * (month - 1)], value.p + 8, 3) != 0)
        month++;
    (void)snprintf(iso, sizeof iso, "%.4s-%02zu-%.2sT%.8sZ", value.p + 12, month, value.p + 5,
                   value.p + 17);
    return month <= 12 && orx_iso_parse(orx_view_of(iso), ret_ns);
}

int64_t orx_wire_retry_after(orx_view value, int64_t wall_now_ns) {
    int64_t seconds = 0;
    int64_t at = 0;
    int64_t ms = -1;
    value = orx_view_trim(value);
    if (value.len && value.p[0] >= '0' && value.p[0] <= '9' && orx_view_to_i64(value, &seconds))
        ms = seconds < YEAR_MS / 1000 ? seconds * 1000 : YEAR_MS;
    else if (read_date(value, &at))
        ms = at > wall_now_ns ? (at - wall_now_ns) / ORX_MS : 0;
    return ms > YEAR_MS ? YEAR_MS : ms;
}
