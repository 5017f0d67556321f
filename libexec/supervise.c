/* The event loop.
 *
 *     HOLD     nothing runs yet; RELEASE starts the program
 *     RUNNING  the program runs
 *     LINGER   it ended and left processes behind, which may be about to end by themselves
 *     ASKED    the first signal was sent to all; waiting for them to go
 *     KILLING  rounds of KILL until nobody is left
 *
 * In every phase the end comes as soon as there is no child left. */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS ((int64_t)1000000)

/* How long leftovers get: to end by themselves, after TERM, between rounds of KILL, and how long
 * KILL is repeated before giving up on processes that cannot die (stuck in the kernel). */
#define LINGER_NS     (100 * MS)
#define LEFTOVER_NS   (1000 * MS)
#define KILL_ROUND_NS (20 * MS)
#define KILL_LIMIT_NS (10000 * MS)

typedef enum phase { HOLD, RUNNING, LINGER, ASKED, KILLING } phase;

typedef struct supervisor {
    const orx_exec_job *job;
    int control; /* -1 once the core is gone */
    int signal_fd;
    int start_fd; /* where the child reports that it could not start; -1 = settled */
    pid_t program;
    bool program_ended;
    bool grouped; /* it began in the job's group */
    bool empty;   /* no child is left */
    phase phase;
    int64_t deadline;   /* of LINGER, ASKED and the rounds of KILLING */
    int64_t kill_until; /* give up then */
    union {
        orx_exec_frame frame;
        char bytes[64]; /* larger than any frame the core sends after the spec */
    } in;
    size_t in_len;
} supervisor;

static int64_t now_ns(void) {
    struct timespec ts = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

/* ---- The program's start and end ------------------------------------------------------------ */

/* From here on the standard streams belong to the program alone, so that their end is its end. */
static void leave_streams(const orx_exec_job *job) {
    if (job->head.flags & ORX_EXEC_NOTE)
        (void)close(ORX_EXEC_NOTE_FD);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2; fd++) {
        if (null >= 0)
            (void)dup2(null, fd);
        else
            (void)close(fd);
    }
    if (null > 2)
        (void)close(null);
}

static void report_failure(supervisor *s, const orx_exec_failure *f) {
    size_t len = strnlen(f->reason, ORX_EXEC_REASON_MAX);
    orx_exec_send(s->control, ORX_EXEC_NOT_STARTED, &f->head, sizeof f->head, f->reason, len);
    s->program_ended = true;
}

static void start_program(supervisor *s) {
    int fds[2];
    pid_t self = getpid();
    orx_exec_failure f = {0};
    s->phase = RUNNING;
    if (pipe2(fds, O_CLOEXEC) != 0) {
        (void)orx_exec_fail(&f, 126, errno, "cannot start the program: no pipe");
        report_failure(s, &f);
        return;
    }
    pid_t pid = orx_exec_fork(s->job->group, &s->grouped);
    if (pid == 0)
        orx_exec_child(s->job, self, fds[1]);
    int errnum = errno;
    (void)close(fds[1]);
    leave_streams(s->job);
    if (pid < 0) {
        (void)close(fds[0]);
        (void)orx_exec_fail(&f, 126, errnum, "cannot start the program: no process");
        report_failure(s, &f);
        return;
    }
    s->program = pid;
    s->start_fd = fds[0];
}

/* The child's pipe says either nothing (execve closed it) or why not. */
static void settle_start(supervisor *s) {
    if (s->start_fd < 0)
        return;
    orx_exec_failure f = {0};
    if (orx_exec_read(s->start_fd, &f, sizeof f)) {
        report_failure(s, &f);
    } else {
        orx_exec_started started = {s->program, orx_exec_start_time(s->program),
                                    s->grouped ? 1 : 0};
        orx_exec_send(s->control, ORX_EXEC_STARTED, &started, sizeof started, NULL, 0);
    }
    (void)close(s->start_fd);
    s->start_fd = -1;
}

static int64_t ns_of(struct timeval tv) {
    return (int64_t)tv.tv_sec * 1000 * MS + (int64_t)tv.tv_usec * 1000;
}

static orx_exec_usage usage_so_far(void) {
    struct rusage ru = {0};
    (void)getrusage(RUSAGE_CHILDREN, &ru);
    return (orx_exec_usage){ns_of(ru.ru_utime), ns_of(ru.ru_stime), (int64_t)ru.ru_maxrss * 1024};
}

static void program_ended(supervisor *s, int status) {
    settle_start(s);
    if (!s->program_ended) {
        orx_exec_exited exited = {.code = -1, .usage = usage_so_far()};
        if (WIFEXITED(status))
            exited.code = WEXITSTATUS(status);
        else
            exited.signal = WTERMSIG(status);
        orx_exec_send(s->control, ORX_EXEC_EXITED, &exited, sizeof exited, NULL, 0);
    }
    s->program_ended = true;
    int64_t now = now_ns();
    if (s->phase == RUNNING) {
        s->phase = LINGER;
        s->deadline = now + LINGER_NS;
    } else if (s->phase == ASKED && s->deadline > now + LEFTOVER_NS) {
        s->deadline = now + LEFTOVER_NS;
    }
}

static void reap(void *user) {
    supervisor *s = user;
    while (s->phase != HOLD) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid < 0)
            s->empty = errno == ECHILD;
        if (pid <= 0)
            return;
        if (pid == s->program)
            program_ended(s, status);
    }
}

/* ---- Stopping ------------------------------------------------------------------------------- */

