/* Disks as tests want them: links, limits, and marks on directories. */
#include "platform/sim/paths.h"

#include <stdlib.h>

static void make_parents(orx_sim_host *h, const char *path) {
    orx_platform *p = orx_sim_platform(h);
    ORX_CLEANUP(orx_str_free) orx_str part = {0};
    for (const char *at = path; *at; at++) {
        if (*at == '/' && part.len)
            (void)orx_sim_path_mkdir(p, orx_str_cstr(&part), 0755, NULL);
        orx_str_addc(&part, *at);
    }
}

void orx_sim_symlink(orx_sim_host *h, const char *target, const char *path) {
    orx_sim_spot spot;
    make_parents(h, path);
    int e = orx_sim_find(h->first, path, false, &spot);
    orx_sim_inode *n = orx_sim_inode_new(&h->disk, ORX_FILE_SYMLINK, 0777);
    n->target = orx_xstrdup(target);
    if (e || orx_sim_names_link(&spot, n))
        orx_sim_misuse("cannot make the symbolic link %s", path);
    orx_sim_inode_unref(n);
}

static orx_sim_inode *existing(orx_sim_host *h, const char *path) {
    orx_sim_spot spot;
    if (orx_sim_find(h->first, path, true, &spot) || !spot.node)
        orx_sim_misuse("there is no %s on host %s", path, h->name);
    return spot.node;
}

static void count_mark(orx_sim_inode *n, bool before) {
    bool now = n->read_only || n->network;
    n->disk->marks += now;
    n->disk->marks -= before;
}

void orx_sim_set_read_only(orx_sim_host *h, const char *path, bool on) {
    orx_sim_inode *n = existing(h, path);
    bool before = n->read_only || n->network;
    n->read_only = on;
    count_mark(n, before);
}

void orx_sim_set_network(orx_sim_host *h, const char *path, bool on) {
    orx_sim_inode *n = existing(h, path);
    bool before = n->read_only || n->network;
    n->network = on;
    count_mark(n, before);
}

void orx_sim_set_capacity(orx_sim_host *h, uint64_t bytes) {
    h->disk.capacity = (bytes + ORX_SIM_PAGE - 1) / ORX_SIM_PAGE;
}

uint64_t orx_sim_used_bytes(const orx_sim_host *h) {
    return h->disk.pages * ORX_SIM_PAGE;
}

void orx_sim_settle(orx_sim_host *h) {
    orx_sim_disk_settle(&h->disk);
}
