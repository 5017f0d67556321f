/* record.h: what happened in a call, kept as evidence.
 *
 * Every call leaves one record, STATE/records/GROUP/ATTEMPT-CALL.rec (GROUP = ATTEMPT / 1000, so
 * that no folder grows without end; folders 0700, files 0600): who was asked what, what the driver
 * asked the host to do, every byte that came back, what the driver made of it, how it ended. It is
 * written while the call runs, so a crash leaves it up to there; `end` is the last line of a
 * complete one. Nothing is synced: a record explains what was done and never decides what is to be
 * done, so it may lose its tail with the power. It costs a file and a few writes.
 *
 * A file is a sequence of entries, one line of JSON each:
 *
 *     {"k":KIND,"t":NANOSECONDS SINCE THE BEGINNING,...}
 *
 * An entry with a member "bytes" is followed by so many bytes as they came, and a line end.
 *
 *     begin    attempt, call, task, provider, where it works
 *     open     a job of the plugin is opened: op and arguments; the bytes are the prompt
 *              of a task, or the arguments of a turn as JSON
 *     effect   the driver asks for a program, a request, a write; secrets are only named
 *     feed     what the driver was fed (sdk/include/orxaq/feed.h), all but frames
 *     out      bytes of stream "s" of effect "e" before framing: frames are cut from these
 *     cancel   the driver was told to end
 *     text, tool, usage, session, progress    what the driver reported, long texts cut
 *     outcome  how the job ended
 *     relay    a request of the program that went through the relay (relay.h): status, Retry-After,
 *              tokens
 *     ran      a tool that a turn asked for, run by the host, and its result
 *     part     first line of a further file, see below
 *     end      the call is over: usage as it is booked, exit code, sizes
 *
 * So the record is what a replay needs (replay.h) and what a person reads (record_read.h), once.
 *
 * Bounds. A record takes at most 64 MiB: the first 28 MiB in the file itself, then further files
 * ATTEMPT-CALL.rec.1, .2 ... of 14 MiB, of which the newest two are kept. How many bytes of output
 * are missing between is in the `part` line behind the gap and in `end`. In memory there is never
 * more than a few pieces of 64 KiB.
 *
 * Secrets. Their values are blotted out (secrets.h) of everything that is written.
 *
 * A record that cannot be written (a full disk) is given up and never fails the call.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_RECORD_H
#define ORX_RUN_RECORD_H

#include "config/config.h"
#include "plugin/job.h"
#include "run/relay.h"
#include "run/secrets.h"

#include <orxaq/provider.h>

#define ORX_RECORD_PART_MAX ((int64_t)14 << 20)
#define ORX_RECORD_HEAD_MAX (2 * ORX_RECORD_PART_MAX)

typedef struct orx_record orx_record;

/* Strings are copied into the file; none may be NULL. */
typedef struct orx_record_about {
    int64_t attempt;
    int64_t call;
    int64_t number; /* which attempt of the task */
    const char *lane;
    const char *task;
    const char *provider;
    const char *plugin;
    const char *model; /* asked for */
    const char *repo;
    const char *base;
    const char *branch;
    const char *fingerprint;
    const char *prompt_sha256;
    int64_t prompt_tokens;
    const char *relay; /* address of the relay that the program was given, "" = none */
} orx_record_about;

/* What no record may hold: the secrets of the instance (NULL: there is none), and the keys of all
 * providers, since the repository or the environment of this one may have those of another. */
void orx_record_secrets(const orx_config *cfg, orx_instance *instance, orx_secrets *out);

/* The path of a call's record, in the arena. */
const char *orx_record_path(orx_arena *arena, const char *state_dir, int64_t attempt, int64_t call);

/* Begins a record in place of one with the same name. Never NULL. Takes what `secrets` holds and
 * leaves it empty. */
orx_record *orx_record_begin(orx_platform *p, const char *state_dir, const orx_record_about *about,
                             orx_secrets *secrets);

/* A job of the plugin is about to be opened: a TASK or a TURN. The tap is for its spec and lives as
 * long as the record; what the driver reports comes through it too. */
const orx_job_tap *orx_record_job(orx_record *r, int32_t op, const void *args);

/* A tool that was run here, for a model that asked for it in a turn. */
void orx_record_ran(orx_record *r, const orxaq_tool_call *call);

/* A request of the program that its relay saw. */
void orx_record_relayed(orx_record *r, const orx_relayed *request);

/* How the job ended. */
void orx_record_outcome(orx_record *r, const orx_job_result *result);

typedef struct orx_record_end {
    int32_t kind; /* ORXAQ_KIND_*: the call's, which may differ from the job's */
    int claim;    /* orx_claim */
    int exit_code;
    int64_t wall_ns;
    const char *session;
    const char *model; /* answered */
    const orxaq_usage *usage;
    size_t usage_count;
} orx_record_end;

/* Completes the record. Returns its size on the disk. */
int64_t orx_record_finish(orx_record *r, const orx_record_end *end);

/* Why the record is incomplete, or NULL. */
const char *orx_record_problem(const orx_record *r);

/* Closes the file. NULL is fine. */
void orx_record_free(orx_record *r);

#endif
