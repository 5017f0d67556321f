/* The json service: writing.
 *
 * A writer remembers for each open map or list whether a comma is due and whether a key was given.
 * The first misuse spoils it for good; finish then says so. */
#include "data/json.h"
#include "plugin/services.h"

#include <stdlib.h>

#define DEPTH_MAX 64

typedef struct level {
    char kind; /* 'm', 'l', or 't' for the text as a whole */
    bool some; /* something stands here already */
    bool key;  /* a key waits for its value */
} level;

struct orxaq_writer {
    orx_list link;
    orx_str text;
    level levels[DEPTH_MAX + 1];
    int depth;
    bool bad;
};

orxaq_writer *orx_writer_new(const orxaq_host *host) {
    orx_instance *instance = orx_instance_of(host);
    if (instance->depth == 0)
        return NULL;
    orxaq_writer *w = ORX_ARENA_NEW(&instance->call, orxaq_writer);
    w->levels[0].kind = 't';
    orx_list_append(&instance->writers, &w->link);
    return w;
}

void orx_writers_free(orx_list *writers) {
    ORX_LIST_EACH(writers, it) {
        orxaq_writer *w = ORX_LIST_ITEM(it, orxaq_writer, link);
        orx_list_remove(it);
        orx_str_free(&w->text);
    }
}

/* Whether a value may stand here; writes the comma before it. */
static bool before_value(orxaq_writer *w) {
    if (!w || w->bad)
        return false;
    level *l = &w->levels[w->depth];
    bool fits = l->kind == 'l' || (l->kind == 'm' && l->key) || (l->kind == 't' && !l->some);
    if (!fits || w->text.len > ORX_JSON_BYTES_MAX) {
        w->bad = true;
        return false;
    }
    if (l->kind == 'l' && l->some)
        orx_str_addc(&w->text, ',');
    l->some = true;
    l->key = false;
    return true;
}

static void begin(orxaq_writer *w, char kind, char bracket) {
    if (!before_value(w))
        return;
    if (w->depth == DEPTH_MAX) {
        w->bad = true;
        return;
    }
    w->levels[++w->depth] = (level){.kind = kind};
    orx_str_addc(&w->text, bracket);
}

static void end(orxaq_writer *w, char kind, char bracket) {
    if (!w || w->bad)
        return;
    if (w->levels[w->depth].kind != kind || w->levels[w->depth].key) {
        w->bad = true;
        return;
    }
    w->depth--;
    orx_str_addc(&w->text, bracket);
}

void orx_writer_begin_map(orxaq_writer *w) {
    begin(w, 'm', '{');
}

void orx_writer_end_map(orxaq_writer *w) {
    end(w, 'm', '}');
}

void orx_writer_begin_list(orxaq_writer *w) {
    begin(w, 'l', '[');
}

void orx_writer_end_list(orxaq_writer *w) {
    end(w, 'l', ']');
}

void orx_writer_key(orxaq_writer *w, orxaq_view name) {
    if (!w || w->bad)
        return;
    level *l = &w->levels[w->depth];
    if (l->kind != 'm' || l->key) {
        w->bad = true;
        return;
    }
    if (l->some)
        orx_str_addc(&w->text, ',');
    l->key = true;
    orx_json_quote(&w->text, orx_view_in(name), false);
    orx_str_addc(&w->text, ':');
}

void orx_writer_text(orxaq_writer *w, orxaq_view text) {
    if (before_value(w))
        orx_json_quote(&w->text, orx_view_in(text), false);
}

void orx_writer_integer(orxaq_writer *w, int64_t value) {
    if (before_value(w))
        orx_str_addf(&w->text, "%lld", (long long)value);
}

void orx_writer_number(orxaq_writer *w, double value) {
    if (before_value(w))
        orx_json_double(&w->text, value);
}

void orx_writer_boolean(orxaq_writer *w, int32_t value) {
    if (before_value(w))
        orx_str_adds(&w->text, value ? "true" : "false");
}

void orx_writer_null(orxaq_writer *w) {
    if (before_value(w))
        orx_str_adds(&w->text, "null");
}

void orx_writer_value(orxaq_writer *w, const orxaq_value *value) {
    if (!before_value(w))
        return;
    if (value)
        orx_json_write(&w->text, (const orx_node *)(const void *)value, ORX_JSON_OURS);
    else
        orx_str_adds(&w->text, "null");
}

int32_t orx_writer_finish(orxaq_writer *w, orxaq_view *ret_text) {
    if (!w || w->bad || w->depth != 0 || !w->levels[0].some)
        return ORXAQ_E_INVALID;
    if (w->text.len > ORX_JSON_BYTES_MAX)
        return ORXAQ_E_LIMIT;
    *ret_text = orx_view_out(orx_str_view(&w->text));
    return ORXAQ_OK;
}
