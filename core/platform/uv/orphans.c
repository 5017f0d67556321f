/* Ending what a killed orxaq-exec had in its care: as subreaper of the whole we become its parent.
 *
 * A child of ours that is none of our programs can only have come that way. Its pid cannot come to
 * mean another process before we reap it, so it is safe to kill; what it leaves comes to us in turn
 * and is met in the next round. */
#include "platform/procstat.h"
#include "platform/uv/procs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 50, LIST_MAX = 64 * 1024 };

void orx_uv_adopt_orphans(orx_platform *p) {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) == 0)
        orx_uv_of(p)->adopts = true;
}

static bool is_ours(const orx_uv *u, int64_t pid) {
    ORX_LIST_EACH(&u->procs, it)
    if (ORX_LIST_ITEM(it, orx_uv_proc, link)->pid == pid)
        return true;
    return false;
}

/* Kills and reaps the strangers among our children; how many there were. */
static int round_of(const orx_uv *u, orx_view list) {
    int n = 0;
    orx_view word;
    int64_t pid;
    while (orx_view_split(&list, ' ', &word)) {
        if (!orx_view_to_i64(word, &pid) || pid <= 1 || is_ours(u, pid))
            continue;
        n++;
        (void)kill((pid_t)pid, SIGKILL);
        (void)waitpid((pid_t)pid, NULL, WNOHANG);
    }
    return n;
}

int orx_uv_end_orphans(orx_platform *p) {
    const orx_uv *u = orx_uv_of(p);
    char path[64];
    int left = 0;
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    for (int i = 0; i < ROUNDS; i++) {
        ORX_CLEANUP(orx_str_free) orx_str list = {0};
        if (orx_read_file(p, path, LIST_MAX, &list, NULL) < 0)
            return -1;
        if (list.len == 0)
            return 0;
        left = round_of(u, orx_str_view(&list));
        if (left == 0)
            return 0;
    }
    return left;
}
