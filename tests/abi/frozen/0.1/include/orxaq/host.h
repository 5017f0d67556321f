/* orxaq/host.h: what the host offers to a plugin.
 *
 * An instance gets one orxaq_host when it is created and passes it back as the first argument of
 * every service function; that is how the host knows who calls. Services are found by id with a
 * revision, once, usually in `create`; a host that lacks one gives NULL, and a plugin that cannot
 * do without it returns ORXAQ_E_UNSUPPORTED from create. Hosts of ABI 0.1 offer all those below.
 *
 * There is no service for files, processes or the network: these are effects, which a job returns
 * and the host performs (job.h). A plugin that uses only services and effects behaves the same when
 * the host replays a recorded run or simulates one, which is how it is tested.
 *
 * Service functions may be called only while the host is inside a call of this plugin, on that
 * thread. They never block for long.
 */
#ifndef ORXAQ_HOST_H
#define ORXAQ_HOST_H

#include <orxaq/view.h>

typedef struct orxaq_host orxaq_host;

/* A node of a read-only tree that belongs to the host: a parsed JSON text or the settings. */
typedef struct orxaq_value orxaq_value;

/* A JSON text being written. Belongs to the host and ends with the call it was made in. */
typedef struct orxaq_writer orxaq_writer;

struct orxaq_host {
    uint32_t struct_size;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t reserved;
    const char *version;  /* of the host program, e.g. "0.1.0" */
    const char *instance; /* the name of this instance in the configuration */
    /* The table of a service by id, or NULL. It lives as long as the host handle. */
    const void *(*service)(const orxaq_host *host, const char *id);
};

/* ---- orxaq.log/1 --------------------------------------------------------------------------- */

#define ORXAQ_LOG_1 "orxaq.log/1"

enum { ORXAQ_LOG_DEBUG = 0, ORXAQ_LOG_INFO = 1, ORXAQ_LOG_WARNING = 2, ORXAQ_LOG_ERROR = 3 };

/* Text for people. At most 4 KiB of each text are kept and 1,000 lines per instance and minute.
 * Never put a prompt, an answer or anything secret here. */
typedef struct orxaq_log_service {
    uint32_t struct_size;
    uint32_t reserved;
    void (*write)(const orxaq_host *host, int32_t level, orxaq_view text);
    /* The sentence behind the negative code that the running call is about to return: what was
     * expected, what was found, what to do. The last one given in a call counts. */
    void (*explain)(const orxaq_host *host, orxaq_view text);
} orxaq_log_service;

/* ---- orxaq.clock/1 ------------------------------------------------------------------------- */

#define ORXAQ_CLOCK_1 "orxaq.clock/1"

/* wall_ns: nanoseconds since 1970 UTC, may jump. mono_ns: since some fixed point, never goes back.
 * Use these and no clock of your own: in a simulation time is virtual. */
typedef struct orxaq_clock_service {
    uint32_t struct_size;
    uint32_t reserved;
    int64_t (*wall_ns)(const orxaq_host *host);
    int64_t (*mono_ns)(const orxaq_host *host);
} orxaq_clock_service;

/* ---- orxaq.random/1 ------------------------------------------------------------------------ */

#define ORXAQ_RANDOM_1 "orxaq.random/1"

/* fill writes len unpredictable bytes (in a simulation: drawn from its seed). At most 64 KiB. */
typedef struct orxaq_random_service {
    uint32_t struct_size;
    uint32_t reserved;
    int32_t (*fill)(const orxaq_host *host, void *out, uint64_t len);
} orxaq_random_service;

/* ---- orxaq.secret/1 ------------------------------------------------------------------------ */

#define ORXAQ_SECRET_1 "orxaq.secret/1"

/* handle: the number that stands for the secret configured under the settings key (its path, e.g.
 * "api_key"), for use in orxaq_env and orxaq_header; 0 when the key is no SECRET or not set. The
 * key "secret" always works too: it is the one that the host's own configuration gives to the
 * instance (providers.NAME.secret). The host puts the bytes where the handle was only at the moment
 * of the effect. */
typedef struct orxaq_secret_service {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t (*handle)(const orxaq_host *host, orxaq_view key);
} orxaq_secret_service;

/* ---- orxaq.kv/1 ---------------------------------------------------------------------------- */

#define ORXAQ_KV_1 "orxaq.kv/1"

/* A small store that survives restarts, one per instance name. Keys 1 to 256 bytes, values up to 64
 * KiB, 4,096 keys. get returns 1 and a value valid for the call [call], or 0. put and remove are
 * written with the host's next transaction; what they wrote is seen by get at once. */
