/* orxaq costs: what calls cost, from the sums of the ledger. */
#include "cli/cli.h"
#include "cli/costs_chart.h"

#include "base/units.h"
#include "base/vec.h"
#include "data/json.h"
#include "money/window.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY_NS   (24 * (3600 * ORX_SEC))
#define DAYS_MAX 3700

typedef enum cost_form { FORM_TABLE, FORM_JSON, FORM_CSV, FORM_FOCUS, FORM_SVG } cost_form;

/* What is asked. */
typedef struct query {
    orx_window window;
    const orx_zone *zone;
    const char *zone_name;
    const char *by; /* NULL = no groups */
    bool windows;   /* the usual four */
    cost_form form;
} query;

typedef ORX_VEC(orx_spend_sum) sums;

/* ---- What is asked --------------------------------------------------------------------------- */

static int choose(const char *text, const char *const *words, const char *option, int *ret,
                  orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str known = {0};
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret = i;
            return 0;
        }
        orx_str_addf(&known, "%s%s", i ? ", " : "", words[i]);
    }
    return orx_err_set(err, ORX_E_USAGE, "--%s takes %s, not \"%s\"", option, known.buf, text);
}

static int take_time(orx_cli *c, const char *option, const query *q, int64_t *ret, orx_err *err) {
    const char *text = orx_cli_option(c, option);
    if (!text || orx_window_time(orx_view_of(text), q->zone, ret))
        return 0;
    return orx_err_set(err, ORX_E_USAGE,
                       "--%s takes a day like 2026-01-31 or a time like 2026-01-31T12:00, not "
                       "\"%s\"",
                       option, text);
}

static int take_window(orx_cli *c, query *q, orx_err *err) {
    int64_t now = orx_wall_ns(c->p);
    const char *name = orx_cli_option(c, "window");
    bool range = orx_cli_option(c, "from") || orx_cli_option(c, "to");
    if (name && range)
        return orx_err_set(err, ORX_E_USAGE, "--window and --from/--to cannot both be given");
    q->windows = !name && !range && !q->by && q->form != FORM_FOCUS && q->form != FORM_SVG;
    if (!name && !range && q->form == FORM_SVG)
        name = "today";
    if (!orx_window_named(orx_view_of(name    ? name
                                      : range ? "all"
                                              : "30d"),
                          now, q->zone, &q->window))
        return orx_err_set(err, ORX_E_USAGE,
                           "--window takes today, yesterday, all or a length like 1h, 7d or 30d, "
                           "not \"%s\"",
                           name);
    int rc = take_time(c, "from", q, &q->window.from_ns, err);
    if (rc == 0)
        rc = take_time(c, "to", q, &q->window.to_ns, err);
    if (rc == 0 && q->window.from_ns >= q->window.to_ns)
        return orx_err_set(err, ORX_E_USAGE, "--from must be before --to");
    return rc;
}

static int take_query(orx_cli *c, query *q, orx_err *err) {
    static const char *const forms[] = {"table", "json", "csv", "focus", "svg", NULL};
    static const char *const groups[] = {"provider", "model", "lane", "task", "day", NULL};
    const char *form = orx_cli_option(c, "format");
    int which = c->json ? FORM_JSON : FORM_TABLE;
    q->by = orx_cli_option(c, "by");
    q->zone = c->cfg->money.zone;
    q->zone_name = c->cfg->money.timezone;
    int rc = form ? choose(form, forms, "format", &which, err) : 0;
    q->form = (cost_form)which;
    if (rc == 0 && q->by)
        rc = choose(q->by, groups, "by", &which, err);
    return rc < 0 ? rc : take_window(c, q, err);
}

/* ---- Adding up ------------------------------------------------------------------------------- */

static int add_span(orx_cli *c, const orx_window *w, orx_spend_by by, const char *key, sums *out,
                    orx_err *err) {
    orx_spend_sum *rows = NULL;
    int n = orx_books_sum(c->store, w->from_ns, w->to_ns, by, &c->arena, &rows, err);
    for (int i = 0; i < n; i++) {
        if (key)
            rows[i].key = key;
        orx_vec_push(out, rows[i]);
    }
    if (n == 0 && key) {
        const orx_spend_sum none = {.key = key};
        orx_vec_push(out, none);
    }
    return n < 0 ? n : 0;
}

/* A moment as clocks of the zone show it. */
static void local_text(const orx_zone *zone, int64_t ns, char text[ORX_ISO_MAX]) {
    orx_iso_time(ns + orx_zone_offset(zone, ns), text);
}

