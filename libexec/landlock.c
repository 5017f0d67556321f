/* Landlock (Documentation/userspace-api/landlock.rst of Linux) by raw system calls: the C library
 * has no wrappers, and the machine's header may be older than its kernel.
 *
 * Only rights to change something are handled, so reading and executing stay free everywhere. What
 * a kernel cannot handle it does not restrict: before ABI 2 (Linux 5.19) renaming and linking
 * across directories is refused altogether, before ABI 3 (6.2) truncating by name is not
 * restricted. From ABI 6 (6.12) on the tree can also send no signal out of its own domain, so a
 * program cannot kill its supervisor. */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
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
#define FS_REMOVE_TO_MK (0x1FF0ULL)  /* bits 4 to 12: remove dir, file; make each kind of file */
#define FS_REFER        (1ULL << 13) /* ABI 2 */
#define FS_TRUNCATE     (1ULL << 14) /* ABI 3 */
#define FS_IOCTL_DEV    (1ULL << 15) /* ABI 5 */
#define SCOPE_SIGNAL    (1ULL << 1)  /* ABI 6 */

/* What may be said of a file as opposed to a directory. */
#define FS_OF_FILES (FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

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

/* Allows changes beneath path; errno tells what failed. */
static bool allow(int ruleset, const char *path, uint64_t rights) {
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct stat st;
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rights &= FS_OF_FILES;
    path_beneath rule = {rights, fd};
    long rc = syscall(__NR_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return rc == 0;
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

bool orx_exec_confine(const orx_exec_job *job, orx_exec_failure *f) {
    long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, QUERY_VERSION);
    if (abi < 1)
        return orx_exec_fail(f, CODE_NOT_RUN, errno,
                             "cannot confine writes: this kernel has no Landlock (Linux 5.13 or "
                             "later with landlock among its security modules is needed)");
    uint64_t handled = handled_by(abi);
    long ruleset = create_ruleset(abi, handled);
    if (ruleset < 0)
        return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot confine writes: no ruleset");
    allow_devices((int)ruleset, handled);
    for (char **path = job->writable; *path; path++)
        if (!allow((int)ruleset, *path, handled))
            return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot confine writes to %s", *path);
    if (syscall(__NR_landlock_restrict_self, ruleset, 0) != 0)
        return orx_exec_fail(f, CODE_NOT_RUN, errno, "cannot confine writes");
    (void)close((int)ruleset);
    return true;
}