typedef struct orxaq_kv_service {
    uint32_t struct_size;
    uint32_t reserved;
    int32_t (*get)(const orxaq_host *host, orxaq_view key, orxaq_view *ret_value);
    int32_t (*put)(const orxaq_host *host, orxaq_view key, orxaq_view value);
    int32_t (*remove)(const orxaq_host *host, orxaq_view key);
} orxaq_kv_service;

/* ---- orxaq.metrics/1 ----------------------------------------------------------------------- */

#define ORXAQ_METRICS_1 "orxaq.metrics/1"

/* Numbers for dashboards. name: 1 to 64 of a-z, 0-9 and '_'; the host adds the instance. add counts
 * up, set states a level, observe adds one sample to a distribution. At most 64 names. */
typedef struct orxaq_metrics_service {
    uint32_t struct_size;
    uint32_t reserved;
    void (*add)(const orxaq_host *host, const char *name, int64_t delta);
    void (*set)(const orxaq_host *host, const char *name, int64_t value);
    void (*observe)(const orxaq_host *host, const char *name, int64_t value);
} orxaq_metrics_service;

/* ---- orxaq.json/1 -------------------------------------------------------------------------- */

#define ORXAQ_JSON_1 "orxaq.json/1"

enum {
    ORXAQ_VALUE_NULL = 0,
    ORXAQ_VALUE_BOOLEAN = 1,
    ORXAQ_VALUE_INTEGER = 2, /* fits int64_t */
    ORXAQ_VALUE_NUMBER = 3,  /* any other number, as double */
    ORXAQ_VALUE_STRING = 4,
    ORXAQ_VALUE_LIST = 5,
    ORXAQ_VALUE_MAP = 6
};

/* JSON in and out, strict and bounded (64 levels, 16 MiB, no duplicate keys).
 *
 * Reading: parse gives a tree that is valid until the plugin's present call returns. All readers
 * accept NULL, and a value of another kind, and then give the `otherwise`, NULL or 0; so a chain of
 * get needs one test at its end. path is "a.b[2].c"; a key that contains a dot is reached by
 * walking first/next and comparing name. The bytes that text and name give from a value are
 * followed by a NUL that is not counted, so they can serve as a path.
 *
 * Writing: writer gives an empty text; the calls append to it in the order they are made; finish
 * checks that it is one complete value and gives the bytes, valid until the plugin's present call
 * returns. Text that is no UTF-8 is repaired. A misuse (a value without a key in a map, a missing
 * end) makes finish return ORXAQ_E_INVALID. */
typedef struct orxaq_json_service {
    uint32_t struct_size;
    uint32_t reserved;
    int32_t (*parse)(const orxaq_host *host, orxaq_view text, const orxaq_value **ret_value);
    int32_t (*kind)(const orxaq_value *value);
    const orxaq_value *(*get)(const orxaq_value *value, const char *path);
    uint32_t (*count)(const orxaq_value *value); /* elements or members */
    const orxaq_value *(*first)(const orxaq_value *value);
    const orxaq_value *(*next)(const orxaq_value *value); /* the sibling behind, or NULL */
    orxaq_view (*name)(const orxaq_value *value);         /* as a member of a map */
    orxaq_view (*text)(const orxaq_value *value, orxaq_view otherwise);
    int64_t (*integer)(const orxaq_value *value, int64_t otherwise);
    double (*number)(const orxaq_value *value, double otherwise); /* integers too */
    int32_t (*boolean)(const orxaq_value *value, int32_t otherwise);

    orxaq_writer *(*writer)(const orxaq_host *host);
    void (*begin_map)(orxaq_writer *writer);
    void (*end_map)(orxaq_writer *writer);
    void (*begin_list)(orxaq_writer *writer);
    void (*end_list)(orxaq_writer *writer);
    void (*key)(orxaq_writer *writer, orxaq_view name);
    void (*put_text)(orxaq_writer *writer, orxaq_view text);
    void (*put_integer)(orxaq_writer *writer, int64_t value);
    void (*put_number)(orxaq_writer *writer, double value);
    void (*put_boolean)(orxaq_writer *writer, int32_t value);
    void (*put_null)(orxaq_writer *writer);
    void (*put_value)(orxaq_writer *writer, const orxaq_value *value); /* a whole tree */
    int32_t (*finish)(orxaq_writer *writer, orxaq_view *ret_text);
} orxaq_json_service;

#endif
