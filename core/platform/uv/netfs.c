/* Telling network file systems, where locks and syncs do not mean what a journal needs. */
#include "platform/uv/file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define FUSE_MAGIC 0x65735546U

/* statfs(2) f_type numbers, from the kernel's linux/magic.h and the file systems' own sources. */
static bool network_magic(uint32_t type) {
    switch (type) {
    case 0x00006969U: /* NFS */
    case 0x0000517BU: /* SMB */
    case 0xFF534D42U: /* CIFS */
    case 0xFE534D42U: /* SMB2, SMB3 */
    case 0x0000564CU: /* NCP */
    case 0x01021997U: /* 9p */
    case 0x5346414FU: /* AFS */
    case 0x6B414653U: /* kAFS */
    case 0x73757245U: /* Coda */
    case 0x00C36400U: /* Ceph */
    case 0x0BD00BD0U: /* Lustre */
    case 0x47504653U: /* GPFS */
    case 0x01161970U: /* GFS2 */
    case 0x7461636FU: /* OCFS2 */
    case 0xBACBACBCU: /* VMware shared folders */
    case 0x786F4256U: /* VirtualBox shared folders */
        return true;
    default:
        return false;
    }
}

/* The file system type in a line of mountinfo (proc(5)): the word behind " - ". */
static orx_view mount_type(orx_view line) {
    int64_t at = orx_view_find(line, " - ");
    if (at < 0)
        return (orx_view){NULL, 0};
    orx_view rest = {line.p + at + 3, line.len - (size_t)at - 3};
    orx_view type = {NULL, 0};
    (void)orx_view_split(&rest, ' ', &type);
    return type;
}

/* FUSE says one number for all; the mount table tells a local disk from anything else. */
static bool local_fuse(orx_view mountinfo, unsigned dev_major, unsigned dev_minor) {
    char want[64];
    (void)snprintf(want, sizeof want, "%u:%u", dev_major, dev_minor);
    orx_view line;
    while (orx_view_split(&mountinfo, '\n', &line)) {
        orx_view fields = line;
        orx_view id = {NULL, 0};
        for (int i = 0; i < 3; i++)
            if (!orx_view_split(&fields, ' ', &id))
                break;
        if (!orx_view_is(id, want))
            continue;
        orx_view type = mount_type(line);
        return orx_view_is(type, "fuseblk") || orx_view_is(type, "fuse.fuse-overlayfs");
    }
    return false;
}

bool orx_uv_network_kind(uint32_t magic, orx_view mountinfo, unsigned dev_major,
                         unsigned dev_minor) {
    if (magic == FUSE_MAGIC)
        return !local_fuse(mountinfo, dev_major, dev_minor);
    return network_magic(magic);
}

int orx_uv_is_network(orx_platform *p, const char *path, bool *ret_network, orx_err *err) {
    struct statfs fs;
    int rc;
    do
        rc = statfs(path, &fs);
    while (rc < 0 && errno == EINTR);
    struct stat st;
    if (rc < 0 || stat(path, &st) != 0)
        return orx_err_errno(err, errno, "cannot tell the file system of %s", path);
    ORX_CLEANUP(orx_str_free) orx_str table = {0};
    uint32_t magic = (uint32_t)fs.f_type;
    /* Without the table FUSE counts as a network. */
    if (magic == FUSE_MAGIC)
        (void)orx_read_file(p, "/proc/self/mountinfo", (size_t)16 << 20, &table, NULL);
    *ret_network =
        orx_uv_network_kind(magic, orx_str_view(&table), major(st.st_dev), minor(st.st_dev));
    return 0;
}
