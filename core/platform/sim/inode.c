#include "platform/sim/disk.h"

#include <stdlib.h>

orx_sim_inode *orx_sim_inode_new(orx_sim_disk *d, orx_file_kind kind, uint32_t mode) {
    orx_sim_inode *n = orx_xcalloc(1, sizeof *n);
    n->disk = d;
    n->ino = ++d->last_ino;
    n->kind = kind;
    n->mode = mode & 07777;
    n->refs = 1;
    orx_list_init(&n->ops);
    orx_list_init(&n->waiters);
    orx_list_append(&d->inodes, &n->link);
    return n;
}

void orx_sim_inode_ref(orx_sim_inode *n) {
    n->refs++;
}

void orx_sim_inode_clear(orx_sim_inode *n) {
    size_t i = 0;
    if (n->kind != ORX_FILE_REGULAR)
        n->disk->shape++;
    const orx_map_entry *e;
    while ((e = orx_map_next(&n->names, &i))) {
        orx_sim_inode *child = e->value;
        if (child->parent == n)
            child->parent = NULL;
        orx_sim_inode_unref(child);
    }
    orx_map_free(&n->names);
}

void orx_sim_inode_unref(orx_sim_inode *n) {
    if (!n || --n->refs)
        return;
    orx_sim_inode_clear(n);
    orx_sim_content_sync(n);
    n->disk->pages -= n->bytes.pages;
    orx_sim_bytes_free(&n->bytes);
    orx_vec_free(&n->changes);
    orx_vec_free(&n->ranges);
    for (size_t i = 0; i < n->shm.len; i++)
        free(n->shm.items[i]);
    orx_vec_free(&n->shm);
    orx_list_remove(&n->link);
    if (n->read_only || n->network)
        n->disk->marks--;
    free(n->target);
    free(n);
}
