#include "exec.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_BROKEN = 3 };

/* True when descriptor 3 is what the core gives us; a person at a terminal has none. */
static bool have_control(void) {
    int type = 0;
    socklen_t len = sizeof type;
    return getsockopt(ORX_EXEC_FD, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* Closes everything the core may have left open; of what stays, only the streams and the pipe for
 * notes are for the program. */
static void close_others(void) {
    (void)fcntl(ORX_EXEC_FD, F_SETFD, FD_CLOEXEC);
    if (close_range(ORX_EXEC_NOTE_FD + 1, ~0U, 0) == 0)
        return;
    struct rlimit rl = {0};
    (void)getrlimit(RLIMIT_NOFILE, &rl);
    for (rlim_t fd = ORX_EXEC_NOTE_FD + 1; fd < rl.rlim_cur; fd++)
        (void)close((int)fd);
}

/* Whether the descriptors fit the job. One for notes that it does not ask for is not kept. */
static bool settle_note(const orx_exec_job *job, bool have) {
    bool wanted = (job->head.flags & ORX_EXEC_NOTE) != 0;
    if (have && !wanted)
        (void)close(ORX_EXEC_NOTE_FD);
    return have || !wanted;
}

/* Blocks every signal; those that mean something to us come through the descriptor returned. A
 * TERM sent to us directly (a service manager stopping everything) must not leave orphans. */
static int take_signals(void) {
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    sigset_t ours;
    (void)sigemptyset(&ours);
    static const int mine[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < ORX_ARRAY_LEN(mine); i++)
        (void)sigaddset(&ours, mine[i]);
    return signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool read_job(orx_exec_job *ret_job) {
    orx_exec_frame frame;
    if (!orx_exec_read(ORX_EXEC_FD, &frame, sizeof frame) || frame.type != ORX_EXEC_SPEC ||
        frame.len > ORX_EXEC_SPEC_MAX)
        return false;
    char *payload = orx_xmalloc(frame.len);
    if (orx_exec_read(ORX_EXEC_FD, payload, frame.len) &&
        orx_exec_job_parse(payload, frame.len, ret_job))
        return true;
    free(payload);
    return false;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--can-confine") == 0)
        return orx_exec_can_confine() ? 0 : 1;
    if (!have_control()) {
        (void)fprintf(stderr, "orxaq-exec is started by orxaq and does nothing by itself\n");
        return EXIT_USAGE;
    }
    close_others();
    /* Asked before the next descriptor is made, which may get the number. */
    bool have_note = fcntl(ORX_EXEC_NOTE_FD, F_SETFD, FD_CLOEXEC) == 0;
    int signal_fd = take_signals();
    orx_exec_job job;
    if (signal_fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || !read_job(&job))
        return EXIT_BROKEN;
    if (!settle_note(&job, have_note)) {
        orx_exec_job_free(&job);
        return EXIT_BROKEN;
    }
    int code = orx_exec_supervise(&job, ORX_EXEC_FD, signal_fd);
    orx_exec_job_free(&job);
    return code;
}
