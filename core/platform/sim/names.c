/* Changes of names, with the journal that leads back to what is durable.
 *
 * One operation changes one or two entries, each from an inode (or none) to another (or none), in
 * one or two directories. It is in the disk's list, and once in the list of each directory. Both
 * lists are in order of time, so the first of a directory's list is always the oldest. */
#include "platform/sim/disk.h"

#include <errno.h>
#include <stdlib.h>

#define OPS_MAX ((size_t)1 << 16)

typedef struct entry_change {
    orx_sim_inode *dir;
    char *name;
    orx_sim_inode *before; /* NULL = there was none */
    orx_sim_inode *after;
} entry_change;

typedef struct name_op name_op;

typedef struct dir_link {
    orx_list link; /* in dir->ops */
    name_op *op;
} dir_link;

struct name_op {
    orx_list link; /* in disk->name_ops */
    uint64_t seq;
    int count;
    entry_change changes[2];
    dir_link dirs[2]; /* the second only when it is another directory */
};

/* ---- Entries ------------------------------------------------------------------------------ */

static void detach(orx_sim_inode *n, const orx_sim_inode *dir) {
    if (n && n->parent == dir)
        n->parent = NULL;
    orx_sim_inode_unref(n);
}

static void attach(orx_sim_inode *n, orx_sim_inode *dir) {
    orx_sim_inode_ref(n);
    if (n->kind == ORX_FILE_DIRECTORY)
        n->parent = dir;
}

/* Makes dir's entry `name` be n (NULL = nothing). The old one is detached before the new one is
 * attached, and callers that move a directory remove it first: its parent is the last attached. */
static void set_entry(orx_sim_inode *dir, const char *name, orx_sim_inode *n) {
    orx_view key = orx_view_of(name);
    if (n)
        orx_sim_inode_ref(n);
    orx_sim_inode *old = n ? orx_map_put(&dir->names, key, n) : orx_map_remove(&dir->names, key);
    if ((old && old->kind != ORX_FILE_REGULAR) || (n && n->kind != ORX_FILE_REGULAR))
        dir->disk->shape++;
    detach(old, dir);
    if (n) {
        attach(n, dir);
        orx_sim_inode_unref(n);
    }
}

static void drop_op(orx_sim_disk *d, name_op *op) {
    d->name_op_count--;
    orx_list_remove(&op->link);
    for (int i = 0; i < 2; i++)
        orx_list_remove(&op->dirs[i].link);
    for (int i = 0; i < op->count; i++) {
        entry_change *c = &op->changes[i];
        orx_sim_inode_unref(c->before);
        orx_sim_inode_unref(c->after);
        orx_sim_inode_unref(c->dir);
        free(c->name);
    }
    free(op);
}

static name_op *first_op(const orx_list *ops) {
    return orx_list_empty(ops) ? NULL : ORX_LIST_ITEM(ops->next, dir_link, link)->op;
}

/* Adds a change to op and makes it. */
static void change_entry(name_op *op, orx_sim_inode *dir, const char *name, orx_sim_inode *after) {
    entry_change *c = &op->changes[op->count++];
    c->dir = dir;
    c->name = orx_xstrdup(name);
    c->before = orx_map_get(&dir->names, orx_view_of(name));
    c->after = after;
    orx_sim_inode_ref(dir);
    if (c->before)
        orx_sim_inode_ref(c->before);
    if (after)
        orx_sim_inode_ref(after);
    set_entry(dir, c->name, after);
}

static void finish_op(orx_sim_disk *d, name_op *op) {
    for (int i = 0; i < op->count; i++) {
        orx_sim_inode *dir = op->changes[i].dir;
        op->dirs[i].op = op;
        if (i == 0 || dir != op->changes[0].dir)
            orx_list_append(&dir->ops, &op->dirs[i].link);
    }
    op->seq = ++d->name_seq;
    orx_list_append(&d->name_ops, &op->link);
    if (++d->name_op_count > OPS_MAX)
        drop_op(d, ORX_LIST_ITEM(d->name_ops.next, name_op, link));
}

/* ---- The operations ----------------------------------------------------------------------- */

static int check_parent(const orx_sim_spot *at) {
    if (at->dir != at->dir->disk->root && !at->dir->parent)
        return ENOENT; /* a directory that was removed while somebody stood in it */
    return 0;
}

int orx_sim_names_link(const orx_sim_spot *at, orx_sim_inode *n) {
    if (at->node || !at->name[0])
        return EEXIST;
    int e = check_parent(at);
    if (e)
        return e;
    name_op *op = orx_xcalloc(1, sizeof *op);
    change_entry(op, at->dir, at->name, n);
    finish_op(at->dir->disk, op);
    return 0;
}

static void remove_entry(const orx_sim_spot *at) {
    name_op *op = orx_xcalloc(1, sizeof *op);
    change_entry(op, at->dir, at->name, NULL);
    finish_op(at->dir->disk, op);
}

int orx_sim_names_unlink(const orx_sim_spot *at) {
    if (!at->node)
        return ENOENT;
    if (at->node->kind == ORX_FILE_DIRECTORY)
        return EISDIR;
    remove_entry(at);
    return 0;
}

int orx_sim_names_rmdir(const orx_sim_spot *at) {
    if (!at->node)
        return ENOENT;
    if (at->node->kind != ORX_FILE_DIRECTORY)
        return ENOTDIR;
    if (!at->name[0])
        return EBUSY;
    if (at->node->names.count)
        return ENOTEMPTY;
    remove_entry(at);
    return 0;
}