static const char *day_text(orx_cli *c, int64_t begin, const orx_zone *zone) {
    char text[ORX_ISO_MAX];
    local_text(zone, begin, text);
    return orx_arena_printf(&c->arena, "%.10s", text);
}

/* Days without calls at both ends are left out. */
static int by_days(orx_cli *c, const query *q, orx_spend_by by, sums *out, orx_err *err) {
    int64_t first = q->window.from_ns;
    int64_t begin = orx_day_begin(first, q->zone);
    int64_t end = 0;
    int rc = 0;
    if ((q->window.to_ns - begin) / DAY_NS > DAYS_MAX)
        begin = orx_day_away(q->window.to_ns, -DAYS_MAX, q->zone);
    for (; rc == 0 && begin < q->window.to_ns; begin = end) {
        end = orx_day_away(begin, 1, q->zone);
        orx_window w = {begin > first ? begin : first,
                        end < q->window.to_ns ? end : q->window.to_ns};
        size_t before = out->len;
        rc = add_span(c, &w, by, NULL, out, err);
        const char *day = day_text(c, begin, q->zone);
        for (size_t i = before; i < out->len; i++)
            out->items[i].key = by == ORX_SPEND_ALL ? day
                                                    : orx_arena_printf(&c->arena, "%s\x1f%s", day,
                                                                       out->items[i].key);
    }
    return rc;
}

static int usual_windows(orx_cli *c, const query *q, sums *out, orx_err *err) {
    static const char *const names[] = {"1h", "today", "7d", "30d"};
    int64_t now = orx_wall_ns(c->p);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(names); i++) {
        orx_window w;
        if (orx_window_named(orx_view_of(names[i]), now, q->zone, &w))
            rc = add_span(c, &w, ORX_SPEND_ALL, names[i], out, err);
    }
    return rc;
}

static int collect(orx_cli *c, const query *q, sums *out, orx_err *err) {
    static const struct {
        const char *word;
        orx_spend_by by;
    } groups[] = {{"provider", ORX_SPEND_PROVIDER},
                  {"model", ORX_SPEND_MODEL},
                  {"lane", ORX_SPEND_LANE},
                  {"task", ORX_SPEND_TASK}};
    if (q->form == FORM_FOCUS)
        return by_days(c, q, ORX_SPEND_EACH, out, err);
    if (q->windows)
        return usual_windows(c, q, out, err);
    if (!q->by)
        return add_span(c, &q->window, ORX_SPEND_ALL, "all", out, err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(groups); i++)
        if (strcmp(groups[i].word, q->by) == 0)
            return add_span(c, &q->window, groups[i].by, NULL, out, err);
    return by_days(c, q, ORX_SPEND_ALL, out, err);
}

static orx_spend_sum total_of(const sums *rows) {
    orx_spend_sum t = {.key = "total"};
    for (size_t i = 0; i < rows->len; i++) {
        const orx_spend_sum *r = &rows->items[i];
        t.calls += r->calls;
        t.unknown += r->unknown;
        t.estimated += r->estimated;
        t.input += r->input;
        t.cache_read += r->cache_read;
        t.cache_write += r->cache_write;
        t.output += r->output;
        t.reasoning += r->reasoning;
        t.requests += r->requests;
        t.cost += r->cost;
    }
    return t;
}

/* ---- For people ------------------------------------------------------------------------------ */

static void add_row(orx_cli *c, orx_table *t, const orx_spend_sum *r, const char *color) {
    const char *cells[] = {
        *r->key ? r->key : "-",
        orx_cli_count(c, r->calls),
        orx_cli_count(c, r->input),
        orx_cli_count(c, r->cache_read + r->cache_write),
        orx_cli_count(c, r->output + r->reasoning),
        r->calls ? orx_cli_sum(c, r->cost, r->unknown) : "-",
        r->unknown ? orx_cli_count(c, r->unknown) : "-",
        r->estimated ? orx_cli_count(c, r->estimated) : "-",
    };
    orx_table_row(t, cells, color);
}

/* Days without calls are no rows and leave no gap. */
static void print_spark(const sums *rows) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    int64_t *values = orx_xcalloc(rows->len, sizeof *values);
    for (size_t i = 0; i < rows->len; i++)
        values[i] = rows->items[i].cost;
    orx_chart_spark(values, rows->len, &line);
    free(values);
    orx_cli_printf("%s\n", orx_str_cstr(&line));
}

