/* Finding and ending every descendant.
 *
 * As subreaper we are the ancestor of all of them, so one pass over /proc that follows parent pids
 * finds all that exist at that moment. Two things make it safe against what hostile programs do:
 *
 * - A pid seen in /proc may be another process by the time of the signal. Direct children cannot:
 *   only we reap them. Others are signalled through a pidfd after their start time was read again.
 * - New processes appear while we look. A process with a signal pending cannot complete fork(2), so
 *   freezing all with STOP until a pass finds nobody new closes in on a fork bomb; a chain of
 *   processes that each fork and exit keeps becoming our direct child and is met in a tight loop.
 */
#include "exec.h"

#include "base/vec.h"
#include "platform/procstat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FREEZE_PASSES = 20, CHASE_PASSES = 100, PIDS_MAX = 1 << 22 };

typedef struct proc {
    pid_t pid;
    pid_t ppid;
    int64_t start;
} proc;

typedef ORX_VEC(proc) proc_vec;

/* Reads up to cap bytes of a small file of /proc; -1 when it is gone. */
static ssize_t read_small(const char *path, char *buf, size_t cap) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, buf, cap);
    (void)close(fd);
    return n;
}

static bool read_stat(pid_t pid, orx_procstat *ret) {
    char path[64];
    char buf[ORX_PROCSTAT_MAX];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    ssize_t n = read_small(path, buf, sizeof buf);
    return n > 0 && orx_procstat_parse(orx_view_mem(buf, (size_t)n), ret);
}

int64_t orx_exec_start_time(pid_t pid) {
    orx_procstat st;
    return read_stat(pid, &st) ? st.start : 0;
}

static int by_parent(const void *a, const void *b) {
    pid_t x = ((const proc *)a)->ppid;
    pid_t y = ((const proc *)b)->ppid;
    return (x > y) - (x < y);
}

static int by_pid(const void *a, const void *b) {
    pid_t x = ((const proc *)a)->pid;
    pid_t y = ((const proc *)b)->pid;
    return (x > y) - (x < y);
}

/* Every process there is, by parent. */
static void read_all(proc_vec *all) {
    DIR *d = opendir("/proc");
    if (!d)
        return;
    const struct dirent *e;
    while ((e = readdir(d)) && all->len < PIDS_MAX) {
        int64_t pid;
        orx_procstat st;
        if (!orx_view_to_i64(orx_view_of(e->d_name), &pid) || !read_stat((pid_t)pid, &st))
            continue;
        proc one = {(pid_t)pid, (pid_t)st.ppid, st.start};
        orx_vec_push(all, one);
    }
    (void)closedir(d);
    if (all->len)
        qsort(all->items, all->len, sizeof(proc), by_parent);
}

static size_t first_child(const proc_vec *all, pid_t parent) {
    size_t lo = 0;
    size_t hi = all->len;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (all->items[mid].ppid < parent)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void add_children(const proc_vec *all, pid_t parent, proc_vec *out) {
    for (size_t i = first_child(all, parent); i < all->len && all->items[i].ppid == parent; i++)
        /* The table is not one moment: a reused pid could close a circle. */
        if (out->len < all->len)
            orx_vec_push(out, all->items[i]);
}

/* All descendants of this process, parents before children. */
static void scan(proc_vec *out) {
    proc_vec all = {0};
    read_all(&all);
    out->len = 0;
    add_children(&all, getpid(), out);
    for (size_t i = 0; i < out->len; i++)
        add_children(&all, out->items[i].pid, out);
    orx_vec_free(&all);
}

static void send_to(const proc *p, int signum) {
    if (p->ppid == getpid()) {
        (void)kill(p->pid, signum);
        return;
    }
    int fd = pidfd_open(p->pid, 0);
    if (fd < 0) {
        if (errno == ENOSYS && orx_exec_start_time(p->pid) == p->start)
            (void)kill(p->pid, signum);
        return;
    }
    if (orx_exec_start_time(p->pid) == p->start)
        (void)pidfd_send_signal(fd, signum, NULL, 0);
    (void)close(fd);
}

static void send_all(const proc_vec *v, int signum) {
    for (size_t i = 0; i < v->len; i++)
        send_to(&v->items[i], signum);
}

void orx_exec_tree_signal(int signum) {
    proc_vec v = {0};
    scan(&v);
    send_all(&v, signum);
    send_all(&v, SIGCONT);
    orx_vec_free(&v);
}

/* Whether `now` holds a process that `before` does not; both are left sorted by pid. */
static bool has_new(proc_vec *now, const proc_vec *before) {
    if (now->len)
        qsort(now->items, now->len, sizeof(proc), by_pid);
    size_t j = 0;
    for (size_t i = 0; i < now->len; i++) {
        while (j < before->len && before->items[j].pid < now->items[i].pid)
            j++;
        if (j == before->len || before->items[j].pid != now->items[i].pid ||
            before->items[j].start != now->items[i].start)
            return true;
    }
    return false;
}

/* Kills direct children again and again without looking at the rest of the machine. */
static void chase_children(orx_exec_reap_fn reap, void *user) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    for (int pass = 0; pass < CHASE_PASSES; pass++) {
        char buf[4096];
        /* The dead stay in the list, at its front, until they are collected. */
        reap(user);
        ssize_t n = read_small(path, buf, sizeof buf);
        if (n <= 0)
            return;
        orx_view rest = orx_view_mem(buf, (size_t)n);
        orx_view word;
        int64_t pid;
        while (orx_view_split(&rest, ' ', &word))
            /* The last number may be cut; a cut number could name a stranger. */
            if (rest.p && orx_view_to_i64(word, &pid) && pid > 1)
                (void)kill((pid_t)pid, SIGKILL);
    }
}

void orx_exec_tree_kill(orx_exec_reap_fn reap, void *user) {
    proc_vec now = {0};
    proc_vec before = {0};
    for (int pass = 0; pass < FREEZE_PASSES; pass++) {
        scan(&now);
        send_all(&now, SIGSTOP);
        if (!has_new(&now, &before))
            break;
        proc_vec swap = before;
        before = now;
        now = swap;
    }
    /* The last full scan is in one of the two; what is in the other only is gone or in both. */
    send_all(&before, SIGKILL);
    send_all(&now, SIGKILL);
    orx_vec_free(&now);
    orx_vec_free(&before);
    chase_children(reap, user);
}
