/* apply_patch: all files of a diff or none. Everything is worked out first, then written. */
#include "tools.h"

#include "base/vec.h"

#include <stdlib.h>

enum { FILES_MAX = 200 };

/* What becomes of one file. */
typedef struct result {
    tools_path path;
    orx_str text;
    bool gone;
    size_t hunks;
} result;

typedef ORX_VEC(result) results;

static result *find(results *all, const tools_path *path) {
    for (size_t i = 0; i < all->len; i++)
        if (strcmp(all->items[i].path.text, path->text) == 0)
            return &all->items[i];
    return NULL;
}

/* The text a change begins with: that of an earlier part of the same diff, or the file's. */
static bool load(const tools *t, const result *before, const tools_change *c,
                 const tools_path *path, orx_str *old, orx_str *out) {
    if (before && !before->gone) {
        orx_str_addv(old, orx_str_view(&before->text));
        return c->from.p || tools_fail(out, "%s: made twice by this patch", path->text);
    }
    if (c->from.p)
        return tools_load(t->root, path->text, old, NULL, out);
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    ORX_CLEANUP(orx_str_free) orx_str there = {0};
    if (tools_load(t->root, path->text, &there, NULL, &why))
        return tools_fail(out, "%s: the patch makes it, but it exists; patch what is there",
                          path->text);
    return true;
}

static bool work_out(const tools *t, const tools_diff *d, const tools_change *c, results *all,
                     orx_str *out) {
    tools_path path;
    ORX_CLEANUP(orx_str_free) orx_str old = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    if (c->from.p && c->to.p && !orx_view_eq(c->from, c->to))
        return tools_fail(out, "the patch renames %.*s to %.*s; use a command such as git mv",
                          ORX_VIEW_ARG(c->from), ORX_VIEW_ARG(c->to));
    if (!tools_path_of(t, c->to.p ? c->to : c->from, &path, out))
        return false;
    result *r = find(all, &path);
    if (!load(t, r, c, &path, &old, out))
        return false;
    if (!tools_is_text(orx_str_view(&old)))
        return tools_fail(out, "%s: a binary file is not patched", path.text);
    if (!tools_diff_apply(d, c, orx_str_view(&old), &text, &why))
        return tools_fail(out, "%s: %s", path.text, orx_str_cstr(&why));
    if (!c->to.p && text.len)
        return tools_fail(out, "%s: the patch removes it, but not all of its lines", path.text);
    if (!r) {
        const result fresh = {.path = path};
        orx_vec_push(all, fresh);
        r = &all->items[all->len - 1];
    }
    orx_str_free(&r->text);
    r->text = text;
    text = (orx_str){0};
    r->gone = !c->to.p;
    r->hunks += c->count;
    return true;
}

static bool carry_out(const tools *t, const results *all, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    orx_str_clear(out);
    for (size_t i = 0; i < all->len; i++) {
        const result *r = &all->items[i];
        bool good = r->gone ? tools_remove(t, &r->path, &why)
                            : tools_save(t, &r->path, orx_str_view(&r->text), 0, &why);
        if (!good)
            return tools_fail(out, "%s (%zu of %zu files were patched before it)",
                              orx_str_cstr(&why), i, all->len);
        if (r->gone)
            orx_str_addf(out, "%s: removed\n", r->path.text);
        else
            orx_str_addf(out, "%s: %zu hunk%s applied\n", r->path.text, r->hunks,
                         r->hunks == 1 ? "" : "s");
    }
    return true;
}

bool tools_patch(tools *t, const tools_request *r, orx_str *out) {
    tools_diff d;
    results all = {0};
    if (!tools_diff_parse(tools_field(r, 0), &d, out))
        return false;
    bool good = d.change_count <= FILES_MAX ||
                tools_fail(out, "the patch changes more than %d files", FILES_MAX);
    for (size_t i = 0; good && i < d.change_count; i++)
        good = work_out(t, &d, &d.changes[i], &all, out);
    good = good && carry_out(t, &all, out);
    for (size_t i = 0; i < all.len; i++)
        orx_str_free(&all.items[i].text);
    orx_vec_free(&all);
    tools_diff_free(&d);
    return good;
}
