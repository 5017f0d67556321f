/* orxaq doctor: what this machine, its programs and keys can do. */
#include "cli/doctor.h"

#include <stdarg.h>

void orx_doctor_add(orx_doctor *d, orx_health health, const char *what, const char *advice,
                    const char *fmt, ...) {
    orx_arena *a = &d->c->arena;
    ORX_CLEANUP(orx_str_free) orx_str found = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&found, fmt, ap);
    va_end(ap);
    orx_finding *f = ORX_ARENA_NEW(a, orx_finding);
    *f = (orx_finding){.health = health,
                       .what = orx_arena_strdup(a, what),
                       .found = orx_arena_strdup(a, orx_str_cstr(&found)),
                       .advice = orx_arena_strdup(a, advice)};
    if (d->last)
        d->last->next = f;
    else
        d->first = f;
    d->last = f;
    d->warnings += health == ORX_HEALTH_WARN;
    d->failures += health == ORX_HEALTH_FAIL;
}

static const char *const words[] = {"ok", "warn", "fail"};

static void print_json(const orx_doctor *d) {
    orx_arena *a = &d->c->arena;
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (const orx_finding *f = d->first; f; f = f->next) {
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, n, "health", words[f->health]);
        orx_node_set_str(a, n, "what", f->what);
        orx_node_set_str(a, n, "found", f->found);
        orx_node_set_str(a, n, "advice", f->advice);
        orx_node_push(list, n);
    }
    orx_node *root = orx_node_new(a, ORX_OBJECT);
    orx_node_set_bool(a, root, "ok", d->failures == 0);
    orx_node_set_int(a, root, "warnings", d->warnings);
    orx_node_set_int(a, root, "failures", d->failures);
    orx_node_set(a, root, "findings", list);
    orx_cli_json(d->c, root);
}

static void print_text(const orx_doctor *d) {
    static const char *const colors[] = {"32", "33", "31"};
    for (const orx_finding *f = d->first; f; f = f->next) {
        orx_cli_printf("%s  %s: %s\n",
                       orx_cli_paint(d->c, colors[f->health],
                                     orx_arena_printf(&d->c->arena, "%-4s", words[f->health])),
                       f->what, f->found);
        if (*f->advice)
            orx_cli_printf("      -> %s\n", f->advice);
    }
    if (d->failures)
        orx_cli_printf("\n%d problem%s: what is configured cannot all work\n", d->failures,
                       d->failures == 1 ? "" : "s");
}

/* What is wrong with the configuration; false when there is none to go on with. */
static bool examine_config(orx_doctor *d) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_err err = ORX_ERR_INIT;
    int rc = orx_cli_config_into(d->c, &diags, &err);
    for (const orx_diag *i = diags.first; i; i = i->next)
        orx_doctor_add(d, i->severity == ORX_DIAG_ERROR ? ORX_HEALTH_FAIL : ORX_HEALTH_WARN,
                       "configuration", "", "%s: %s", i->where, i->text);
    if (rc < 0 && !diags.errors)
        orx_doctor_add(d, ORX_HEALTH_FAIL, "configuration", "", "%s", err.msg);
    else if (rc == 0)
        orx_doctor_add(d, ORX_HEALTH_OK, "configuration", "", "%s",
                       d->c->cfg->config_file ? d->c->cfg->config_file
                                              : "no orxaq.yaml: the defaults hold");
    return rc == 0;
}

int orx_cmd_doctor(orx_cli *c, orx_err *err ORX_UNUSED) {
    orx_doctor d = {.c = c};
    if (examine_config(&d)) {
        orx_doctor_machine(&d);
        orx_doctor_root(&d);
        orx_doctor_providers(&d);
    }
    if (c->json)
        print_json(&d);
    else
        print_text(&d);
    return d.failures ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}
