#include "data/yaml.h"

#include "data/sorted.h"
#include "data/yaml_reader.h"
#include "data/yaml_scalar.h"

#include <stdlib.h>

static orx_pos here(const orx_yaml_reader *r) {
    return (orx_pos){r->line, (uint32_t)(r->offset - r->line_start) + 1};
}

/* Marks move forwards; should libyaml ever step back, the place stays where it is. */
orx_pos orx_yaml_move(orx_yaml_reader *r, const yaml_mark_t *mark) {
    for (; r->index < mark->index && r->offset < r->text.len; r->index++) {
        if (r->text.p[r->offset] == '\n') {
            r->line++;
            r->line_start = r->offset + 1;
        }
        r->offset += orx_utf8_len(r->text.p + r->offset, r->text.len - r->offset);
    }
    return here(r);
}

static int fail(const orx_yaml_reader *r, orx_pos pos, const char *expected, const char *found) {
    return orx_text_fail(r->err, ORX_E_INVALID, r->name, pos, "expected %s, found %s", expected,
                         found);
}

orx_node *orx_yaml_add(orx_yaml_reader *r, orx_pos pos) {
    if (r->nodes >= r->limits->max_nodes) {
        orx_text_fail(r->err, ORX_E_LIMIT, r->name, pos,
                      "expected at most %u values in one file, found more: split the file",
                      r->limits->max_nodes);
        return NULL;
    }
    r->nodes++;
    orx_node *n = ORX_ARENA_NEW(r->arena, orx_node);
    n->line = pos.line;
    n->column = pos.column;
    if (r->key.p) {
        n->key = r->key;
        n->key_line = r->key_pos.line;
        n->key_column = r->key_pos.column;
        r->key.p = NULL;
    }
    if (r->depth)
        orx_node_push(r->stack[r->depth - 1].node, n);
    else
        r->root = n;
    return n;
}

void orx_yaml_grow(orx_yaml_reader *r, uint32_t height) {
    if (r->depth && r->stack[r->depth - 1].height < height)
        r->stack[r->depth - 1].height = height;
}

static bool expects_key(const orx_yaml_reader *r) {
    return r->depth && r->stack[r->depth - 1].node->kind == ORX_OBJECT && !r->key.p;
}

/* Why a scalar cannot be a key, or NULL. */
static const char *bad_key(const yaml_event_t *e, orx_view text) {
    const char *tag = (const char *)e->data.scalar.tag;
    bool plain = !tag && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (e->data.scalar.anchor)
        return "an anchor in front of it: move it behind the colon";
    if (tag && strcmp(tag, "tag:yaml.org,2002:str") != 0)
        return "a tag";
    if (plain && orx_view_is(text, "<<"))
        return "a merge key (<<), which is not supported: write the members out";
    if (plain && orx_yaml_kind(text) != ORX_STRING)
        return "a word that is no string: put it in quotes";
    return NULL;
}

static int on_key(orx_yaml_reader *r, const yaml_event_t *e, orx_pos pos) {
    orx_view text = orx_view_mem(e->data.scalar.value, e->data.scalar.length);
    const char *bad = bad_key(e, text);
    if (bad)
        return fail(r, pos, "a string as key", bad);
    r->key = orx_arena_view(r->arena, text);
    r->key_pos = pos;
    return 0;
}

/* Numbers may be shown, other text may be a secret. */
static int fail_scalar(const orx_yaml_reader *r, orx_pos pos, const char *expected, orx_kind kind,
                       orx_view text) {
    if (kind != ORX_INT && kind != ORX_DOUBLE)
        return fail(r, pos, expected, "something else: put it in quotes if it is text");
    return orx_text_fail(r->err, ORX_E_INVALID, r->name, pos,
                         "expected %s, found %.*s%s: put it in quotes if it is text", expected,
                         (int)(text.len < 40 ? text.len : 40), text.p, text.len > 40 ? "..." : "");
}

static int on_scalar(orx_yaml_reader *r, const yaml_event_t *e, orx_pos pos) {
    if (expects_key(r))
        return on_key(r, e, pos);
    orx_node *n = orx_yaml_add(r, pos);
    if (!n)
        return ORX_E_LIMIT;
    orx_view text =
        orx_arena_view(r->arena, orx_view_mem(e->data.scalar.value, e->data.scalar.length));
    const char *tag = (const char *)e->data.scalar.tag;
    const char *expected = NULL;
    if (tag) {
        expected = orx_yaml_read_tagged(n, text, tag);
    } else if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        expected = orx_yaml_read_plain(n, text);
    } else {
        n->kind = ORX_STRING;
        n->u.s = text;
    }
    if (expected)
        return fail_scalar(r, pos, expected, n->kind, text);
    if (e->data.scalar.anchor)
        orx_yaml_set_anchor(r, (const char *)e->data.scalar.anchor, n);
    return 0;
}

