/* proc.h: programs run under supervision.
 *
 * Every process of an agent, a validation command, git or a tool goes through libexec/orxaq-exec
 * (the simulation: through a coroutine found by the base name of argv[0]). orxaq-exec is started
 * with the standard streams of the program and a control socket; it forks the program, applies
 * limits, NO_NEW_PRIVS, Landlock, working directory and environment in the child, is the subreaper
 * of the whole tree and ends only when the tree is empty. When the control socket closes because we
 * died, it stops the tree by itself. Nothing is ever run through a shell unless argv says so.
 *
 * Two phases. With `hold` the program exists (pid known, orx_proc_pid) but has not run an
 * instruction of its own until orx_proc_release: the caller records the pid first.
 *
 * End. The exit status of the program decides, not end of file: after it exited, what is left
 * of the tree has 100 ms to end by itself, then is stopped (TERM, at most a second or the grace if
 * that is less, KILL) and reaped, pipes are drained for at most drain_ns, then on_exit is called
 * once, with result.empty telling whether the tree is proven empty. It is not when orxaq-exec was
 * killed (unless we adopt orphans: orx_adopt_orphans) or a process hangs in the kernel. Bytes are
 * bytes: NUL and invalid UTF-8 pass unchanged.
 *
 * Deadlines count from the start, or from the release of a held program, and end with the program:
 * what it left over does not turn a result into a time-out. Output that arrived in time counts also
 * when we were too busy to read it.
 *
 * Threads: the platform's thread. on_output and on_exit run inside the loop.
 */
#ifndef ORX_PLATFORM_PROC_H
#define ORX_PLATFORM_PROC_H

#include "base/arena.h"
#include "base/str.h"
#include "platform/platform.h"

/* What every process object begins with, so that the functions below find its platform's table;
 * the platforms put it first in their own structs. */
typedef struct orx_proc {
    orx_platform *platform;
} orx_proc;

/* ORX_NOTES: what the program tells its starter, see orx_tell_starter. */
typedef enum orx_stream { ORX_STDOUT = 1, ORX_STDERR = 2, ORX_NOTES = 3 } orx_stream;

typedef enum orx_proc_end {
    ORX_PROC_EXITED,       /* by itself; code or signal below */
    ORX_PROC_TIMEOUT,      /* total_timeout_ns passed; stopped */
    ORX_PROC_IDLE,         /* no byte for idle_timeout_ns; stopped */
    ORX_PROC_SILENT,       /* no first byte within first_byte_timeout_ns; stopped */
    ORX_PROC_STOPPED,      /* orx_proc_stop */
    ORX_PROC_OUTPUT_LIMIT, /* more than output_max bytes; stopped */
    ORX_PROC_NOT_STARTED   /* could not be executed; message says why (code 127, 126) */
} orx_proc_end;

typedef struct orx_proc_result {
    orx_proc_end end;
    int code;   /* exit code, -1 when ended by a signal or stopped while held */
    int signal; /* 0 when it exited */
    bool empty; /* the tree is proven empty */
    int64_t wall_ns;
    int64_t cpu_user_ns;
    int64_t cpu_sys_ns;
    int64_t max_rss_bytes;
    int64_t out_bytes;
    int64_t err_bytes;
    char message[256]; /* NOT_STARTED, a refused sandbox, or orxaq-exec lost; else "" */
} orx_proc_result;

/* What the program may touch. All zero = no confinement beyond NO_NEW_PRIVS and closed descriptors.
 * Paths are absolute; the lists end with NULL; NULL list = none. */
typedef struct orx_confine {
    /* Confine writes to `writable` (and devices like /dev/null and terminals); refuse when the
     * kernel cannot. Linux before 6.2 does not stop truncation by name. From 6.12 on the tree
     * cannot signal processes outside itself either. */
    bool landlock;
    const char *const *writable; /* trees (or files) that may be written; each must exist */
    /* With landlock: one tree whose files cannot be read, wherever it lies; NULL = none, and one
     * that does not exist is none. Files that come to be directly in one of the folders above it
     * while the program runs cannot be read either. */
    const char *hidden;
    uint64_t max_file_bytes;   /* RLIMIT_FSIZE, 0 = inherit */
    uint64_t max_memory_bytes; /* RLIMIT_AS */
    uint64_t max_cpu_seconds;  /* RLIMIT_CPU */
    uint64_t max_processes;    /* RLIMIT_NPROC */
    uint64_t max_open_files;   /* RLIMIT_NOFILE */
    /* RLIMIT_DATA: private memory that can be written. What a program reserves without using it, as
     * many runtimes do by the gigabyte, counts for max_memory_bytes only. */
    uint64_t max_data_bytes;
} orx_confine;

