/* keys.h: the keys of model vendors: which there are, where a person gets one, and the env file
 * that holds them.
 *
 * A key for models cannot read bills and the other way round [F: the predecessor asked for the
 * first kind only], so both are here, each with the right it must have and the command that tries
 * it. No function here shows a value, and the file is written whole, with mode 0600, or not at all.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_KEYS_H
#define ORX_CLI_KEYS_H

#include "cli/cli.h"

#include "config/envfile.h"

typedef struct orx_key_row {
    const char *name;
    const char *vendor;      /* lower case, as in the placeholder replace_me_VENDOR */
    const char *placeholder; /* [K] what autobootstrap enters; NULL = nothing */
    bool required;           /* [K] by autobootstrap */
    const char *opens;       /* "models" or "bills" */
    const char *page;        /* where it is made */
    const char *right;       /* what it must be allowed to do */
    const char *tested;      /* the command that tries it */
} orx_key_row;

/* In the order of the key coach [K]; ends with a NULL name. */
extern const orx_key_row orx_key_rows[];

/* By name, or NULL. */
const orx_key_row *orx_key_row_of(const char *name);

typedef struct orx_key_file {
    const char *path; /* links followed */
    bool there;       /* on the disk */
    orx_str text;
    orx_envfile parsed; /* of text as it was read */
    bool changed;
} orx_key_file;

/* Reads the env file: `given`, else that of --env-file and ORXAQ_AUTONOMY_ENV_FILE, else
 * ROOT/.env.autonomy. Where there is none the text of .env.autonomy.example beside it stands in, or
 * nothing. To be freed, also after a failure. */
int orx_key_file_read(orx_cli *c, const char *given, orx_key_file *ret_file, orx_err *err);

void orx_key_file_set(orx_key_file *f, const char *name, orx_view value);

/* Writes what was set. A file whose mode lets others read it is made 0600 all the same. */
int orx_key_file_write(orx_cli *c, orx_key_file *f, orx_err *err);

/* Wipes it. */
void orx_key_file_free(orx_key_file *f);

/* Where a key that counts is: "environment", "FILE:LINE", or NULL. Never the value. */
const char *orx_key_where(orx_cli *c, const orx_key_file *f, const char *name);

#endif