static int on_open(orx_yaml_reader *r, orx_pos pos, orx_kind kind, const yaml_char_t *anchor,
                   const yaml_char_t *tag) {
    const char *known = kind == ORX_OBJECT ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq";
    if (expects_key(r))
        return fail(r, pos, "a string as key", orx_kind_name(kind));
    if (tag && strcmp((const char *)tag, known) != 0)
        return fail(r, pos, "a value without a tag, or with one of the core schema", "another tag");
    if (r->depth >= r->limits->max_depth || r->depth >= ORX_DOC_DEPTH_MAX)
        return orx_text_fail(r->err, ORX_E_LIMIT, r->name, pos,
                             "expected at most %u levels of nesting, found more", r->depth);
    orx_yaml_frame frame = {.nodes_before = r->nodes};
    frame.node = orx_yaml_add(r, pos);
    if (!frame.node)
        return ORX_E_LIMIT;
    frame.node->kind = kind;
    if (anchor) {
        frame.anchor = orx_yaml_set_anchor(r, (const char *)anchor, frame.node);
        frame.anchor->open = true;
    }
    r->stack[r->depth++] = frame;
    return 0;
}

static int on_close(orx_yaml_reader *r) {
    const orx_yaml_frame *frame = &r->stack[--r->depth];
    uint32_t height = frame->height + 1;
    orx_yaml_grow(r, height);
    if (frame->anchor) {
        frame->anchor->open = false;
        frame->anchor->nodes = r->nodes - frame->nodes_before;
        frame->anchor->height = height;
    }
    if (frame->node->kind != ORX_OBJECT)
        return 0;
    const orx_node *again;
    const orx_node *first = orx_node_find_duplicate(frame->node, &again);
    if (!first)
        return 0;
    return orx_text_fail_twice(r->err, r->name, again->key,
                               (orx_pos){again->key_line, again->key_column},
                               (orx_pos){first->key_line, first->key_column});
}

static bool may_follow(orx_view line) {
    orx_view word = orx_view_trim(line);
    if (!word.len || word.p[0] == '#' || orx_view_is(word, "..."))
        return true;
    return orx_view_starts(line, "... ") &&
           orx_view_starts(orx_view_trim(orx_view_mem(line.p + 3, line.len - 3)), "#");
}

/* Behind the document only comments and "..." may follow. libyaml is not asked any more: it would
 * read the directives of a second document first. */
static int check_rest(orx_yaml_reader *r) {
    orx_view rest = orx_view_mem(r->text.p + r->offset, r->text.len - r->offset);
    orx_view line;
    while (orx_view_split(&rest, '\n', &line)) {
        if (may_follow(line))
            continue;
        size_t at = (size_t)(orx_view_trim(line).p - r->text.p);
        char found[ORX_FOUND_MAX];
        orx_text_found(r->text, at, found);
        return orx_text_fail(r->err, ORX_E_INVALID, r->name, orx_text_pos(r->text, 1, at),
                             "expected the end of the file behind the document, found %s: a file "
                             "holds one document",
                             found);
    }
    return 0;
}

/* One event; *ret_done once the document is complete. */
static int on_event(orx_yaml_reader *r, const yaml_event_t *e, bool *ret_done) {
    orx_pos pos = orx_yaml_move(r, &e->start_mark);
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(r, e, pos);
    case YAML_ALIAS_EVENT:
        if (expects_key(r))
            return fail(r, pos, "a string as key", "an alias");
        return orx_yaml_expand(r, pos, (const char *)e->data.alias.anchor);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(r, pos, ORX_ARRAY, e->data.sequence_start.anchor,
                       e->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return on_open(r, pos, ORX_OBJECT, e->data.mapping_start.anchor, e->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_close(r);
    case YAML_DOCUMENT_END_EVENT:
        orx_yaml_move(r, &e->end_mark);
        *ret_done = true;
        return check_rest(r);
    case YAML_STREAM_END_EVENT:
        return orx_err_set(r->err, ORX_E_INVALID, "%s: expected YAML, found a file without a value",
                           r->name);
    default:
        return 0;
    }
}

static int run(orx_yaml_reader *r) {
    bool done = false;
    int rc = 0;
    while (rc == 0 && !done) {
        yaml_event_t e;
        if (!yaml_parser_parse(&r->parser, &e))
            return orx_yaml_explain(r);
        rc = on_event(r, &e, &done);
        yaml_event_delete(&e);
    }
    return rc;
}

/* libyaml compares every %TAG with all before it, and no tag but the core ones is taken anyway. */
static int check_directives(const orx_yaml_reader *r) {
    orx_view rest = r->text;
    orx_view line;
    while (orx_view_split(&rest, '\n', &line)) {
        orx_view word = orx_view_trim(line);
        if (orx_view_starts(line, "%") && !orx_view_starts(line, "%YAML "))
            return fail(r, orx_text_pos(r->text, 1, (size_t)(line.p - r->text.p)), "the document",
                        "a directive (%): remove it");
        if (word.len && word.p[0] != '#' && word.p[0] != '%')
            break;
    }
    return 0;
}

int orx_yaml_parse(orx_arena *arena, const char *name, orx_view bytes, const orx_doc_limits *limits,
                   const orx_node **ret_root, orx_err *err) {
    orx_yaml_reader r = {
        .name = name, .text = bytes, .limits = limits, .arena = arena, .err = err, .line = 1};
    int rc = orx_text_check(name, "YAML", bytes, 1, limits, err);
    if (rc == 0)
        rc = check_directives(&r);
    if (rc < 0)
        return rc;
    if (!yaml_parser_initialize(&r.parser))
        orx_out_of_memory(0);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes.p, bytes.len);
    rc = run(&r);
    yaml_parser_delete(&r.parser);
    orx_map_free(&r.anchors);
    if (rc < 0)
        return rc;
    *ret_root = r.root;
    return 0;
}