typedef struct orx_proc_spec {
    /* NULL-terminated; argv[0] with a slash, or looked up in the absolute directories of env's PATH
     * (without one: /usr/local/bin, /usr/bin, /bin). */
    const char *const *argv;
    const char *const *env; /* "NAME=value", NULL-terminated, complete; NULL = empty environment */
    const char *cwd;        /* NULL = ours */
    /* At most one of the next three. */
    orx_view input;         /* bytes for standard input; the view must live until exit or free */
    const char *input_path; /* or a file */
    bool input_open;        /* or orx_proc_write / orx_proc_close_input; none of them = /dev/null */
    bool hold;              /* wait for orx_proc_release */
    /* Opens the stream ORX_NOTES, as the program's descriptor 3. Its bytes are not output: no limit
     * and no deadline looks at them. */
    bool notes;
    /* It runs without NO_NEW_PRIVS, so that its setgid bit counts. For a program of the system that
     * an operator's own command calls and that cannot work otherwise (crontab writes to a spool
     * that only its group may write to); never for an agent, a validation, a tool or a unit. With a
     * confinement it is refused. */
    bool may_gain;
    /* The directory of a cgroup (cgroup.h) in which the program begins, so that whatever it starts
     * is in it; what supervises the tree is not. NULL = in ours. One that cannot be entered is
     * passed over: orx_proc_grouped tells. */
    const char *group;
    int first_signal;         /* 0 = SIGTERM */
    int64_t grace_ns;         /* between first signal and KILL; 0 = 5 s */
    int64_t drain_ns;         /* for pipes kept open by others after the end; 0 = 500 ms */
    int64_t total_timeout_ns; /* 0 = none, likewise below */
    int64_t idle_timeout_ns;
    int64_t first_byte_timeout_ns;
    int64_t output_max; /* both streams together, 0 = none */
    orx_confine confine;
    /* May be NULL. bytes are valid during the call. */
    void (*on_output)(orx_proc *proc, orx_stream stream, orx_view bytes, void *user);
    /* Called once, last; not called after orx_proc_free. */
    void (*on_exit)(orx_proc *proc, const orx_proc_result *result, void *user);
    void *user;
} orx_proc_spec;

typedef enum orx_pid_state { ORX_PID_GONE, ORX_PID_ALIVE } orx_pid_state;

struct orx_proc_ops {
    int (*start)(orx_platform *p, const orx_proc_spec *spec, orx_proc **ret_proc, orx_err *err);
    void (*identity)(orx_proc *proc, int64_t *ret_pid, int64_t *ret_start);
    int64_t (*program)(orx_proc *proc);
    bool (*grouped)(orx_proc *proc);
    int (*release)(orx_proc *proc, orx_err *err);
    int (*signal)(orx_proc *proc, int signum, orx_err *err);
    int (*write)(orx_proc *proc, orx_view bytes, orx_err *err);
    void (*close_input)(orx_proc *proc);
    void (*stop)(orx_proc *proc, bool now);
    void (*free)(orx_proc *proc);
    orx_pid_state (*pid_state)(orx_platform *p, int64_t pid, int64_t start);
    int (*pid_kill)(orx_platform *p, int64_t pid, int64_t start, int signum, orx_err *err);
    void (*self)(orx_platform *p, int64_t *ret_pid, int64_t *ret_start);
    void (*kill_all)(orx_platform *p);
    void (*tell_starter)(orx_platform *p, orx_view text);
    void (*adopt)(orx_platform *p);
    int (*end_orphans)(orx_platform *p);
};

/* Starts a program. The spec's strings are copied; `input` is not. A program that cannot be
 * executed is not an error here: it ends with ORX_PROC_NOT_STARTED, through on_exit like every
 * other end. The error is for our own failures (orxaq-exec missing, descriptors used up). */
int orx_proc_start(orx_platform *p, const orx_proc_spec *spec, orx_proc **ret_proc, orx_err *err);

/* The supervisor's identity: pid of orxaq-exec and its start time (clock ticks since boot, field 22
 * of /proc/PID/stat), which together name one process for ever within a boot. */
