/* kill_shim.c: dies at the K-th durable operation. For LD_PRELOAD.
 *
 * Counts what a process does to regular files and directories - write, truncate, sync, rename,
 * unlink, mkdir, rmdir - and, at number ORX_KILL_AT, sends itself SIGKILL: before the operation, or
 * with ORX_KILL_MODE=torn after the first half of a write. With ORX_KILL_COUNT=FILE it writes one
 * line per operation to FILE at exit: "w" for a write, "o" for the others. Children get none of
 * this: orxaq passes them only an allow-list of variables. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long count;
static long kill_at;
static int torn;
static const char *count_file;
static char kinds[1 << 20];

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

static void die(void) {
    (void)kill(getpid(), SIGKILL);
    for (;;)
        (void)pause();
}

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("ORX_KILL_AT");
    const char *mode = getenv("ORX_KILL_MODE");
    count_file = getenv("ORX_KILL_COUNT");
    kill_at = at ? strtol(at, NULL, 10) : 0;
    torn = mode && strcmp(mode, "torn") == 0;
}

__attribute__((destructor)) static void finish(void) {
    if (!count_file)
        return;
    FILE *f = fopen(count_file, "w");
    if (f) {
        for (long i = 0; i < count && i < (long)sizeof kinds; i++)
            (void)fprintf(f, "%c\n", kinds[i]);
        (void)fclose(f);
    }
}

static int on_disk(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

/* Counts one operation. Returns 1 when it is a write that is to be torn. */
static int at(int is_write) {
    if (count < (long)sizeof kinds)
        kinds[count] = is_write ? 'w' : 'o';
    if (++count != kill_at)
        return 0;
    if (torn && is_write)
        return 1;
    die();
    return 0;
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t offset) {
    if (on_disk(fd) && at(1)) {
        if (REAL(pwrite64)(fd, buf, n / 2, offset) >= 0 || n)
            die();
    }
    return REAL(pwrite64)(fd, buf, n, offset);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset) {
    if (on_disk(fd) && at(1)) {
        if (REAL(pwrite)(fd, buf, n / 2, offset) >= 0 || n)
            die();
    }
    return REAL(pwrite)(fd, buf, n, offset);
}

ssize_t write(int fd, const void *buf, size_t n) {
    if (on_disk(fd) && at(1)) {
        if (REAL(write)(fd, buf, n / 2) >= 0 || n)
            die();
    }
    return REAL(write)(fd, buf, n);
}

int fsync(int fd) {
    if (on_disk(fd))
        (void)at(0);
    return REAL(fsync)(fd);
}

int fdatasync(int fd) {
    if (on_disk(fd))
        (void)at(0);
    return REAL(fdatasync)(fd);
}

int ftruncate(int fd, off_t size) {
    (void)at(0);
    return REAL(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    (void)at(0);
    return REAL(ftruncate64)(fd, size);
}

int rename(const char *from, const char *to) {
    (void)at(0);
    return REAL(rename)(from, to);
}

int renameat(int a, const char *from, int b, const char *to) {
    (void)at(0);
    return REAL(renameat)(a, from, b, to);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    (void)at(0);
    return REAL(renameat2)(a, from, b, to, flags);
}

int unlink(const char *path) {
    (void)at(0);
    return REAL(unlink)(path);
}

int unlinkat(int dir, const char *path, int flags) {
    (void)at(0);
    return REAL(unlinkat)(dir, path, flags);
}

int mkdir(const char *path, mode_t mode) {
    (void)at(0);
    return REAL(mkdir)(path, mode);
}

int mkdirat(int dir, const char *path, mode_t mode) {
    (void)at(0);
    return REAL(mkdirat)(dir, path, mode);
}

int rmdir(const char *path) {
    (void)at(0);
    return REAL(rmdir)(path);
}
