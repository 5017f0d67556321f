/* key.h: the parts of a declared config key, for this room only.
 *
 * "candidates[].model" has two parts: `candidates`, which is a list of maps, and `model`. Values
 * are converted by value.c from what the operator wrote to what the plugin gets.
 */
#ifndef ORX_PLUGIN_KEY_H
#define ORX_PLUGIN_KEY_H

#include "plugin/settings.h"

#define ORX_KEY_PARTS_MAX 4

typedef struct orx_key_part {
    orx_view name;
    bool list; /* followed by "[]" */
} orx_key_part;

/* Splits a path; the number of parts, or negative when it breaks the rules of config.h. */
int orx_key_split(const char *path, orx_key_part parts[ORX_KEY_PARTS_MAX], orx_err *err);

/* What an operator may write for a key, for messages: "a duration such as 5s" ... */
const char *orx_key_expected(const orxaq_config_key *key);

/* What relative paths are relative to, and through what documents are read; NULL = refused. */
typedef struct orx_bases {
    const char *root;
    const char *home; /* "~/" */
    orx_platform *p;
} orx_bases;

/* Converts a value and checks type and range. On failure the message says what was expected and
 * found, without place and key. */
int orx_key_convert(const orxaq_config_key *key, const orx_node *given, const orx_bases *bases,
                    orx_arena *arena, orx_node **ret_value, orx_err *err);

/* The absolute path an operator meant (value.c). */
int orx_key_path(const orx_node *given, const orx_bases *bases, orx_arena *arena,
                 const char **ret_path, orx_err *err);

/* A DOCUMENT: what is in the file that is named, or the map or list that stands in its place
 * (document.c). */
int orx_key_document(const orxaq_config_key *key, const orx_node *given, const orx_bases *bases,
                     orx_arena *arena, orx_node **ret_value, orx_err *err);

/* The value of the declared default; *ret_value is NULL when there is none. */
int orx_key_default(const orxaq_config_key *key, const orx_bases *bases, orx_arena *arena,
                    orx_node **ret_value, orx_err *err);

/* Whether `text` is one of the words in "a|b|c". */
bool orx_key_word_in(const char *words, orx_view text);

/* Parses "LOW..HIGH" in the notation of the key's type. Sides left out are the type's extremes. */
int orx_key_range(const orxaq_config_key *key, int64_t *ret_low, int64_t *ret_high, orx_err *err);
int orx_key_range_number(const orxaq_config_key *key, double *ret_low, double *ret_high,
                         orx_err *err);

/* Whether range means numbers, and whether it means words. */
bool orx_key_has_interval(const orxaq_config_key *key);
bool orx_key_has_words(const orxaq_config_key *key);

#endif
