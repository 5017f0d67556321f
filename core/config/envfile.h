/* envfile.h: the predecessor's .env.autonomy, read strictly.
 *
 * One NAME=value per line:
 *
 *     # comment                       blank lines and lines that start with # are skipped
 *     export OPENAI_API_KEY=abc#1     `export ` is dropped; an unquoted value is taken as it is
 *     GREETING="two\nlines"           double quotes: \n \r \t \" \\ are replaced, others stay
 *     PLAIN='no $expansion, no \n'    single quotes: taken literally
 *
 * White space around the name and an unquoted value is dropped; there is no expansion and no
 * command substitution, and, as in the predecessor, no comment behind an unquoted value (keys may
 * contain #). Behind a closing quote a comment may follow. CRLF line ends and a UTF-8 byte order
 * mark are accepted. A name given twice takes the last value, with a warning. A line without =
 * or with an impossible name is skipped with a warning, because the predecessor skipped such lines.
 * Errors: an unterminated quote, text behind a closing quote, NUL, invalid UTF-8, and anything
 * beyond the limits. Messages give FILE:LINE:COLUMN and names, never values.
 *
 * Threads: any, on separate arenas.
 */
#ifndef ORX_CONFIG_ENVFILE_H
#define ORX_CONFIG_ENVFILE_H

#include "config/diag.h"

#define ORX_ENVFILE_MAX       ((size_t)1 << 20)
#define ORX_ENVFILE_VARS_MAX  4096
#define ORX_ENVFILE_VALUE_MAX 32768
#define ORX_ENV_NAME_MAX      256

typedef struct orx_envvar {
    const char *name;
    const char *value;
    uint32_t line;   /* from 1 */
    uint32_t column; /* where the value begins, from 1, in bytes */
    struct orx_envvar *next;
} orx_envvar;

typedef struct orx_envfile {
    const char *name; /* what messages call the file; NULL = no file */
    orx_envvar *first;
    size_t count;
} orx_envfile;

/* Parses a whole text into the arena. Problems go to diags (may be NULL); with an error among them
 * the call fails with ORX_E_INVALID (ORX_E_LIMIT beyond a limit) and *ret_file is untouched. */
int orx_envfile_parse(orx_arena *arena, const char *name, orx_view text, orx_diags *diags,
                      orx_envfile *ret_file, orx_err *err);

/* The variable of that name, or NULL. */
const orx_envvar *orx_envfile_get(const orx_envfile *file, const char *name);

/* Whether text can name an environment variable: [A-Za-z_][A-Za-z0-9_]*, at most ORX_ENV_NAME_MAX.
 */
bool orx_env_name_ok(orx_view text);

#endif
