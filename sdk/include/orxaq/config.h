/* orxaq/config.h: settings, declared instead of parsed.
 *
 * A plugin does not read configuration. It lists its keys in its descriptor; the host reads the
 * operator's YAML, refuses unknown keys with the nearest known one, checks types and ranges with
 * file, line and column in the message, fills in the defaults and hands the plugin one complete
 * tree. The reference shown by `orxaq plugin info` is printed from the same list, so it cannot be
 * out of date.
 *
 * Keys. `key` is a path: "timeout" is a member of the settings, "output.format" a member of the map
 * `output`, "candidates[].model" a member of every element of the list of maps `candidates`. Parts
 * are 1 to 64 of a-z, 0-9 and '_'. At most 4 parts, one "[]" per path, 256 keys per plugin. A list
 * of maps may be left out and is then empty; it has at most 4,096 elements. REQUIRED within one
 * means: in every element.
 *
 * Values in the finished tree by type: STRING, PATH, CHOICE and SECRET are strings; INTEGER is an
 * integer; NUMBER a number; BOOLEAN a boolean; DURATION an integer of nanoseconds, written by the
 * operator as "250ms", "5s", "10m", "1.5h", "1d" or a bare number of seconds; SIZE an integer of
 * bytes, written as "64KiB", "10MB" or a bare number; MONEY an integer of nano-USD, written as a
 * decimal number of USD; STRINGS is a list of strings; STRING_MAP a map of
 * strings (integers and booleans are accepted there and become their text).
 *
 * PATH is made absolute by the host, against the root directory. With ORXAQ_KEY_WRITE it is also
 * the permission to append to that file (orxaq_append in job.h); no other file can be named there.
 *
 * DOCUMENT (since 0.2; an older host refuses the plugin and names the key) is a whole JSON or YAML
 * file: the operator writes its path, the host makes it absolute, reads it (at most 16 MiB, depth
 * 64, 1,000,000 values; names ending in .yaml or .yml as YAML, all others as JSON) and puts the map
 * or list in it at the path's place, for the json service to walk. What is wrong with the file is
 * told with its own line and column. Instead of the path an operator may write the map or list
 * itself. What is in it is checked by nobody but the plugin. It has no default and no range. A
 * document is read once, when the instance is made; whoever wants a changed one makes a new
 * instance.
 *
 * SECRET: the operator writes a reference ("env:NAME" or "file:/path"), never the secret. The tree
 * holds a placeholder only; the plugin asks the secret service for a handle by the key's path and
 * puts the handle where the secret is to go. It never sees the bytes.
 */
#ifndef ORXAQ_CONFIG_H
#define ORXAQ_CONFIG_H

#include <orxaq/abi.h>

/* Types. The numbers never change. */
enum {
    ORXAQ_CONFIG_STRING = 1,
    ORXAQ_CONFIG_INTEGER = 2,
    ORXAQ_CONFIG_NUMBER = 3,
    ORXAQ_CONFIG_BOOLEAN = 4,
    ORXAQ_CONFIG_DURATION = 5,
    ORXAQ_CONFIG_SIZE = 6,
    ORXAQ_CONFIG_MONEY = 7,
    ORXAQ_CONFIG_CHOICE = 8, /* one of the words in `range` */
    ORXAQ_CONFIG_PATH = 9,
    ORXAQ_CONFIG_SECRET = 10,
    ORXAQ_CONFIG_STRINGS = 11,
    ORXAQ_CONFIG_STRING_MAP = 12,
    ORXAQ_CONFIG_DOCUMENT = 13 /* since 0.2 */
};

/* Flags. */
enum {
    ORXAQ_KEY_REQUIRED = 1,   /* no default: leaving it out is an error */
    ORXAQ_KEY_DEPRECATED = 2, /* accepted with a warning that shows `replaced_by` */
    ORXAQ_KEY_WRITE = 4       /* PATH only: the plugin may have the host append to it */
};

/* One key. [plugin]
 *
 * default_value is the text an operator would write ("5s", "true", "[a, b]"); NULL = none.
 * range: for INTEGER, NUMBER, DURATION, SIZE and MONEY "LOW..HIGH" in the operator's notation,
 * either side may be left out; for CHOICE "a|b|c"; for STRINGS and STRING_MAP "a|b|c" limits the
 * elements; NULL = any. Strings are at most 64 KiB, lists and maps at most 4,096 elements.
 * help is one or two sentences for the operator, required. */
typedef struct orxaq_config_key {
    uint32_t struct_size;
    int32_t type;
    uint32_t flags;
    uint32_t reserved;
    const char *key;
    const char *default_value;
    const char *range;
    const char *help;
    const char *replaced_by; /* with DEPRECATED: the key that took over, or NULL */
} orxaq_config_key;

#endif
