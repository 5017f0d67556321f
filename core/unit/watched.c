#include "unit/watched.h"

static orx_file_info look(orx_watched *w, int i) {
    orx_file_info info = {0};
    if (w->files[i])
        (void)orx_stat(w->p, w->files[i], &info, NULL);
    return info;
}

void orx_watched_begin(orx_watched *w) {
    for (int i = 0; i < ORX_WATCHED_FILES; i++)
        w->seen[i] = look(w, i);
}

bool orx_watched_changed(orx_watched *w) {
    for (int i = 0; i < ORX_WATCHED_FILES; i++) {
        orx_file_info now = look(w, i);
        if (now.inode != w->seen[i].inode || now.size != w->seen[i].size ||
            now.mtime_ns != w->seen[i].mtime_ns)
            return true;
    }
    return false;
}

bool orx_event_is_of_tasks(const orx_event_row *row) {
    return orx_view_starts(row->kind, "task.") || orx_view_starts(row->kind, "queue.");
}
