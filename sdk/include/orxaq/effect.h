/* orxaq/effect.h: what a job may ask the host to do.
 *
 * A driver never touches the world. It describes an effect; the host performs it, or refuses it,
 * and reports back through feeds (feed.h). There are four:
 *
 *   exec    run a program under supervision and hand its output over, cut into frames
 *   http    one HTTP request
 *   write   bytes, or the end, for the standard input of an exec that runs
 *   append  bytes for the end of a file that the operator named in the settings
 *
 * Lifetime of everything an effect points to: [step], valid until the next call into the same job.
 * The host copies what it needs at once.
 *
 * What the host adds or decides, so that no driver has to: the environment allow-list and the fixed
 * overlay (no prompts, no colour, no pagers), confinement of writes, the process tree and its end,
 * the private folder of files, the true deadlines (a driver's limits can only shorten them).
 *
 * Framing. The host cuts a byte stream into whole records:
 *   RAW    whatever arrived, at most max_frame bytes at a time
 *   LINES  one line without its "\n" or "\r\n"; the last one may lack its end
 *   JSONL  as LINES, empty lines left out; a line that is no JSON is still handed over
 *   SSE    one server-sent event: `data` is the joined data lines, `name` the event's name
 * A frame longer than max_frame is handed over cut, marked ORXAQ_FEED_CUT, and the rest of it is
 * thrown away; the stream goes on with the next record.
 */
#ifndef ORXAQ_EFFECT_H
#define ORXAQ_EFFECT_H

#include <orxaq/view.h>

enum {
    ORXAQ_EFFECT_EXEC = 1,
    ORXAQ_EFFECT_HTTP = 2,
    ORXAQ_EFFECT_WRITE = 3,
    ORXAQ_EFFECT_APPEND = 4
};

enum {
    ORXAQ_FRAMING_NONE = 0, /* the stream is counted and thrown away */
    ORXAQ_FRAMING_RAW = 1,
    ORXAQ_FRAMING_LINES = 2,
    ORXAQ_FRAMING_JSONL = 3,
    ORXAQ_FRAMING_SSE = 4
};

/* max_frame is capped at this; 0 means this. */
#define ORXAQ_FRAME_MAX ((uint64_t)16 * 1024 * 1024)

/* ---- exec ---------------------------------------------------------------------------------- */

/* One environment variable of the program, on top of what the host passes anyway. Exactly one way:
 * a value; a secret handle (host.h), resolved inside the child only (the host then leaves out its
 * own variables that hold the same secret); or, with neither, the host's
 * own variable of that name is passed through if the operator allows it. Names are
 * [A-Za-z_][A-Za-z0-9_]*, at most 128 bytes; at most 256 variables. */
typedef struct orxaq_env {
    uint32_t struct_size;
    uint32_t has_value; /* 1: value counts, even when empty */
    orxaq_view name;
    orxaq_view value;
    uint64_t secret;
} orxaq_env;

/* A file of the job's private folder (files_dir in the op's arguments): `path` is relative to it,
 * without "." and ".." parts, at most 512 bytes long. As `before` it is written with `bytes` (0600,
 * parents made) before the program starts. As `after` it is read when the program has ended, at
 * most max_bytes of it (0 = 16 MiB), and fed as FILE. At most 64 of each. */
typedef struct orxaq_file {
    uint32_t struct_size;
    uint32_t reserved;
    orxaq_view path;
    orxaq_view bytes;
    uint64_t max_bytes;
} orxaq_file;

/* How the program is asked to end before it is killed. */
enum { ORXAQ_STOP_TERMINATE = 0, ORXAQ_STOP_INTERRUPT = 1 };

enum {
    ORXAQ_EXEC_INPUT_OPEN = 1 /* standard input stays open for write effects; else stdin_bytes and
                                 then the end, or nothing at all */
};

/* Run a program, once, with its own process tree; the host sees to it that nothing of the tree is
 * left when EXIT is fed, also when the driver asks for nothing of the kind. argv[0] has a slash or
 * is looked up in the program's PATH; there is no shell. At most 4,096 arguments and 2 MiB
 * together, 128 KiB each. cwd is absolute; empty = the repository of the task, else files_dir.
 * stdin_bytes: at most 64 MiB. Limits are in nanoseconds and bytes, 0 = the host's own. */