static void kill_round(supervisor *s) {
    if (s->grouped)
        orx_exec_group_kill(s->job->group);
    orx_exec_tree_kill(reap, s);
    s->deadline = now_ns() + KILL_ROUND_NS;
}

static void begin_kill(supervisor *s) {
    if (s->phase == KILLING)
        return;
    s->phase = KILLING;
    s->kill_until = now_ns() + KILL_LIMIT_NS;
    kill_round(s);
}

static void ask(supervisor *s, int signum, int64_t grace_ns) {
    s->phase = ASKED;
    s->deadline = now_ns() + grace_ns;
    orx_exec_tree_signal(signum);
}

/* The core wants the end, or is gone. */
static void stop(supervisor *s, bool now) {
    if (s->phase == HOLD)
        s->empty = true; /* nothing ever ran */
    else if (now || s->job->head.first_signal == SIGKILL)
        begin_kill(s);
    else if (s->phase == RUNNING || s->phase == LINGER)
        ask(s, s->job->head.first_signal, s->job->head.grace_ns);
}

static void on_deadline(supervisor *s) {
    if (s->phase == LINGER)
        ask(s, SIGTERM, s->job->head.grace_ns < LEFTOVER_NS ? s->job->head.grace_ns : LEFTOVER_NS);
    else if (s->phase == ASKED)
        begin_kill(s);
    else if (s->phase == KILLING)
        kill_round(s);
}

/* ---- Events --------------------------------------------------------------------------------- */

/* Until it is reaped the pid is the program's; a signal before its execve would end it. */
static void signal_program(supervisor *s, const orx_exec_signal *what) {
    settle_start(s);
    if (s->program > 0 && !s->program_ended && what->signum > 0)
        (void)kill(s->program, what->signum);
}

/* The payload of a frame has the length that its type has. */
static bool has_length(const orx_exec_frame *frame) {
    if (frame->type == ORX_EXEC_STOP)
        return frame->len == sizeof(orx_exec_stop);
    if (frame->type == ORX_EXEC_SIGNAL)
        return frame->len == sizeof(orx_exec_signal);
    return true;
}

static void on_frame(supervisor *s, uint32_t type, const char *payload) {
    orx_exec_stop how = {0};
    orx_exec_signal what = {0};
    switch (type) {
    case ORX_EXEC_RELEASE:
        if (s->phase == HOLD)
            start_program(s);
        break;
    case ORX_EXEC_STOP:
        memcpy(&how, payload, sizeof how);
        stop(s, how.now != 0);
        break;
    case ORX_EXEC_SIGNAL:
        memcpy(&what, payload, sizeof what);
        signal_program(s, &what);
        break;
    default:
        break;
    }
}

/* Handles the complete frames that arrived. False when the stream makes no sense. */
static bool take_frames(supervisor *s) {
    while (s->in_len >= sizeof(orx_exec_frame)) {
        orx_exec_frame frame = s->in.frame;
        size_t need = sizeof frame + frame.len;
        if (frame.len > sizeof s->in.bytes - sizeof frame)
            return false;
        if (s->in_len < need)
            return true;
        if (!has_length(&frame))
            return false;
        on_frame(s, frame.type, s->in.bytes + sizeof frame);
        s->in_len -= need;
        memmove(s->in.bytes, s->in.bytes + need, s->in_len);
    }
    return true;
}

static void on_control(supervisor *s) {
    ssize_t n =
        recv(s->control, s->in.bytes + s->in_len, sizeof s->in.bytes - s->in_len, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0) {
        s->in_len += (size_t)n;
        if (take_frames(s))
            return;
    }
    /* The core is gone (or speaks nonsense): nobody waits for us any more, so end the tree. */
    (void)close(s->control);
    s->control = -1;
    stop(s, false);
}

static void on_signals(supervisor *s) {
    struct signalfd_siginfo info;
    while (read(s->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD)
            stop(s, false);
}

static int timeout_ms(const supervisor *s) {
    if (s->phase == HOLD || s->phase == RUNNING)
        return -1;
    int64_t left = s->deadline - now_ns();
    return left > 0 ? (int)((left + MS - 1) / MS) : 0;
}

static void wait_for_events(supervisor *s) {
    struct pollfd fds[3] = {
        {s->control, POLLIN, 0},
        {s->signal_fd, POLLIN, 0},
        {s->start_fd, POLLIN, 0},
    };
    int n = poll(fds, 3, timeout_ms(s));
    if (n > 0 && fds[1].revents)
        on_signals(s);
    if (n > 0 && fds[2].revents)
        settle_start(s);
    reap(s);
    if (n > 0 && fds[0].revents && !s->empty)
        on_control(s);
}

int orx_exec_supervise(const orx_exec_job *job, int control, int signal_fd) {
    supervisor s = {
        .job = job, .control = control, .signal_fd = signal_fd, .start_fd = -1, .phase = HOLD};
    if (!(job->head.flags & ORX_EXEC_HOLD))
        start_program(&s);
    for (;;) {
        wait_for_events(&s);
        if (s.empty)
            break;
        if (s.phase >= LINGER && now_ns() >= s.deadline)
            on_deadline(&s);
        if (s.phase == KILLING && now_ns() >= s.kill_until && !s.empty)
            return 1; /* without EMPTY: something cannot be killed */
    }
    orx_exec_usage usage = usage_so_far();
    orx_exec_send(s.control, ORX_EXEC_EMPTY, &usage, sizeof usage, NULL, 0);
    /* Whoever made the group is gone, and nobody else may come. */
    if (s.control < 0 && job->group)
        (void)rmdir(job->group);
    return 0;
}
