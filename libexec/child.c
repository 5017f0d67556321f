/* From fork to execve. Everything here happens in the child, which has one thread and nothing to
 * lose: the first thing that fails is reported and ends it. */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CODE_NOT_FOUND = 127, CODE_NOT_RUN = 126 };

bool orx_exec_fail(orx_exec_failure *f, int code, int errnum, const char *fmt, ...) {
    f->head = (orx_exec_not_started){code, errnum};
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(f->reason, sizeof f->reason, fmt, ap);
    va_end(ap);
    if (errnum) {
        size_t used = strlen(f->reason);
        const char *name = strerrorname_np(errnum);
        const char *text = strerrordesc_np(errnum);
        (void)snprintf(f->reason + used, sizeof f->reason - used, ": %s (%s)",
                       text ? text : "unknown error", name ? name : "?");
    }
    return false;
}

/* Signals as a fresh program expects them: default dispositions, nothing blocked. The kernel is
 * asked itself, since sigaction(3) refuses the two signals that glibc keeps for its threads, and
 * whoever started us may have left them ignored, as some supervisors do with every number. A kernel
 * sigaction of zeros means SIG_DFL, no flags and an empty mask, and none is longer than this. */
static void reset_signals(void) {
    const unsigned long fresh[16] = {0};
    for (int s = 1; s < _NSIG; s++)
        (void)syscall(SYS_rt_sigaction, s, fresh, NULL, (size_t)(_NSIG / 8));
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Sets the limit for good (soft and hard), as far down as asked and never up. */
static bool set_limit(int resource, uint64_t value, const char *name, orx_exec_failure *f) {
    if (value == 0)
        return true;
    struct rlimit have;
    if (getrlimit((__rlimit_resource_t)resource, &have) != 0)
        return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot read the limit %s", name);
    rlim_t want = (rlim_t)value;
    if (have.rlim_max != RLIM_INFINITY && have.rlim_max < want)
        want = have.rlim_max;
    struct rlimit set = {want, want};
    /* At the soft limit of CPU time comes a signal with a name, at the hard one KILL. */
    if (resource == RLIMIT_CPU && (have.rlim_max == RLIM_INFINITY || have.rlim_max > want))
        set.rlim_max = want + 1;
    if (setrlimit((__rlimit_resource_t)resource, &set) != 0)
        return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot set the limit %s", name);
    return true;
}

static bool set_limits(const orx_exec_job *job, orx_exec_failure *f) {
    static const struct {
        int resource;
        const char *name;
    } table[ORX_EXEC_LIMITS] = {
        [ORX_EXEC_FILE_BYTES] = {RLIMIT_FSIZE, "file size"},
        [ORX_EXEC_MEMORY_BYTES] = {RLIMIT_AS, "memory"},
        [ORX_EXEC_CPU_SECONDS] = {RLIMIT_CPU, "CPU time"},
        [ORX_EXEC_PROCESSES] = {RLIMIT_NPROC, "number of processes"},
        [ORX_EXEC_OPEN_FILES] = {RLIMIT_NOFILE, "open files"},
        [ORX_EXEC_DATA_BYTES] = {RLIMIT_DATA, "data"},
    };
    for (int i = 0; i < ORX_EXEC_LIMITS; i++)
        if (!set_limit(table[i].resource, job->head.limits[i], table[i].name, f))
            return false;
    return true;
}

static const char *env_value(char **envp, const char *name) {
    size_t n = strlen(name);
    for (; *envp; envp++)
        if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
            return *envp + n + 1;
    return NULL;
}

/* Explains why the kernel refused a program that may well exist. */
static bool explain(const char *path, int errnum, orx_exec_failure *f) {
    struct stat st;
    bool there = stat(path, &st) == 0;
    if (errnum == ENOENT && there)
        return orx_exec_fail(f, CODE_NOT_RUN, errnum,
                             "cannot run %s: the interpreter it names is missing", path);
    if (errnum == ENOEXEC)
        return orx_exec_fail(f, CODE_NOT_RUN, errnum,
                             "cannot run %s: neither a program of this machine nor a script with "
                             "a #! line",
                             path);
    if (errnum == E2BIG)
        return orx_exec_fail(f, CODE_NOT_RUN, errnum,
                             "cannot run %s: its arguments and environment are too large; pass "
                             "large input on standard input or in a file",
                             path);
    if (errnum == EACCES && there && S_ISDIR(st.st_mode))
        return orx_exec_fail(f, CODE_NOT_RUN, errnum, "cannot run %s: it is a directory", path);
    int code = errnum == ENOENT || errnum == ENOTDIR ? CODE_NOT_FOUND : CODE_NOT_RUN;
    return orx_exec_fail(f, code, errnum, "cannot run %s", path);
}

/* Tries the directories of the program's own PATH. Empty and relative ones are passed over: the
 * working directory belongs to the agent, and what lies there is not what was meant. A file that
 * cannot be executed is remembered but does not end the search, as execvp(3) has it. */
static bool run_from_path(const orx_exec_job *job, orx_exec_failure *f) {
    const char *name = job->argv[0];
    const char *path = env_value(job->envp, "PATH");
    char full[PATH_MAX];
    bool refused = false;
    for (const char *at = path ? path : "/usr/local/bin:/usr/bin:/bin"; at;) {
        const char *colon = strchr(at, ':');
        int len = colon ? (int)(colon - at) : (int)strlen(at);
        int n = at[0] == '/' ? snprintf(full, sizeof full, "%.*s/%s", len, at, name) : -1;
        at = colon ? colon + 1 : NULL;
        if (n < 0 || (size_t)n >= sizeof full)
            continue;
        (void)execve(full, job->argv, job->envp);
        int errnum = errno;
        if (errnum == ENOENT && access(full, F_OK) != 0)
            continue;
        if (errnum == ENOTDIR)
            continue;
        refused = true;
        (void)explain(full, errnum, f);
        if (errnum != EACCES)
            return false;
    }
    if (refused)
        return false;
    return orx_exec_fail(f, CODE_NOT_FOUND, 0,
                         "program '%s' was not found in the directories of PATH; install it or "
                         "give its absolute path",
                         name);
}

static bool run_program(const orx_exec_job *job, orx_exec_failure *f) {
    if (!strchr(job->argv[0], '/'))
        return run_from_path(job, f);
    (void)execve(job->argv[0], job->argv, job->envp);
    return explain(job->argv[0], errno, f);
}

/* The order matters: the directory is entered before the view of the disk narrows, the memory limit
 * comes last because it binds this process too. */
static bool become(const orx_exec_job *job, pid_t supervisor, orx_exec_failure *f) {
    (void)setsid();
    reset_signals();
    /* In the place of the control socket, which ends at execve in any case. */
    if ((job->head.flags & ORX_EXEC_NOTE) && dup2(ORX_EXEC_NOTE_FD, ORX_EXEC_FD) < 0)
        return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot hand on the pipe for notes");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot tie the program to its supervisor");
    if (getppid() != supervisor)
        _exit(CODE_NOT_RUN); /* it died in between; nobody is there to be told */
    if (job->cwd && chdir(job->cwd) != 0)
        return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot enter the working directory %s",
                             job->cwd);
    bool keeps = !(job->head.flags & ORX_EXEC_MAY_GAIN);
    if (keeps && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot switch off gaining privileges");
    if ((job->head.flags & ORX_EXEC_LANDLOCK) && !orx_exec_confine(job, f))
        return false;
    return set_limits(job, f) && run_program(job, f);
}

_Noreturn void orx_exec_child(const orx_exec_job *job, pid_t supervisor, int fd) {
    orx_exec_failure f = {0};
    (void)become(job, supervisor, &f);
    ssize_t n;
    do
        n = write(fd, &f, sizeof f);
    while (n < 0 && errno == EINTR);
    _exit(f.head.code);
}
