/* schema.h: the one table that says what can be configured.
 *
 * Every key has one row: its path, type, default, limits, the environment name and the `orxaq run`
 * flag that set it too, and a line of help. Reading, checking, `config show`, the reference page
 * (docs/config-reference.md), the example file (config/orxaq.yaml) and the flags of `orxaq run` are
 * all made from it; a new key needs one row and, when code wants it typed, one member of
 * orx_config.
 *
 * A "*" in a path stands for the name of an instance (providers.*.model); "plugins[].enabled" is a
 * member of each element of a list.
 *
 * Threads: constant data.
 */
#ifndef ORX_CONFIG_SCHEMA_H
#define ORX_CONFIG_SCHEMA_H

#include "base/str.h"

#include <limits.h>

typedef enum orx_config_type {
    ORX_CFG_BOOL,     /* true | false */
    ORX_CFG_SWITCH,   /* on | off (true | false too) */
    ORX_CFG_INT,      /* whole number */
    ORX_CFG_DOUBLE,   /* number */
    ORX_CFG_STRING,   /* text without NUL */
    ORX_CFG_ID,       /* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
    ORX_CFG_PATH,     /* made absolute; see config.h */
    ORX_CFG_DURATION, /* 200ms 30s 5m 2h 1d, 1.5h; a bare number = seconds; kept as ns */
    ORX_CFG_SIZE,     /* 4096 64KiB 1.5GiB 10MB; kept as bytes */
    ORX_CFG_MONEY,    /* 0.25, 100 USD; kept as nano-USD */
    ORX_CFG_ENUM,     /* one of `words`; kept as the index */
    ORX_CFG_LIST,     /* list of texts */
    ORX_CFG_ENVNAMES, /* list of environment names, each may end in * */
    ORX_CFG_MAP,      /* an object kept as a document tree */
    ORX_CFG_SECRET    /* the NAME of the environment variable that holds a secret */
} orx_config_type;

enum {
    ORX_KEY_FLOOR = 1,      /* outside text below min is raised to min with a warning [K] */
    ORX_KEY_OTHER_TRUE = 2, /* [K] environment: a word that is no boolean means true */
    ORX_KEY_EMPTY_IS_NONE =
        4,               /* an empty text or null means "none", also where the default is not */
    ORX_KEY_REPO = 8,    /* PATH: the words impl and test stand for repos.impl, repos.test */
    ORX_KEY_PROFILE = 16 /* ENUM: execution profile with its [K] aliases */
};

typedef struct orx_config_key {
    const char *path;
    orx_config_type type;
    unsigned marks;       /* ORX_KEY_* */
    const char *fallback; /* default as text; NULL = none */
    const char *note;     /* what the reference says instead of the default, or NULL */
    const char *env;      /* environment name or NULL */
    const char
        *env_old;      /* [K] names it is read from as well, the strongest first: "A B"; or NULL */
    const char *flag;  /* flag of `orxaq run` without dashes, or NULL */
    const char *words; /* ENUM: "in-place|worktree" */
    const char *split; /* LIST: characters that separate items in environment text */
    int64_t min;       /* INT, SIZE: units; DURATION: nanoseconds; MONEY: nano-USD */
    int64_t max;
    const char *help;
    size_t offset; /* of the typed member; ORX_NO_MEMBER when there is none */
} orx_config_key;

#define ORX_NO_MEMBER SIZE_MAX

/* The word for a type in messages and in the reference: "whole number", "duration" ... */
const char *orx_config_type_name(orx_config_type type);

/* ---- Flags of `orxaq run` ------------------------------------------------------------------ */

typedef struct orx_config_flag {
    const char *name;       /* "max-attempts", without dashes */
    const char *path;       /* the key it sets: "retry.max_attempts", "providers.codex.model" */
    const char *value_name; /* "N", "FILE", "DURATION", "WORD" ...; NULL: a switch, which also
                               exists as --no-NAME */
    bool repeat;            /* may be given several times; the values make the list */
    const char *fallback;   /* default as text, or NULL */
    const char *help;
} orx_config_flag;

/* Fills *ret_flag with flag number i (from 0, in the order of the reference); false when there are
 * no more. */
bool orx_config_flag_at(size_t i, orx_config_flag *ret_flag);

/* ---- Generated texts ----------------------------------------------------------------------- */

/* Appends docs/config-reference.md. */
void orx_config_reference(orx_str *out);

/* Appends the commented example file: every key with its default. active: the keys count (this is
 * config/orxaq.yaml); otherwise every setting is a comment to be uncommented (what `orxaq init`
 * writes). */
void orx_config_example(orx_str *out, bool active);

#endif
