/* Events and effects as JSON. */
#include "run/record_line.h"

#include "data/json.h"
#include "plugin/view.h"

#define LIST_SHOWN 512

static void key_of(orx_line *l, const char *key) {
    orx_str_adds(l->out, l->more ? ",\"" : "\"");
    orx_str_adds(l->out, key);
    orx_str_adds(l->out, "\":");
    l->more = true;
}

void orx_line_int(orx_line *l, const char *key, int64_t value) {
    key_of(l, key);
    orx_str_add_int(l->out, value);
}

/* The text alone, quoted. Cut between characters. */
static void quote(orx_line *l, orx_view text) {
    ORX_CLEANUP(orx_str_free) orx_str copy = {0};
    size_t n = text.len < ORX_LINE_TEXT_MAX ? text.len : ORX_LINE_TEXT_MAX;
    while (n < text.len && n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    /* What the cut would split is blotted out first. */
    orx_str_add(&copy, text.p, text.len < 2 * n ? text.len : 2 * n);
    if (copy.len)
        orx_secrets_mask(l->secrets, copy.buf, copy.len);
    orx_json_quote(l->out, orx_view_mem(copy.buf, n), false);
}

void orx_line_str(orx_line *l, const char *key, orx_view text) {
    key_of(l, key);
    quote(l, text);
    if (text.len <= ORX_LINE_TEXT_MAX)
        return;
    orx_str_addf(l->out, ",\"%s_bytes\":%zu", key, text.len);
}

static void str_if_any(orx_line *l, const char *key, orx_view text) {
    if (text.len)
        orx_line_str(l, key, text);
}

static void open_list(orx_line *l, const char *key) {
    key_of(l, key);
    orx_str_addc(l->out, '[');
}

static void element(orx_line *l, size_t i, orx_view text) {
    if (i)
        orx_str_addc(l->out, ',');
    quote(l, text);
}

/* ---- Beginning and end ------------------------------------------------------------------------
 */

void orx_line_about(orx_line *l, const orx_record_about *a) {
    orx_line_int(l, "attempt", a->attempt);
    orx_line_int(l, "call", a->call);
    orx_line_int(l, "number", a->number);
    orx_line_str(l, "lane", orx_view_of(a->lane));
    orx_line_str(l, "task", orx_view_of(a->task));
    orx_line_str(l, "provider", orx_view_of(a->provider));
    orx_line_str(l, "plugin", orx_view_of(a->plugin));
    orx_line_str(l, "model", orx_view_of(a->model));
    orx_line_str(l, "repo", orx_view_of(a->repo));
    orx_line_str(l, "base", orx_view_of(a->base));
    orx_line_str(l, "branch", orx_view_of(a->branch));
    orx_line_str(l, "fingerprint", orx_view_of(a->fingerprint));
    orx_line_str(l, "prompt_sha256", orx_view_of(a->prompt_sha256));
    orx_line_int(l, "prompt_tokens", a->prompt_tokens);
    str_if_any(l, "relay", orx_view_of(a->relay));
}

void orx_line_end(orx_line *l, const orx_record_end *end) {
    orx_line_str(l, "kind", orx_view_of(orx_outcome_kind_name(end->kind)));
    orx_line_int(l, "kind_code", end->kind);
    orx_line_int(l, "claim", end->claim);
    orx_line_int(l, "exit_code", end->exit_code);
    orx_line_int(l, "wall_ns", end->wall_ns);
    str_if_any(l, "session", orx_view_of(end->session));
    str_if_any(l, "model_answered", orx_view_of(end->model));
    open_list(l, "usage");
    for (size_t i = 0; i < end->usage_count; i++) {
        orx_str_adds(l->out, i ? ",{" : "{");
        l->more = false;
        orx_line_usage(l, &end->usage[i]);
        orx_str_addc(l->out, '}');
    }
    orx_str_addc(l->out, ']');
    l->more = true;
}

/* ---- What the driver says ---------------------------------------------------------------------
 */

void orx_line_text(orx_line *l, const orxaq_text *text) {
    static const char *const channels[] = {"", "answer", "reasoning", "notice"};
    orx_line_str(l, "channel", orx_view_of(channels[text->channel & 3]));
    orx_line_int(l, "delta", text->delta);
    orx_line_str(l, "text", orx_view_in(text->text));
}

void orx_line_tool(orx_line *l, const orxaq_tool_call *call) {
    static const char *const phases[] = {"", "requested", "started", "finished"};
    orx_line_str(l, "phase", orx_view_of(phases[call->phase & 3]));
    orx_line_int(l, "ok", call->ok);
    orx_line_str(l, "id", orx_view_in(call->id));
    orx_line_str(l, "name", orx_view_in(call->name));
    str_if_any(l, "arguments", orx_view_in(call->arguments));
    str_if_any(l, "result", orx_view_in(call->result));
}

void orx_line_usage(orx_line *l, const orxaq_usage *u) {
    orx_line_int(l, "scope", u->scope);
    orx_line_int(l, "mode", u->mode);
    orx_line_int(l, "provenance", u->provenance);
    str_if_any(l, "key", orx_view_in(u->key));
    str_if_any(l, "model_asked", orx_view_in(u->model_asked));
    str_if_any(l, "model_answered", orx_view_in(u->model_answered));
    orx_line_int(l, "input", u->input_tokens);
    orx_line_int(l, "cache_read", u->cache_read_tokens);
    orx_line_int(l, "cache_write", u->cache_write_tokens);
    orx_line_int(l, "output", u->output_tokens);
    orx_line_int(l, "reasoning", u->reasoning_tokens);
    orx_line_int(l, "requests", u->requests);
    orx_line_int(l, "cost_nano_usd", u->cost_nano_usd);
}

void orx_line_progress(orx_line *l, const orxaq_progress *p) {
    orx_line_int(l, "done", p->done);
    orx_line_int(l, "total", p->total);
    str_if_any(l, "unit", orx_view_in(p->unit));
    str_if_any(l, "note", orx_view_in(p->note));
}

static void texts(orx_line *l, const char *key, const char *const *list) {
    if (!list || !list[0])
        return;
    open_list(l, key);
    for (size_t i = 0; list[i] && i < LIST_SHOWN; i++)
        element(l, i, orx_view_of(list[i]));
    orx_str_addc(l->out, ']');
}

void orx_line_relayed(orx_line *l, const orx_relayed *q) {
    static const char *const names[] = {"input", "cache_read", "cache_write", "output",
                                        "reasoning"};
    orx_line_str(l, "method", orx_view_of(q->method));
    orx_line_str(l, "path", orx_view_of(q->path));
    orx_line_int(l, "status", q->status);
    orx_line_int(l, "retry_after_ms", q->retry_after_ms);
    orx_line_int(l, "end", q->end);
    orx_line_int(l, "dropped", q->dropped);
    orx_line_int(l, "wall_ns", q->wall_ns);
    str_if_any(l, "message", orx_view_of(q->message));
    str_if_any(l, "model_answered", orx_view_of(q->said->model));
    for (int i = 0; i < ORX_TOKEN_CLASSES; i++)
        orx_line_int(l, names[i], q->said->tokens[i]);
}

void orx_line_outcome(orx_line *l, const orx_job_result *r) {
    orx_line_str(l, "kind", orx_view_of(orx_outcome_kind_name(r->kind)));
    orx_line_int(l, "retry", r->retry);
    orx_line_int(l, "status", r->status);
    orx_line_int(l, "stop", r->stop);
    orx_line_int(l, "http_status", r->http_status);
    orx_line_int(l, "retry_after_ms", r->retry_after_ms);
    orx_line_int(l, "cancelled", r->cancelled);
    str_if_any(l, "message", orx_view_of(r->message));
    str_if_any(l, "summary", orx_view_of(r->summary));
    str_if_any(l, "commit", orx_view_of(r->commit));
    str_if_any(l, "blocker", orx_view_of(r->blocker));
    texts(l, "validations", r->validations);
    texts(l, "next_actions", r->next_actions);
    str_if_any(l, "session", orx_view_of(r->session));
}

/* ---- What the driver asks for -----------------------------------------------------------------
 */

static void exec_members(orx_line *l, const orxaq_exec *e) {
    open_list(l, "argv");
    for (uint32_t i = 0; i < e->argc && i < LIST_SHOWN; i++)
        element(l, i, orx_view_in(e->argv[i]));
    orx_str_addc(l->out, ']');
    open_list(l, "env");
    for (uint32_t i = 0; i < e->env_count; i++) {
        const orxaq_env *v = ORXAQ_AT(orxaq_env, e->env, i);
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_str_addv(&text, orx_view_in(v->name));
        if (v->has_value)
            orx_str_addc(&text, '=');
        if (v->has_value)
            orx_str_addv(&text, orx_view_in(v->value));
        else if (v->secret)
            orx_str_adds(&text, " (a secret)");
        element(l, i, orx_str_view(&text));
    }
    orx_str_addc(l->out, ']');
    str_if_any(l, "cwd", orx_view_in(e->cwd));
    orx_line_int(l, "stdin_bytes", (int64_t)e->stdin_bytes.len);
    open_list(l, "files");
    for (uint32_t i = 0; i < e->before_count; i++)
        element(l, i, orx_view_in(ORXAQ_AT(orxaq_file, e->before, i)->path));
    orx_str_addc(l->out, ']');
}

/* A request's body is made from the arguments of the job, which are in the record. */
static void http_members(orx_line *l, const orxaq_http *h) {
    orx_line_str(l, "method", orx_view_in(h->method));
    orx_line_str(l, "url", orx_view_in(h->url));
    open_list(l, "headers");
    for (uint32_t i = 0; i < h->header_count; i++) {
        const orxaq_header *header = ORXAQ_AT(orxaq_header, h->headers, i);
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_str_addv(&text, orx_view_in(header->name));
        orx_str_adds(&text, ": ");
        orx_str_addv(&text, orx_view_in(header->value));
        if (header->secret)
            orx_str_adds(&text, "(a secret)");
        element(l, i, orx_str_view(&text));
    }
    orx_str_addc(l->out, ']');
    orx_line_int(l, "body_bytes", (int64_t)h->body.len);
}

void orx_line_effect(orx_line *l, const orxaq_effect *effect) {
    static const char *const kinds[] = {"", "exec", "http", "write", "append"};
    orx_line_int(l, "e", effect->id);
    orx_line_str(l, "kind", orx_view_of(kinds[effect->kind]));
    if (effect->kind == ORXAQ_EFFECT_EXEC)
        exec_members(l, effect->exec);
    else if (effect->kind == ORXAQ_EFFECT_HTTP)
        http_members(l, effect->http);
    else if (effect->kind == ORXAQ_EFFECT_WRITE) {
        orx_line_int(l, "target", effect->write->target);
        orx_line_int(l, "eof", effect->write->eof);
        orx_line_str(l, "text", orx_view_in(effect->write->bytes));
    }
}

void orx_line_feed(orx_line *l, const orxaq_feed *f) {
    static const char *const kinds[] = {"", "start", "head", "frame", "file", "exit", "error"};
    orx_line_int(l, "e", f->effect);
    orx_line_str(l, "feed", orx_view_of(kinds[f->kind]));
    orx_line_int(l, "code", f->code);
    orx_line_int(l, "signal", f->signal);
    orx_line_int(l, "reason", f->reason);
    orx_line_int(l, "flags", f->flags);
    orx_line_int(l, "ns", f->elapsed_ns);
    str_if_any(l, "name", orx_view_in(f->name));
}
