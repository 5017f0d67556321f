/* Two passes over all files. The first finds what cannot be read; nothing has been told then. The
 * second tells the lines as parts of the group they belong to, which the host adds up.
 *
 * A group (day, service, SKU, project, type) of which a line cannot be read is left out whole: the
 * part that was read would take the place of what is in the books. A line of which not even the
 * group can be read may belong to any, so then nothing is told.
 *
 * Rows of an export have no name of their own. A row that stands in two files is one row, as often
 * as the file has it that has it most; so a file that is given twice, or a newer and longer export
 * beside the older one, changes nothing.
 *
 * A fetch that goes on reads all again and tells what is behind the line of its checkpoint. The
 * host sees to it that the files are the same. */
#include "gemini.h"

#include <stdio.h>

#include "costs.h"
#include "export.h"
#include "table.h"

#define PAGE_LINES 5000

typedef struct reading {
    costs_job *job;
    int tell;        /* the second pass */
    uint32_t file;   /* index */
    int unreadable;  /* a line of which the group is not known */
    int stop;        /* the job is at its end */
    uint64_t lines;  /* until now, in this pass */
    uint64_t done;   /* as of the checkpoint */
    uint64_t page;   /* lines told since the last page */
    uint64_t others; /* lines of services that are not wanted */
    uint64_t wanted;
    table bad;  /* groups that are left out */
    table rows; /* of several files */
} reading;

static const orxaq_cost_file *file_of(const reading *r) {
    return ORXAQ_AT(orxaq_cost_file, r->job->args->files, r->file);
}

static void refuse(reading *r, const char *problem) {
    char text[300];
    orxaq_view name = file_of(r)->name;
    if (name.len > 80)
        name = orxaq_view_of(name.data + name.len - 80, 80);
    (void)snprintf(text, sizeof text, "%.*s: %s", (int)name.len, name.data, problem);
    if (!r->done)
        costs_reject(r->job, text);
}

static int is_wanted(reading *r, orxaq_view service) {
    const orxaq_json_service *json = r->job->c->json;
    const orxaq_value *v = json->first(json->get(r->job->c->settings, "services"));
    int any = v == NULL;
    for (; v && !any; v = json->next(v)) {
        orxaq_view name = json->text(v, orxaq_str(""));
        any = name.len == service.len && memcmp(name.data, service.data, (size_t)name.len) == 0;
    }
    return any;
}

/* ---- The first pass -------------------------------------------------------------------------- */

static void check(reading *r, const export_line *line) {
    if (line->has_group && !is_wanted(r, line->service)) {
        r->others++;
        return;
    }
    r->wanted++;
    if (!*line->problem)
        return;
    refuse(r, line->problem);
    if (line->has_group)
        (void)table_at(&r->bad, line->group);
    else
        r->unreadable = 1;
}

static void check_record(reading *r, const export_reader *e) {
    char text[160];
    r->unreadable = 1;
    (void)snprintf(text, sizeof text, "line %llu: %s", (unsigned long long)e->record_line,
                   e->problem ? e->problem : "unreadable");
    refuse(r, text);
}

/* ---- The second pass ------------------------------------------------------------------------- */

/* Whether another file told this one already. */
static int is_repeated(reading *r, const export_line *line) {
    if (r->job->args->file_count < 2)
        return 0;
    table_entry *e = table_at(&r->rows, line->digest);
    if (!e)
        return 0;
    if (e->file != r->file + 1) {
        e->file = r->file + 1;
        e->here = 0;
    }
    if (++e->here <= e->told)
        return 1;
    e->told++;
    return 0;
}

static void begin_row(costs_job *job, const export_line *line) {
    costs_row(job, "export", line->day_ns, line->day_ns + COSTS_DAY_NS);
    job->row.flags = ORXAQ_COST_PART;
    if (line->service.len)
        costs_dim_text(job, "service", line->service);
    if (line->sku.len || line->sku_text.len)
        costs_dim_text(job, "item", line->sku.len ? line->sku : line->sku_text);
    if (line->project.len)
        costs_dim_text(job, "project", line->project);
    if (line->type.len)
        costs_dim_text(job, "type", line->type);
}

static void tell(reading *r, const export_line *line) {
    char model[EXPORT_MODEL_MAX];
    costs_job *job = r->job;
    export_model(line->sku_text, model);
    for (uint32_t i = 0; i <= line->credit_count; i++) {
        begin_row(job, line);
        job->row.model = orxaq_str(model);
        job->row.amount = i ? line->credits[i - 1] : line->cost;
        if (!i)
            export_use(line, &job->row);
        costs_tell(job);
    }
}

static void end_page(reading *r) {
    costs_clear(&r->job->token);
    costs_add_int(&r->job->token, (int64_t)r->lines);
    r->page = 0;
    r->stop = !costs_page(r->job, 1);
}

static void take(reading *r, const export_line *line) {
    const int64_t items = r->job->args->page_items;
    if (*line->problem || !is_wanted(r, line->service) || table_has(&r->bad, line->group) ||
        is_repeated(r, line) || r->lines <= r->done)
        return;
    tell(r, line);
    if (++r->page >= (items > 0 ? (uint64_t)items : PAGE_LINES))
        end_page(r);
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* A CSV file without these columns is another file. */
static int has_columns(reading *r, const export_reader *e) {
    static const char *const names[] = {"usage_start_time", "cost", "currency"};
    char text[120];
    for (size_t i = 0; i < sizeof names / sizeof *names && !e->json; i++)
        if (!export_get(e, names[i], NULL)) {
            (void)snprintf(text, sizeof text, "line 1: there is no column %s", names[i]);
            refuse(r, text);
            r->unreadable = 1;
            return 0;
        }
    return 1;
}

static void read_records(reading *r, export_reader *e) {
    export_line line = {0};
    int rc = 0;
    for (int first = 1; !r->stop && (rc = export_next(e)) != 0; first = 0) {
        r->lines++;
        if (rc < 0) {
            check_record(r, e);
            continue;
        }
        if (first && !r->tell && !has_columns(r, e))
            return;
        export_line_of(e, &line);
        if (r->tell)
            take(r, &line);
        else
            check(r, &line);
    }
}

static void pass(reading *r) {
    r->lines = 0;
    for (r->file = 0; r->file < r->job->args->file_count && !r->stop; r->file++) {
        export_reader e = {0};
        if (export_open(&e, file_of(r)->bytes) < 0) {
            r->bad.failed = 1;
            return;
        }
        read_records(r, &e);
        export_close(&e);
    }
}

/* Names that match nothing would make a bill of nothing. */
static void check_services(reading *r) {
    if (r->others && !r->wanted && !r->done)
        costs_reject(r->job, "no line is of the services in the setting services");
}

static void finish(reading *r) {
    if (r->bad.failed || r->rows.failed)
        costs_finish(r->job, ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, "memory ran out");
    else if (costs_page(r->job, 0))
        costs_finish(r->job, ORXAQ_KIND_OK, ORXAQ_RETRY_BY_KIND, "");
}

static uint64_t number_of(orxaq_view text) {
    uint64_t n = 0;
    for (uint64_t i = 0; i < text.len && i < 18 && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        n = n * 10 + (uint64_t)(text.data[i] - '0');
    return n;
}

void gemini_begin(costs_job *job) {
    reading r = {.job = job};
    costs_resume(job);
    r.done = number_of(costs_view(&job->token));
    pass(&r);
    check_services(&r);
    r.tell = 1;
    if (!r.unreadable && !r.bad.failed)
        pass(&r);
    if (!r.stop)
        finish(&r);
    table_free(&r.bad);
    table_free(&r.rows);
}