static void print_table(orx_cli *c, const query *q, const sums *rows) {
    const char *titles[] = {"WINDOW", "CALLS",    "INPUT",     "CACHED", "OUTPUT",
                            "USD",    "UNPRICED", "ESTIMATED", NULL};
    char from[ORX_ISO_MAX];
    char to[ORX_ISO_MAX];
    if (q->by)
        titles[0] = q->by;
    orx_table *t = orx_table_new(c, titles);
    for (size_t i = 0; i < rows->len; i++)
        add_row(c, t, &rows->items[i], NULL);
    if (q->by && rows->len > 1) {
        orx_spend_sum total = total_of(rows);
        add_row(c, t, &total, "1");
    }
    orx_table_print(t);
    local_text(q->zone, q->window.from_ns, from);
    local_text(q->zone, q->window.to_ns, to);
    if (q->by && strcmp(q->by, "day") == 0 && rows->len > 1)
        print_spark(rows);
    if (q->windows)
        orx_cli_printf("today began at midnight %s\n", q->zone_name);
    else
        orx_cli_printf("%.19s to %.19s %s\n", from, to, q->zone_name);
}

/* ---- For programs ---------------------------------------------------------------------------- */

typedef struct column {
    const char *name;
    size_t offset;
} column;

static const column columns[] = {
    {"calls", offsetof(orx_spend_sum, calls)},
    {"unpriced_calls", offsetof(orx_spend_sum, unknown)},
    {"estimated_calls", offsetof(orx_spend_sum, estimated)},
    {"requests", offsetof(orx_spend_sum, requests)},
    {"input_tokens", offsetof(orx_spend_sum, input)},
    {"cache_read_tokens", offsetof(orx_spend_sum, cache_read)},
    {"cache_write_tokens", offsetof(orx_spend_sum, cache_write)},
    {"output_tokens", offsetof(orx_spend_sum, output)},
    {"reasoning_tokens", offsetof(orx_spend_sum, reasoning)},
};

static int64_t value_of(const orx_spend_sum *r, const column *k) {
    return *(const int64_t *)(const void *)((const char *)r + k->offset);
}

/* Whether there is a number at all: nothing known about any call is none. */
static bool has_cost(const orx_spend_sum *r) {
    return r->cost || r->unknown < r->calls || !r->calls;
}

static orx_node *row_node(orx_arena *a, const orx_spend_sum *r) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "key", r->key);
    for (size_t i = 0; i < ORX_ARRAY_LEN(columns); i++)
        orx_node_set_int(a, n, columns[i].name, value_of(r, &columns[i]));
    bool known = has_cost(r);
    orx_node_set(a, n, "cost_nano_usd",
                 known ? orx_node_new_int(a, r->cost) : orx_node_new(a, ORX_NULL));
    orx_node_set(a, n, "cost_usd",
                 known ? orx_node_new_double(a, (double)r->cost / 1e9) : orx_node_new(a, ORX_NULL));
    return n;
}

static void print_json(orx_cli *c, const query *q, const sums *rows) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    char text[ORX_ISO_MAX];
    orx_spend_sum total = total_of(rows);
    for (size_t i = 0; i < rows->len; i++)
        orx_node_push(list, row_node(a, &rows->items[i]));
    orx_node_set_str(a, n, "currency", "USD");
    orx_node_set_str(a, n, "timezone", q->zone_name);
    orx_node_set_str(a, n, "by", q->by ? q->by : "window");
    if (!q->windows) {
        orx_iso_time(q->window.from_ns, text);
        orx_node_set_str(a, n, "from", text);
        orx_iso_time(q->window.to_ns, text);
        orx_node_set_str(a, n, "to", text);
        orx_node_set(a, n, "total", row_node(a, &total));
    }
    orx_node_set(a, n, "rows", list);
    orx_cli_json(c, n);
}

/* Quoted when it must be. A cell that a spreadsheet would take for a formula gets a quote mark. */
static void add_cell(orx_str *out, const char *text) {
    bool formula = *text && strchr("=+-@", *text);
    if (!strpbrk(text, ",\"\r\n") && !formula) {
        orx_str_adds(out, text);
        return;
    }
    orx_str_adds(out, formula ? "\"'" : "\"");
    for (; *text; text++) {
        if (*text == '"')
            orx_str_addc(out, '"');
        orx_str_addc(out, *text);
    }
    orx_str_addc(out, '"');
}

