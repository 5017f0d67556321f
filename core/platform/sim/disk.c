#include "platform/sim/disk.h"

#include <stdlib.h>

void orx_sim_disk_init(orx_sim_disk *d, uint64_t device) {
    d->device = device;
    orx_list_init(&d->inodes);
    orx_list_init(&d->dirty);
    orx_list_init(&d->name_ops);
    d->root = orx_sim_inode_new(d, ORX_FILE_DIRECTORY, 0755);
}

void orx_sim_disk_free(orx_sim_disk *d) {
    orx_sim_names_sync_all(d);
    orx_sim_inode_unref(d->root);
    d->root = NULL;
    /* A crash that undid one move of directories and kept another can leave a ring of them that
     * nothing else refers to. */
    while (!orx_list_empty(&d->inodes)) {
        orx_sim_inode *n = ORX_LIST_ITEM(d->inodes.next, orx_sim_inode, link);
        orx_sim_inode_ref(n);
        orx_sim_inode_clear(n);
        orx_sim_inode_unref(n);
    }
    orx_sim_content_free_spare(d);
    orx_sim_near_free(d);
}

void orx_sim_disk_crash(orx_sim_disk *d, orx_sim_rng *r) {
    orx_sim_names_crash(d, r);
    while (!orx_list_empty(&d->dirty))
        orx_sim_content_crash(ORX_LIST_ITEM(d->dirty.next, orx_sim_inode, dirty_link), r);
}

void orx_sim_disk_settle(orx_sim_disk *d) {
    orx_sim_names_sync_all(d);
    while (!orx_list_empty(&d->dirty))
        orx_sim_content_sync(ORX_LIST_ITEM(d->dirty.next, orx_sim_inode, dirty_link));
}

bool orx_sim_disk_read_only(const orx_sim_inode *n) {
    for (; n && n->disk->marks; n = n->parent)
        if (n->read_only)
            return true;
    return false;
}

bool orx_sim_disk_network(const orx_sim_inode *n) {
    for (; n && n->disk->marks; n = n->parent)
        if (n->network)
            return true;
    return false;
}
