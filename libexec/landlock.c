/* Landlock (Documentation/userspace-api/landlock.rst of Linux) by raw system calls: the C library
 * has no wrappers, and the machine's header may be older than its kernel.
 *
 * Only rights to change something are handled, so reading and executing stay free everywhere,
 * except that one tree can be hidden (hide.c): then reading files is a right that has to be given,
 * too. What a kernel cannot handle it does not restrict: before ABI 2 (Linux 5.19) renaming and
 * linking across directories is refused altogether, before ABI 3 (6.2) truncating by name is not
 * restricted. From ABI 6 (6.12) on the tree can also send no signal out of its own domain, so a
 * program cannot kill its supervisor. */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule       445
#define __NR_landlock_restrict_self  446
#endif

enum { RULE_PATH_BENEATH = 1, QUERY_VERSION = 1, CODE_NOT_RUN = 126 };

#define FS_WRITE_FILE   (1ULL << 1)
#define FS_READ_FILE    (1ULL << 2)
#define FS_REMOVE_TO_MK (0x1FF0ULL)  /* bits 4 to 12: remove dir, file; make each kind of file */
#define FS_REFER        (1ULL << 13) /* ABI 2 */
#define FS_TRUNCATE     (1ULL << 14) /* ABI 3 */
#define FS_IOCTL_DEV    (1ULL << 15) /* ABI 5 */
#define SCOPE_SIGNAL    (1ULL << 1)  /* ABI 6 */

/* What may be said of a file as opposed to a directory. */
#define FS_OF_FILES (FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

typedef struct ruleset_attr {
    uint64_t handled_fs;
    uint64_t handled_net; /* ABI 4 */
    uint64_t scoped;      /* ABI 6 */
} ruleset_attr;

typedef struct path_beneath {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed)) path_beneath;

static uint64_t handled_by(long abi) {
    uint64_t fs = FS_WRITE_FILE | FS_REMOVE_TO_MK;
    if (abi >= 2)
        fs |= FS_REFER;
    if (abi >= 3)
        fs |= FS_TRUNCATE;
    if (abi >= 5)
        fs |= FS_IOCTL_DEV;
    return fs;
}

static long create_ruleset(long abi, uint64_t handled) {
    ruleset_attr attr = {.handled_fs = handled};
    size_t size = sizeof attr.handled_fs;
    if (abi >= 6) {
        attr.scoped = SCOPE_SIGNAL;
        size = sizeof attr;
    }
    return syscall(__NR_landlock_create_ruleset, &attr, size, 0);
}

static bool add_rule(int ruleset, int fd, uint64_t rights) {
    struct stat st;
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rights &= FS_OF_FILES;
    path_beneath rule = {rights, fd};
    return syscall(__NR_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
}

static bool allow_reading(int ruleset, int fd) {
    return add_rule(ruleset, fd, FS_READ_FILE);
}

/* Allows changes beneath path; errno tells what failed. */
static bool allow(int ruleset, const char *path, uint64_t rights) {
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = add_rule(ruleset, fd, rights);
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return good;
}

/* Devices that programs write to without changing anything, and terminals. */
static void allow_devices(int ruleset, uint64_t handled) {
    static const char *const devices[] = {
        "/dev/null",    "/dev/zero", "/dev/full", "/dev/random",
        "/dev/urandom", "/dev/tty",  "/dev/ptmx", "/dev/pts",
    };
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        (void)allow(ruleset, devices[i], handled & FS_OF_FILES);
}

bool orx_exec_can_confine(void) {
    return syscall(__NR_landlock_create_ruleset, NULL, 0, QUERY_VERSION) >= 1;
}

/* Rights beneath a writable tree: not to read there when the hidden one lies in it, because a rule
 * cannot be taken back further down. */
static uint64_t rights_in(const char *tree, const char *hidden, uint64_t handled) {
    char real[PATH_MAX];
    bool around = hidden && realpath(tree, real) && orx_exec_covers(real, hidden);
    return around ? handled & ~FS_READ_FILE : handled;
}

static bool fill(int ruleset, const orx_exec_job *job, const char *hidden, uint64_t handled,
                 orx_exec_failure *f) {
    if (hidden)
        orx_exec_hide(ruleset, hidden, allow_reading);
    allow_devices(ruleset, handled);
    for (char **path = job->writable; *path; path++)
        if (!allow(ruleset, *path, rights_in(*path, hidden, handled)))
            return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot confine writes to %s", *path);
    return true;
}

bool orx_exec_confine(const orx_exec_job *job, orx_exec_failure *f) {
    char real[PATH_MAX];
    long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, QUERY_VERSION);
    if (abi < 1)
        return orx_exec_fail(f, CODE_NOT_RUN, errno,
                             "cannot confine writes: this kernel has no Landlock (Linux 5.13 or "
                             "later with landlock among its security modules is needed)");
    const char *hidden = job->hidden ? realpath(job->hidden, real) : NULL;
    uint64_t handled = handled_by(abi) | (hidden ? FS_READ_FILE : 0);
    long ruleset = create_ruleset(abi, handled);
    if (ruleset < 0)
        return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot confine writes: no ruleset");
    if (!fill((int)ruleset, job, hidden, handled, f))
        return false;
    if (syscall(__NR_landlock_restrict_self, ruleset, 0) != 0)
        return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot confine writes");
    (void)close((int)ruleset);
    orx_exec_drop_powers();
    return true;
}
