/* json_reader.h: what the files of the JSON reader share. Internal to this room.
 *
 * yajl calls back per token but says neither line nor column. The reader therefore keeps one cursor
 * of its own behind the last token: between it and the next token stand only white space, commas
 * and colons, so it always finds the token's exact place, in one pass over the text in total.
 */
#ifndef ORX_DATA_JSON_READER_H
#define ORX_DATA_JSON_READER_H

#include "data/doc.h"
#include "data/text.h"

#define ORX_JSON_INTERN 256

typedef struct orx_json_reader {
    const char *name;
    orx_view text;
    uint32_t first_line; /* the number of its first line */
    const orx_doc_limits *limits;
    orx_arena *arena;
    orx_err *err;
    int rc; /* negative once err is set */

    const char *cursor;     /* behind the last token */
    const char *line_start; /* of the line the cursor is in */
    uint32_t line;

    void *yajl;
    orx_node *root;
    uint32_t depth;
    uint32_t nodes;

    /* Nodes and texts are cut from blocks: one call and no rounding for most of them. */
    orx_node *free_nodes;
    uint32_t free_node_count;
    char *free_text;
    size_t free_text_len;
    size_t text_block;

    orx_view key; /* read, and its value not yet; key.p == NULL otherwise */
    orx_pos key_pos;
    uint64_t is_interned[ORX_JSON_INTERN / 64];

    /* Only what was written is read: most texts are lines, too short to clear all this for. */
    orx_node *stack[ORX_DOC_DEPTH_MAX];
    uint64_t seen[ORX_DOC_DEPTH_MAX]; /* which key hashes (mod 64) the open object has */
    /* Keys repeat from object to object: the last one of each hash is shared instead of copied. */
    orx_view interned[ORX_JSON_INTERN];
} orx_json_reader;

/* What is cleared before a text is read. */
#define ORX_JSON_READER_CLEAR offsetof(orx_json_reader, stack)

/* orx_json_parse of a text that begins at line first_line of `name`. */
int orx_json_parse_line(orx_arena *arena, const char *name, orx_view bytes, uint32_t first_line,
                        const orx_doc_limits *limits, const orx_node **ret_root, orx_err *err);

/* As orx_json_to_token, over whatever stands in between. */
bool orx_json_over_space(orx_json_reader *r);

/* Moves the cursor to the token yajl has just read. False for the white space that yajl takes and
 * RFC 8259 does not (vertical tab, form feed). Here for speed: what programs print has at most one
 * comma or colon between two tokens. */
static inline bool orx_json_to_token(orx_json_reader *r) {
    const char *p = r->cursor;
    const char *end = r->text.p + r->text.len;
    p += p < end && (*p == ',' || *p == ':');
    if (p == end || (unsigned char)*p <= ' ' || *p == ',' || *p == ':')
        return orx_json_over_space(r);
    r->cursor = p;
    return true;
}

/* Line and column of the cursor. */
static inline orx_pos orx_json_place(const orx_json_reader *r) {
    return (orx_pos){r->line, (uint32_t)(r->cursor - r->line_start) + 1};
}

/* A new node for the token behind the cursor, put where it belongs; the cursor then stands at the
 * token. NULL when the text must be refused. */
orx_node *orx_json_add(orx_json_reader *r, orx_kind kind);

/* len + 1 bytes for a text that ends with NUL, and a text in such bytes. */
char *orx_json_new_text(orx_json_reader *r, size_t len);
orx_view orx_json_keep(orx_json_reader *r, orx_view text);

/* Makes key the one of the value to come; `kept` says that its bytes are in the arena already.
 * False when the open object has it. */
bool orx_json_set_key(orx_json_reader *r, orx_pos pos, orx_view key, bool kept);

/* The check of an object that has ended: big ones are looked through only now. */
bool orx_json_check_keys(orx_json_reader *r, const orx_node *n);

/* Fails at a byte of the text. */
int orx_json_fail(orx_json_reader *r, int code, const char *at, const char *fmt, ...)
    ORX_PRINTF(4, 5);

/* Fails with what was expected and what was found behind the cursor, after yajl gave up. */
int orx_json_explain(orx_json_reader *r);

/* Decodes the escapes of a string whose quotes enclose raw into the arena. Refuses lone surrogates.
 * Negative when r->rc is set. */
int orx_json_unescape(orx_json_reader *r, orx_view raw, orx_view *ret_text);

#endif
