#include "config/diag.h"

#include "base/str.h"

static orx_diag *entry_new(orx_diags *d, orx_severity severity, const char *where) {
    orx_diag *e = ORX_ARENA_NEW(&d->arena, orx_diag);
    e->severity = severity;
    e->where = orx_arena_strdup(&d->arena, where ? where : "");
    if (d->last)
        d->last->next = e;
    else
        d->first = e;
    d->last = e;
    return e;
}

/* Room for one more entry? Errors displace nothing, but the first error must be among the entries
 * for orx_diags_result, so warnings alone leave the last place free. */
static bool has_room(const orx_diags *d, orx_severity severity) {
    int total = d->warnings + d->errors;
    if (severity == ORX_DIAG_ERROR && d->errors == 0)
        return true;
    return total < ORX_DIAG_MAX - (d->errors == 0);
}

void orx_diag_add(orx_diags *d, orx_severity severity, const char *where, const char *fmt, ...) {
    if (!d)
        return;
    if (has_room(d, severity)) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        va_list ap;
        va_start(ap, fmt);
        orx_str_vaddf(&text, fmt, ap);
        va_end(ap);
        entry_new(d, severity, where)->text = orx_arena_dup(&d->arena, orx_str_view(&text));
    }
    if (severity == ORX_DIAG_ERROR)
        d->errors++;
    else
        d->warnings++;
}

void orx_diags_free(orx_diags *d) {
    if (!d)
        return;
    orx_arena_free(&d->arena);
    *d = (orx_diags){0};
}

int orx_diags_result(const orx_diags *d, orx_err *err) {
    if (!d->errors)
        return 0;
    const orx_diag *e = d->first;
    while (e->severity != ORX_DIAG_ERROR)
        e = e->next;
    const char *sep = *e->where ? ": " : "";
    if (d->errors == 1)
        return orx_err_set(err, ORX_E_INVALID, "%s%s%s", e->where, sep, e->text);
    return orx_err_set(err, ORX_E_INVALID, "%s%s%s (and %d more)", e->where, sep, e->text,
                       d->errors - 1);
}