typedef struct orxaq_exec {
    uint32_t struct_size;
    uint32_t flags;
    uint32_t argc;
    uint32_t env_count;
    const orxaq_view *argv;
    const orxaq_env *env;
    orxaq_view cwd;
    orxaq_view stdin_bytes;
    const orxaq_file *before;
    const orxaq_file *after;
    uint32_t before_count;
    uint32_t after_count;
    int32_t stdout_framing;
    int32_t stderr_framing;
    uint64_t max_frame;
    uint64_t max_output; /* both streams together; more ends the program */
    int64_t total_ns;
    int64_t idle_ns;       /* no byte on either stream for so long */
    int64_t first_byte_ns; /* no byte at all for so long */
    int64_t grace_ns;      /* between the request to end and the kill */
    int32_t stop;          /* ORXAQ_STOP_* */
    uint32_t reserved;
} orxaq_exec;

/* ---- http ---------------------------------------------------------------------------------- */

/* A header: value, followed by the secret's bytes when a handle is given ("Bearer " + secret). */
typedef struct orxaq_header {
    uint32_t struct_size;
    uint32_t reserved;
    orxaq_view name;
    orxaq_view value;
    uint64_t secret;
} orxaq_header;

/* One request. method: 1 to 16 capital letters. url: absolute, http or https, at most 8 KiB; it
 * names no user and never holds a secret. Plain http leaves this machine only when the operator
 * allows it. At most 256 headers and 64 KiB of them; those of the connection (Host, Content-Length,
 * Transfer-Encoding, Connection, Expect ...) are the host's. body: at most 64 MiB. Redirects are
 * not followed: an answer 3xx is an answer, as is every other status.
 *
 * The answer comes as START, HEAD (status, then one per header, names in lower case), FRAMEs of
 * stream ORXAQ_STREAM_OUT, and EXIT with code 0, whose `reason` tells when a limit cut it short. Or
 * it ends with ERROR: ORXAQ_E_IO (no connection, or it broke), ORXAQ_E_TIMEOUT (no connection in
 * time), ORXAQ_E_PROTOCOL (what came is no HTTP), ORXAQ_E_INVALID or ORXAQ_E_DENIED (the address).
 * Limits are in nanoseconds and bytes, 0 = the host's own; first_byte_ns is for the time until the
 * answer begins, idle_ns for every silence after that. */
typedef struct orxaq_http {
    uint32_t struct_size;
    uint32_t header_count;
    orxaq_view method;
    orxaq_view url;
    const orxaq_header *headers;
    orxaq_view body;
    int32_t framing;
    uint32_t reserved;
    uint64_t max_frame;
    uint64_t max_body;
    int64_t total_ns;
    int64_t idle_ns;
    int64_t first_byte_ns;
} orxaq_http;

/* ---- write --------------------------------------------------------------------------------- */

/* For the standard input of the running exec with the id `target`, started with INPUT_OPEN. bytes
 * may be empty; with eof the input is closed behind them. A write has no feeds of its own: bytes a
 * program no longer reads are lost, as in a pipe. At most 16 MiB may be waiting. */
typedef struct orxaq_write {
    uint32_t struct_size;
    uint32_t target;
    orxaq_view bytes;
    uint32_t eof;
    uint32_t reserved;
} orxaq_write;

/* ---- append -------------------------------------------------------------------------------- */

/* Append bytes to the file `path`, which must be the value of a settings key of type PATH with the
 * flag ORXAQ_KEY_WRITE. The bytes go out in one write. Before that, when the file would grow beyond
 * rotate_bytes (0 = never), it is renamed to path.1, path.1 to path.2 and so on, `keep` old files
 * are kept (at most 1,000). Bytes that end with a line end never continue a line that a crash tore:
 * a line end goes before them then. sync: bytes and the file's name are on the disk before EXIT.
 * Answered by EXIT or ERROR. */
typedef struct orxaq_append {
    uint32_t struct_size;
    uint32_t sync;
    orxaq_view path;
    orxaq_view bytes;
    uint64_t rotate_bytes;
    uint32_t keep;
    uint32_t reserved;
} orxaq_append;

/* ---- The effect itself --------------------------------------------------------------------- */

/* Filled by orxaq_job.next. The host passes it zeroed with struct_size set; the driver sets kind,
 * id and the one pointer that belongs to the kind. id is the driver's own number for the effect,
 * from 1, never used twice in a job. */
typedef struct orxaq_effect {
    uint32_t struct_size;
    int32_t kind;
    uint32_t id;
    uint32_t reserved;
    const orxaq_exec *exec;
    const orxaq_http *http;
    const orxaq_write *write;
    const orxaq_append *append;
} orxaq_effect;

#endif