void orx_proc_identity(orx_proc *proc, int64_t *ret_pid, int64_t *ret_start);

/* The pid of the program itself, to be shown; 0 while it is not known. */
int64_t orx_proc_program(orx_proc *proc);

/* Whether the program began in the group of its spec; false while it is not known. */
bool orx_proc_grouped(orx_proc *proc);

/* Lets a held program run. ORX_E_INVALID when it is not held, ORX_E_CHILD when it ended meanwhile.
 */
int orx_proc_release(orx_proc *proc, orx_err *err);

/* A signal for the program itself and for nothing that it started: how a program that looks after
 * its own children is asked to end. ORX_E_INVALID while it is held or when signum is none; one that
 * ended meanwhile is not an error. */
int orx_proc_signal(orx_proc *proc, int signum, orx_err *err);

/* Queues bytes (copied) for standard input. ORX_E_LIMIT when more than 16 MiB are waiting. A
 * program that closed its input loses the bytes silently. */
int orx_proc_write(orx_proc *proc, orx_view bytes, orx_err *err);
void orx_proc_close_input(orx_proc *proc);

/* Asks for the end: first signal, grace, KILL (now = KILL at once). on_exit follows. */
void orx_proc_stop(orx_proc *proc, bool now);

/* KILL for everything that runs now, whoever started it here; each on_exit follows. Programs
 * started later are not concerned. May be called from callbacks. */
void orx_proc_kill_all(orx_platform *p);

/* Releases a process object. One that still runs is killed and reaped without a callback. NULL is
 * fine. May be called from on_exit. */
void orx_proc_free(orx_proc *proc);

/* Whether exactly that process (pid and start time) is still there, and a signal to it if it is
 * (ORX_E_NOT_FOUND if not). A zombie counts as gone. */
orx_pid_state orx_pid_state_of(orx_platform *p, int64_t pid, int64_t start);
int orx_pid_kill(orx_platform *p, int64_t pid, int64_t start, int signum, orx_err *err);

/* Writes text to whoever started this process with `notes` and said so in ORX_NOTE_FD_ENV; nothing
 * happens when nobody did, is there or reads. The lines are those of sd_notify(3): "MAINPID=...",
 * "READY=1", "WATCHDOG=1", "STATUS=..."; and some of ours: "REPOSITORY_MISSING=" and a path, or
 * "WORKTREE_DIRTY=" and where: it fails because of that; "WORKTREE_WATCH=" and a path: nothing
 * becomes clean without a change of one of these. */
#define ORX_NOTE_FD_ENV "ORXAQ_NOTE_FD"
void orx_tell_starter(orx_platform *p, orx_view text);

/* From now on processes whose parent died become children of this one rather than of init. That
 * happens when orxaq-exec is killed, and orx_end_orphans then ends what it had in its care: KILL to
 * every child that is not a program of ours, and to what those leave. Returns how many may be left
 * (0 = none; -1 = not known here), so call it again until it says 0. Who has adopted need not call
 * it for a program of its own: that one's end is told after it, with result.empty as it came out.
 */
void orx_adopt_orphans(orx_platform *p);
int orx_end_orphans(orx_platform *p);

/* This process's own identity. */
void orx_pid_self(orx_platform *p, int64_t *ret_pid, int64_t *ret_start);

/* ---- Capture and the whole run (proc.c) ---------------------------------------------------- */

/* Keeps the first head_max and the last tail_max bytes of a stream and counts what fell between. */
typedef struct orx_capture {
    size_t head_max;
    size_t tail_max;
    orx_str head;
    orx_str ring; /* the tail; read it through orx_capture_text */
    size_t ring_at;
    int64_t total;
} orx_capture;

void orx_capture_add(orx_capture *c, orx_view bytes);
/* Head, then "\n[... N bytes left out ...]\n" when there is a gap, then tail. */
void orx_capture_text(const orx_capture *c, orx_str *out);
void orx_capture_free(orx_capture *c);

/* Runs a program to its end with both streams captured (bounds set by the caller beforehand; a
 * capture with both bounds 0 keeps nothing). spec->on_output/on_exit/user/hold are ours to set. The
 * call returns 0 whenever there is a result, whatever the program's exit code. */
int orx_proc_run(orx_platform *p, const orx_proc_spec *spec, orx_capture *out, orx_capture *errs,
                 orx_proc_result *ret_result, orx_err *err);

#endif
