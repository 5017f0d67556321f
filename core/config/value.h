/* value.h: from text or a document node to one checked value (internal to core/config).
 *
 * Both ways in end in the same orx_config_value. Every function that checks returns 0 when the
 * value is fine, 1 when it is fine and `problem` holds a warning, and a negative number when
 * `problem` says what was expected and what was found; the caller knows where it was. What was
 * found is quoted shortened and printable, and never for ORX_CFG_SECRET.
 */
#ifndef ORX_CONFIG_VALUE_H
#define ORX_CONFIG_VALUE_H

#include "config/config.h"

/* Where a text comes from: words, floors and relative paths depend on it. */
typedef enum orx_text_source {
    ORX_TEXT_DEFAULT,
    ORX_TEXT_CONFIG,
    ORX_TEXT_ENV,
    ORX_TEXT_FLAG
} orx_text_source;

typedef struct orx_value_scope {
    orx_arena *arena;
    const orx_config *cfg; /* root, artifacts_dir, state_dir and repos for paths */
    const char *cwd;       /* for paths in flags */
    const char *home;      /* for ~/ ; NULL = unknown */
} orx_value_scope;

/* ---- The two ways in (value.c) -------------------------------------------------------------- */

int orx_value_from_text(const orx_value_scope *scope, const orx_config_key *key, orx_view text,
                        orx_text_source source, orx_config_value *out, orx_str *problem);
int orx_value_from_node(const orx_value_scope *scope, const orx_config_key *key,
                        const orx_node *node, orx_config_value *out, orx_str *problem);

/* ---- Kinds of values (amount.c, text.c, items.c) -------------------------------------------- */

/* INT, DURATION, SIZE, DOUBLE. */
int orx_amount_from_text(const orx_config_key *key, orx_view text, orx_text_source source,
                         orx_config_value *out, orx_str *problem);
int orx_amount_from_node(const orx_config_key *key, const orx_node *node, orx_config_value *out,
                         orx_str *problem);

/* STRING, ID, SECRET, PATH. */
int orx_string_from_text(const orx_value_scope *scope, const orx_config_key *key, orx_view text,
                         orx_text_source source, orx_config_value *out, orx_str *problem);

/* Makes a path absolute by the rules of config.h. */
int orx_path_from_text(const orx_value_scope *scope, const orx_config_key *key, orx_view text,
                       orx_text_source source, const char **ret_path, orx_str *problem);

/* dir/text, where leading "./" and "../" parts of text are resolved. Only leading ones: dir is free
 * of symbolic links, while "a/.." further inside may mean something else than nothing. */
const char *orx_path_under(orx_arena *arena, const char *dir, orx_view text);

/* LIST, ENVNAMES: from separate items, from one text, from an array. */
int orx_items_check(const orx_value_scope *scope, const orx_config_key *key, const orx_view *items,
                    size_t count, orx_config_value *out, orx_str *problem);
int orx_items_from_text(const orx_value_scope *scope, const orx_config_key *key, orx_view text,
                        orx_config_value *out, orx_str *problem);
int orx_items_from_node(const orx_value_scope *scope, const orx_config_key *key,
                        const orx_node *array, orx_config_value *out, orx_str *problem);

/* ---- Words (words.c) ------------------------------------------------------------------------ */

/* The index of text among "a|b|c", case-blind; -1 when it is none of them. */
int orx_word_index(const char *words, orx_view text);

/* 1 true yes on / 0 false no off, case-blind; -1 for anything else. */
int orx_word_boolean(orx_view text);

/* The word with that index, in the schema's own memory. */
orx_view orx_word_at(const char *words, int64_t index);

/* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
bool orx_config_id_ok(orx_view text);

/* An environment name that may end in * (but is not * alone). */
bool orx_env_pattern_ok(orx_view text);

/* Execution profile as text from a source; the profile's [K] aliases. */
int orx_profile_from_text(orx_view text, orx_text_source source, orx_config_value *out,
                          orx_str *problem);

/* ---- Saying what is wrong (explain.c) -------------------------------------------------------- */

/* Appends "expected WHAT, found ". outside: the value is text of a flag or variable, where booleans
 * have more words. */
void orx_explain_expected(const orx_config_key *key, bool outside, orx_str *out);

/* Appends text in quotes, printable, cut at 40 bytes. */
void orx_explain_quote(orx_view text, orx_str *out);

/* The whole sentence for a refused text or node. Both return -1. */
int orx_explain_text(const orx_config_key *key, orx_view text, bool outside, orx_str *problem);
int orx_explain_node(const orx_config_key *key, const orx_node *node, orx_str *problem);

/* Appends an amount with its unit. */
void orx_explain_amount(const orx_config_key *key, int64_t value, orx_str *out);

#endif