static void print_csv(const query *q, const sums *rows) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_str_adds(&out, q->by ? q->by : "window");
    for (size_t i = 0; i < ORX_ARRAY_LEN(columns); i++)
        orx_str_addf(&out, ",%s", columns[i].name);
    orx_str_adds(&out, ",cost_usd\n");
    for (size_t i = 0; i < rows->len; i++) {
        const orx_spend_sum *r = &rows->items[i];
        add_cell(&out, r->key);
        for (size_t k = 0; k < ORX_ARRAY_LEN(columns); k++)
            orx_str_addf(&out, ",%lld", (long long)value_of(r, &columns[k]));
        orx_str_addc(&out, ',');
        if (has_cost(r))
            orx_money_format(r->cost, &out);
        orx_str_addc(&out, '\n');
    }
    orx_cli_print(orx_str_view(&out));
}

/* ---- FOCUS ----------------------------------------------------------------------------------- */

static const char focus_head[] =
    "BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,"
    "ChargePeriodEnd,ChargeCategory,ChargeDescription,ChargeFrequency,BilledCost,EffectiveCost,"
    "ListCost,ContractedCost,ConsumedQuantity,ConsumedUnit,ProviderName,PublisherName,"
    "InvoiceIssuerName,ServiceCategory,ServiceName,SkuId,SubAccountId,x_Calls,x_UnpricedCalls,"
    "x_EstimatedCalls,x_InputTokens,x_CacheReadTokens,x_CacheWriteTokens,x_OutputTokens,"
    "x_ReasoningTokens\n";

/* "2026-01-01T00:00:00Z" of a day in the zone. */
static void add_moment(orx_str *out, int64_t ns) {
    char text[ORX_ISO_MAX];
    orx_iso_time(ns, text);
    orx_str_addf(out, "%.19sZ,", text);
}

static int64_t month_begin(const char *day, int months, const orx_zone *zone) {
    char text[ORX_ISO_MAX];
    int64_t ns = 0;
    int year = (day[0] - '0') * 1000 + (day[1] - '0') * 100 + (day[2] - '0') * 10 + day[3] - '0';
    int month = (day[5] - '0') * 10 + day[6] - '0' - 1 + months;
    (void)snprintf(text, sizeof text, "%04d-%02d-01", year + month / 12, month % 12 + 1);
    (void)orx_window_time(orx_view_of(text), zone, &ns);
    return ns;
}

static void add_cost(orx_str *out, const orx_spend_sum *r) {
    for (int i = 0; i < 4; i++) {
        if (has_cost(r))
            orx_money_format(r->cost, out);
        orx_str_addc(out, ',');
    }
}

/* The key is DAY, PROVIDER, MODEL and LANE. */
static void add_focus_row(orx_cli *c, const query *q, const orx_spend_sum *r, orx_str *out) {
    const char *part[4] = {"", "", "", ""};
    orx_view rest = orx_view_of(r->key);
    orx_view v;
    for (int i = 0; i < 4 && orx_view_split(&rest, '\x1f', &v); i++)
        part[i] = orx_arena_dup(&c->arena, v);
    int64_t day = 0;
    (void)orx_window_time(orx_view_of(part[0]), q->zone, &day);
    add_cell(out, part[1]);
    orx_str_adds(out, ",USD,");
    add_moment(out, month_begin(part[0], 0, q->zone));
    add_moment(out, month_begin(part[0], 1, q->zone));
    add_moment(out, day);
    add_moment(out, orx_day_away(day, 1, q->zone));
    orx_str_adds(out, "Usage,");
    add_cell(out, *part[2] ? part[2] : "model not stated");
    orx_str_adds(out, ",Usage-Based,");
    add_cost(out, r);
    int64_t tokens = r->input + r->cache_read + r->cache_write + r->output + r->reasoning;
    orx_str_addf(out, "%lld,Tokens,", (long long)tokens);
    for (int i = 0; i < 3; i++) {
        add_cell(out, part[1]);
        orx_str_addc(out, ',');
    }
    orx_str_adds(out, "AI and Machine Learning,");
    add_cell(out, part[1]);
    orx_str_addc(out, ',');
    add_cell(out, part[2]);
    orx_str_addc(out, ',');
    add_cell(out, part[3]);
    orx_str_addf(out, ",%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld\n", (long long)r->calls,
                 (long long)r->unknown, (long long)r->estimated, (long long)r->input,
                 (long long)r->cache_read, (long long)r->cache_write, (long long)r->output,
                 (long long)r->reasoning);
}