static bool lies_in(const orx_sim_inode *dir, const orx_sim_inode *above) {
    while (dir != above && dir->parent)
        dir = dir->parent;
    return dir == above;
}

/* What rename(2) refuses. */
static int check_rename(const orx_sim_spot *from, const orx_sim_spot *to) {
    const orx_sim_inode *moved = from->node;
    const orx_sim_inode *target = to->node;
    if (!moved)
        return ENOENT;
    if (!from->name[0] || !to->name[0])
        return EBUSY;
    bool dir = moved->kind == ORX_FILE_DIRECTORY;
    if (dir && lies_in(to->dir, moved))
        return EINVAL;
    if (target && dir && target->kind != ORX_FILE_DIRECTORY)
        return ENOTDIR;
    if (target && !dir && target->kind == ORX_FILE_DIRECTORY)
        return EISDIR;
    if (target && dir && target->names.count)
        return ENOTEMPTY;
    return check_parent(to);
}

int orx_sim_names_rename(const orx_sim_spot *from, const orx_sim_spot *to) {
    if (from->node && from->node == to->node)
        return 0;
    int e = check_rename(from, to);
    if (e)
        return e;
    orx_sim_inode *moved = from->node;
    orx_sim_inode_ref(moved);
    name_op *op = orx_xcalloc(1, sizeof *op);
    change_entry(op, from->dir, from->name, NULL);
    change_entry(op, to->dir, to->name, moved);
    finish_op(to->dir->disk, op);
    orx_sim_inode_unref(moved);
    return 0;
}

/* ---- Durability --------------------------------------------------------------------------- */

/* Makes the changes in dir up to operation `last` durable. One between two directories takes what
 * came before it in the other one along, so that each directory keeps a prefix. */
static void sync_up_to(orx_sim_inode *dir, uint64_t last) {
    name_op *op;
    while ((op = first_op(&dir->ops)) && op->seq <= last) {
        uint64_t seq = op->seq;
        for (int i = 0; i < op->count; i++) {
            orx_sim_inode *other = op->changes[i].dir;
            if (other != dir)
                sync_up_to(other, seq - 1);
        }
        drop_op(dir->disk, op);
    }
}

void orx_sim_names_sync(orx_sim_inode *dir) {
    orx_sim_inode_ref(dir);
    sync_up_to(dir, UINT64_MAX);
    orx_sim_inode_unref(dir);
}

void orx_sim_names_sync_all(orx_sim_disk *d) {
    ORX_LIST_EACH(&d->name_ops, it) {
        name_op *op = ORX_LIST_ITEM(it, name_op, link);
        drop_op(d, op);
    }
}

/* ---- Power loss --------------------------------------------------------------------------- */

/* Draws, for every directory with unsynced changes, the last operation it keeps: nothing,
 * everything, the same moment for all, or each its own. Kept in the directory's `cut`. */
static void draw_cuts(orx_sim_disk *d, orx_sim_rng *r) {
    uint64_t kind = orx_sim_below(r, 4);
    uint64_t oldest = ORX_LIST_ITEM(d->name_ops.next, name_op, link)->seq;
    uint64_t span = d->name_seq - oldest + 2;
    uint64_t same = oldest - 1 + orx_sim_below(r, span);
    ORX_LIST_EACH(&d->name_ops, it) {
        const name_op *op = ORX_LIST_ITEM(it, name_op, link);
        for (int i = 0; i < op->count; i++) {
            orx_sim_inode *dir = op->changes[i].dir;
            if (first_op(&dir->ops) != op)
                continue;
            uint64_t own = oldest - 1 + orx_sim_below(r, span);
            dir->cut = kind == 0 ? 0 : kind == 1 ? UINT64_MAX : kind == 2 ? same : own;
        }
    }
}

static bool is_kept(const name_op *op) {
    for (int i = 0; i < op->count; i++)
        if (op->seq > op->changes[i].dir->cut)
            return false;
    return true;
}

/* An operation in two directories that one of them loses is lost in the other too, with all that
 * came after it there; which may hit further ones. */
static void even_out(orx_sim_disk *d) {
    bool again = true;
    while (again) {
        again = false;
        ORX_LIST_EACH(&d->name_ops, it) {
            const name_op *op = ORX_LIST_ITEM(it, name_op, link);
            bool kept = is_kept(op);
            for (int i = 0; i < op->count && !kept; i++) {
                orx_sim_inode *dir = op->changes[i].dir;
                if (dir->cut >= op->seq) {
                    dir->cut = op->seq - 1;
                    again = true;
                }
            }
        }
    }
}

static void undo(const name_op *op) {
    for (int i = op->count; i-- > 0;) {
        const entry_change *c = &op->changes[i];
        set_entry(c->dir, c->name, c->before);
    }
}

void orx_sim_names_crash(orx_sim_disk *d, orx_sim_rng *r) {
    if (orx_list_empty(&d->name_ops))
        return;
    draw_cuts(d, r);
    even_out(d);
    for (orx_list *it = d->name_ops.prev; it != &d->name_ops; it = it->prev) {
        const name_op *op = ORX_LIST_ITEM(it, name_op, link);
        if (!is_kept(op))
            undo(op);
    }
    orx_sim_names_sync_all(d);
}
