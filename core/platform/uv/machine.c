/* Facts of a Linux machine. */
#include "platform/machine.h"

#include "platform/files.h"
#include "platform/uv/internal.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#endif
#ifndef __NR_openat2
#define __NR_openat2 437
#endif

enum { LANDLOCK_QUERY_VERSION = 1 };

static int landlock_abi(void) {
    long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_QUERY_VERSION);
    return abi > 0 ? (int)abi : 0;
}

/* Asked for nothing: a kernel that has it complains about the arguments. */
static int has_openat2(void) {
    return syscall(__NR_openat2, -1, NULL, NULL, 0) < 0 && errno != ENOSYS;
}

/* A number in a file of /proc; otherwise when it is not there. */
static int64_t number_in(orx_platform *p, const char *path, int64_t otherwise) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int64_t n;
    if (orx_read_file(p, path, 256, &text, NULL) < 0 ||
        !orx_view_to_i64(orx_view_trim(orx_str_view(&text)), &n))
        return otherwise;
    return n;
}

/* The kernel's limit, and the switches that distributions added. */
static int user_namespaces(orx_platform *p) {
    return number_in(p, "/proc/sys/user/max_user_namespaces", 0) > 0 &&
           number_in(p, "/proc/sys/kernel/unprivileged_userns_clone", 1) == 1 &&
           number_in(p, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) == 0;
}

static int64_t open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return -1;
    return (int64_t)limit.rlim_cur;
}

static int clock_synchronised(void) {
    struct timex t = {0};
    int state = adjtimex(&t);
    if (state < 0)
        return -1;
    return state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

static void look(orx_platform *p, orx_machine *ret_machine) {
    struct utsname name;
    orx_machine m = {
        .landlock = landlock_abi(),
        .openat2 = has_openat2(),
        .user_namespaces = user_namespaces(p),
        .open_files = open_files(),
        .clock_synchronised = clock_synchronised(),
    };
    if (uname(&name) == 0)
        (void)snprintf(m.system, sizeof m.system, "%.20s %.24s %.16s", name.sysname, name.release,
                       name.machine);
    *ret_machine = m;
}

/* statfs(2) f_type numbers of the file systems one meets. */
static const struct {
    uint32_t magic;
    const char *name;
} kinds[] = {
    {0x0000EF53U, "ext4"}, {0x58465342U, "xfs"},      {0x9123683EU, "btrfs"},
    {0x2FC12FC1U, "zfs"},  {0x01021994U, "tmpfs"},    {0x794C7630U, "overlay"},
    {0xF2F52010U, "f2fs"}, {0xCA451A4EU, "bcachefs"}, {0x00006969U, "nfs"},
    {0x01021997U, "9p"},   {0x65735546U, "fuse"},     {0xFF534D42U, "cifs"},
    {0xFE534D42U, "smb2"}, {0x00004D44U, "vfat"},     {0x2011BAB0U, "exfat"},
};

static void name_kind(uint32_t magic, orx_disk *d) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(kinds); i++)
        if (kinds[i].magic == magic) {
            (void)snprintf(d->kind, sizeof d->kind, "%s", kinds[i].name);
            return;
        }
    (void)snprintf(d->kind, sizeof d->kind, "0x%08x", magic);
}

static int disk(orx_platform *p ORX_UNUSED, const char *path, orx_disk *ret_disk, orx_err *err) {
    struct statfs fs;
    struct statvfs v;
    if (statfs(path, &fs) != 0 || statvfs(path, &v) != 0)
        return orx_err_errno(err, errno, "cannot look at the file system of %s", path);
    orx_disk d = {.total_bytes = (int64_t)(v.f_blocks * v.f_frsize),
                  .free_bytes = (int64_t)(v.f_bavail * v.f_frsize)};
    name_kind((uint32_t)fs.f_type, &d);
    *ret_disk = d;
    return 0;
}

const struct orx_machine_ops orx_uv_machine = {look, disk};