static void print_focus(orx_cli *c, const query *q, const sums *rows) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_str_adds(&out, focus_head);
    for (size_t i = 0; i < rows->len; i++)
        add_focus_row(c, q, &rows->items[i], &out);
    orx_cli_print(orx_str_view(&out));
}

/* ---- SVG ------------------------------------------------------------------------------------- */

#define HOUR_NS (3600 * ORX_SEC)

/* What a picture shows: today by hours against the cap of a day, a month by days against that of a
 * month, anything else by days without a cap. */
typedef struct picture {
    int64_t to_ns;
    int64_t cap;
    bool hours;
} picture;

static picture picture_of(orx_cli *c, const query *q, int64_t now) {
    int64_t day_end = orx_day_away(now, 1, q->zone);
    int64_t from = q->window.from_ns;
    int64_t month_end = orx_month_begin(from + 32 * DAY_NS, q->zone);
    if (from == orx_day_begin(now, q->zone) && q->window.to_ns <= day_end)
        return (picture){day_end, c->cfg->budget.daily, true};
    if (from == orx_month_begin(from, q->zone) && q->window.to_ns <= month_end)
        return (picture){month_end, c->cfg->budget.monthly, false};
    return (picture){q->window.to_ns, 0, false};
}

static int64_t part_end(const query *q, const picture *p, int64_t begin) {
    return p->hours ? begin + HOUR_NS : orx_day_away(begin, 1, q->zone);
}

/* Begins with the first day that there are rows of, so that "all" is no line of decades. */
static int64_t picture_begin(orx_cli *c, const query *q, orx_err *err) {
    orx_sql *sql;
    int64_t first = q->window.from_ns;
    if (orx_sql_get(c->store, "SELECT min(at) FROM spend WHERE at >= ?1", &sql, err) < 0)
        return first;
    orx_sql_int(sql, 1, first);
    if (orx_sql_step(sql, err) == 1 && !orx_sql_col_is_null(sql, 0) &&
        orx_sql_col_int(sql, 0) - first > DAYS_MAX * DAY_NS)
        first = orx_day_begin(orx_sql_col_int(sql, 0), q->zone);
    orx_sql_reset(sql);
    return first;
}

static int print_svg(orx_cli *c, const query *q, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    ORX_VEC(int64_t) spent = {0};
    int64_t now = orx_wall_ns(c->p);
    const picture p = picture_of(c, q, now);
    int64_t first = picture_begin(c, q, err);
    orx_chart chart = {.cap = p.cap};
    int rc = 0;
    for (int64_t begin = first; rc >= 0 && begin < p.to_ns; begin = part_end(q, &p, begin)) {
        orx_spend_sum *rows = NULL;
        chart.parts++;
        if (begin >= now || begin >= q->window.to_ns)
            continue;
        rc = orx_books_sum(c->store, begin, part_end(q, &p, begin), ORX_SPEND_ALL, &c->arena, &rows,
                           err);
        if (rc >= 0)
            orx_vec_push(&spent, rc > 0 ? rows[0].cost : 0);
    }
    chart.spent = spent.items;
    chart.count = spent.len;
    chart.from = day_text(c, first, q->zone);
    chart.to = day_text(c, p.to_ns, q->zone);
    if (rc >= 0) {
        orx_chart_svg(&chart, &out);
        orx_cli_print(orx_str_view(&out));
    }
    orx_vec_free(&spent);
    return rc < 0 ? rc : 0;
}

/* ---- All of it ------------------------------------------------------------------------------- */

static void print(orx_cli *c, const query *q, const sums *rows) {
    switch (q->form) {
    case FORM_JSON:
        print_json(c, q, rows);
        break;
    case FORM_CSV:
        print_csv(q, rows);
        break;
    case FORM_FOCUS:
        print_focus(c, q, rows);
        break;
    case FORM_SVG:
    case FORM_TABLE:
    default:
        print_table(c, q, rows);
    }
}

int orx_cmd_costs(orx_cli *c, orx_err *err) {
    query q = {0};
    sums rows = {0};
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = take_query(c, &q, err);
    if (rc == 0)
        rc = orx_cli_store(c, ORX_STORE_READ_ONLY, err);
    if (rc == 0 && q.form == FORM_SVG) {
        rc = print_svg(c, &q, err);
        return rc < 0 ? rc : ORX_EXIT_OK;
    }
    if (rc == 0)
        rc = collect(c, &q, &rows, err);
    if (rc == 0)
        print(c, &q, &rows);
    orx_vec_free(&rows);
    return rc < 0 ? rc : ORX_EXIT_OK;
}
