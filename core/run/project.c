#include "run/project.h"

#include "data/json.h"
#include "money/meter.h"
#include "platform/proc.h"
#include "run/runner.h"
#include "run/subject.h"
#include "run/text.h"

#define CONTENT_MAX      8000
#define ROUTER_ERROR_MAX 400 /* [K] */

/* ---- heartbeat.json -------------------------------------------------------------------------- */

int orx_project_heartbeat(orx_store *s, void *user, orx_str *out, orx_err *err ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_runner *r = user;
    char now[ORX_ISO_MAX];
    int64_t pid = 0;
    int64_t start = 0;
    orx_iso_time(orx_wall_ns(orx_store_platform(s)), now);
    if (r)
        orx_pid_self(orx_store_platform(s), &pid, &start);
    orx_node *n = orx_node_new(&arena, ORX_OBJECT);
    ORX_NODE_EACH(r ? r->beat : NULL, it)
    orx_node_set(&arena, n, it->key.p, orx_node_copy(&arena, it));
    orx_node_set_int(&arena, n, "cycle", r ? r->cycle : 0);
    orx_node_set_str(&arena, n, "message", r ? r->message : "");
    orx_node_set_str(&arena, n, "phase", r ? r->phase : "stopped");
    orx_node_set_int(&arena, n, "pid", pid);
    orx_node_set_str(&arena, n, "task_id", r ? r->task : "");
    orx_node_set_str(&arena, n, "timestamp", now);
    orx_json_write(out, n, ORX_JSON_PY_INDENT);
    orx_str_addc(out, '\n');
    return 0;
}

static bool event_is(const orx_event_row *e, const char *kind) {
    return orx_view_is(e->kind, kind);
}

/* ---- conversations.ndjson ---------------------------------------------------------------------
 */

static const char *settled_type(const orx_subject *u) {
    const char *reason = orx_subject_text(u, "reason");
    if (strcmp(orx_subject_text(u, "verdict"), "done") == 0)
        return "task_done";
    if (strcmp(orx_subject_text(u, "verdict"), "blocked") == 0)
        return "task_blocked";
    if (strcmp(reason, "partial") == 0)
        return "task_partial";
    return strncmp(reason, "validation", 10) == 0 ? "task_validation_failed"
                                                  : "task_retry_scheduled";
}

/* Rows about the queue and the repositories; the content is the event's own body. */
typedef struct system_row {
    const char *kind;
    const char *type;
    const char *meta; /* the key under which the body is repeated, or NULL */
} system_row;

static const system_row system_rows[] = {
    {"queue.ingested", "task_queue_ingest", "queue"},
    {"queue.recycled", "continuous_recycle", NULL},
    {"queue.deadlock-recovery", "deadlock_recovery", "recovery"},
    {"push.pushed", "auto_push", NULL},
    {"push.error", "auto_push_error", NULL},
    {"run.continued", "extra_high_continuation", NULL},
};

static const system_row *system_row_of(const orx_event_row *e) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(system_rows); i++)
        if (event_is(e, system_rows[i].kind))
            return &system_rows[i];
    return NULL;
}

static const char *system_type(const system_row *k, const orx_subject *u) {
    bool stalled = strcmp(orx_subject_text(u, "why"), "stalled") == 0;
    return stalled ? "continuous_stalled_recycle" : k->type;
}

/* What a push said, else the body as text. */
static const char *body_content(orx_subject *u) {
    const char *said = orx_subject_text(u, "text");
    if (*said || !u->body)
        return said;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_json_write(&text, u->body, ORX_JSON_PY_LINE);
    return orx_arena_dup(&u->arena, orx_str_view(&text));
}

/* [K] What a call's and a settlement's rows say beside their content. */
static orx_node *meta_of_work(const orx_event_row *e, orx_subject *u, const char *type) {
    orx_node *meta = orx_node_new(&u->arena, ORX_OBJECT);
    if (event_is(e, "call.begun") || event_is(e, "call.exited"))
        orx_node_set_str(&u->arena, meta, "agent", u->owner);
    if (strcmp(type, "agent_error") == 0)
        orx_node_set_int(&u->arena, meta, "returncode",
                         orx_node_int(orx_node_get(u->body, "exit_code"), 0));
    if (strcmp(type, "task_blocked") == 0)
        orx_node_set_str(&u->arena, meta, "status", "blocked");
    if (strcmp(type, "task_partial") == 0)
        orx_node_set(&u->arena, meta, "retry_delay_sec",
                     orx_node_new_double(
                         &u->arena, orx_node_num(orx_node_get(u->body, "delay_ms"), 0) / 1000));
    return meta->count ? meta : NULL;
}

/* Of "PROVIDER/MODEL"; "" for the program's own. */
static const char *model_in(const char *deployment) {
    const char *slash = strchr(deployment, '/');
    return slash ? slash + 1 : "";
}

/* Another model of the same provider stands in. */
static bool is_same_provider(const orx_subject *u) {
    const char *from = orx_subject_text(u, "from");
    const char *to = orx_subject_text(u, "to");
    size_t n = strcspn(from, "/");
    return *from && n == strcspn(to, "/") && memcmp(from, to, n) == 0;
}

/* [K] */
static void put_failover(orx_subject *u, orx_node *meta) {
    const char *from = orx_subject_text(u, "from");
    const char *to = orx_subject_text(u, "to");
    if (!is_same_provider(u)) {
        orx_node_set_str(&u->arena, meta, "from", from);
        orx_node_set_str(&u->arena, meta, "to", to);
        return;
    }
    orx_node_set_str(&u->arena, meta, "agent", u->owner);
    orx_node_set_str(&u->arena, meta, "failed_model", model_in(from));
    orx_node_set_str(&u->arena, meta, "next_model", model_in(to));
    orx_node_set_str(&u->arena, meta, "reason", orx_subject_text(u, "why"));
}

/* What a row of this event says beside its content, or NULL. */
static orx_node *meta_of(const orx_event_row *e, orx_subject *u, const char *type) {
    const system_row *k = system_row_of(e);
    orx_node *meta = orx_node_new(&u->arena, ORX_OBJECT);
    if (event_is(e, "attempt.intent")) {
        orx_node_set_int(&u->arena, meta, "priority", u->priority);
    } else if (event_is(e, "route.failover")) {
        put_failover(u, meta);
    } else if (k && k->meta && u->body) {
        orx_node_set(&u->arena, meta, k->meta, orx_node_copy(&u->arena, u->body));
    } else if (k && *orx_subject_text(u, "repo")) {
        orx_node_set_str(&u->arena, meta, "repo", orx_subject_text(u, "repo"));
    } else if (k && event_is(e, "run.continued")) {
        orx_node_set_str(&u->arena, meta, "reason", orx_subject_text(u, "reason"));
    } else {
        return meta_of_work(e, u, type);
    }
    return meta;
}

/* Event type and content of a row; NULL when the event is no part of a conversation. */
static const char *conversation_of(const orx_event_row *e, orx_subject *u,
                                   const char **ret_content) {
    const system_row *k = system_row_of(e);
    if (k) {
        *ret_content = body_content(u);
        u->owner = "system";
        return system_type(k, u);
    }
    if (event_is(e, "route.failover")) {
        *ret_content = orx_subject_text(u, "why");
        return is_same_provider(u) ? "agent_retry_fallback" : "agent_provider_fallback";
    }
    if (event_is(e, "attempt.intent")) {
        *ret_content = u->title;
        return "task_selected";
    }
    if (event_is(e, "call.begun")) {
        *ret_content = orx_subject_text(u, "prompt");
        return "prompt";
    }
    if (event_is(e, "call.exited")) {
        bool ok = strcmp(orx_subject_text(u, "kind"), "ok") == 0;
        *ret_content = orx_subject_text(u, ok ? "answer" : "message");
        return ok ? "agent_output" : "agent_error";
    }
    *ret_content = *orx_subject_text(u, "error") ? orx_subject_text(u, "error")
                                                 : orx_subject_text(u, "summary");
    return settled_type(u);
}

static bool in_conversation(const orx_event_row *e) {
    return event_is(e, "attempt.intent") || event_is(e, "call.begun") ||
           event_is(e, "call.exited") || event_is(e, "attempt.settled") ||
           event_is(e, "route.failover") || system_row_of(e);
}

static void put_row(const orx_event_row *e, orx_subject *u, const char *type, const char *content,
                    orx_node *meta, orx_str *out) {
    char now[ORX_ISO_MAX];
    orx_iso_time(e->wall_ns, now);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_text_tail(orx_view_of(content), CONTENT_MAX, &text);
    orx_node *row = orx_node_new(&u->arena, ORX_OBJECT);
    orx_node_set_str(&u->arena, row, "timestamp", now);
    orx_node_set_int(&u->arena, row, "cycle", e->attempt);
    orx_node_set_str(&u->arena, row, "task_id", u->task);
    orx_node_set_str(&u->arena, row, "task_title", u->title);
    orx_node_set_str(&u->arena, row, "owner", u->owner);
    orx_node_set_str(&u->arena, row, "event_type", type);
    orx_node_set_str(&u->arena, row, "content", orx_str_cstr(&text));
    if (meta)
        orx_node_set(&u->arena, row, "meta", meta);
    orx_subject_row(out, row);
}

/* [K] The row of the audit log stands in the conversation, too. */
static void put_privilege(const orx_event_row *e, orx_subject *u, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str content = {0};
    const orx_node *decision = orx_privilege_decision(u, e);
    orx_json_write(&content, decision, ORX_JSON_PY_LINE);
    orx_node *meta = orx_node_new(&u->arena, ORX_OBJECT);
    orx_node_set_str(&u->arena, meta, "agent", u->owner);
    orx_node_set_str(&u->arena, meta, "provider", orx_subject_text(u, "provider"));
    orx_node_set_str(&u->arena, meta, "mode", orx_node_str(orx_node_get(decision, "mode"), ""));
    put_row(e, u, "privilege_mode", orx_str_cstr(&content), meta, out);
}

/* [K] The decision that led to the first call; where nothing was decided, what is then said. */
static void put_routing(const orx_event_row *e, orx_subject *u, orx_str *out) {
    const orx_node *given = orx_node_get(u->body, "routing");
    if (!given)
        return;
    ORX_CLEANUP(orx_str_free) orx_str content = {0};
    const char *provider = orx_subject_text(u, "provider");
    const char *model = orx_subject_text(u, "model_asked");
    const orx_routellm_decision none = {.provider = provider,
                                        .requested = model,
                                        .selected = model,
                                        .fallback = model,
                                        .policy_fallback = "",
                                        .requested_allowed = *model != 0,
                                        .strategy = "static_fallback",
                                        .reason = "router_disabled",
                                        .error = "",
                                        .notice = "",
                                        .url = ""};
    orx_node *n = orx_routellm_decision_node(&none, &u->arena);
    ORX_NODE_EACH(given, it)
    orx_node_set(&u->arena, n, it->key.p, orx_node_copy(&u->arena, it));
    orx_json_write(&content, n, ORX_JSON_PY_LINE);
    orx_node *meta = orx_node_new(&u->arena, ORX_OBJECT);
    orx_node_set_str(&u->arena, meta, "agent", u->owner);
    orx_node_set_str(&u->arena, meta, "provider", provider);
    put_row(e, u, "routing_decision", orx_str_cstr(&content), meta, out);
}

/* [K] Whose commits a push took out. */
static void put_verified(orx_store *s, const orx_event_row *e, const orx_subject *push,
                         orx_str *out) {
    ORX_NODE_EACH(orx_node_get(push->body, "attempts"), it) {
        orx_event_row one = *e;
        orx_subject u;
        one.attempt = orx_node_int(it, 0);
        one.memo = NULL; /* which holds the push itself */
        orx_subject_of(s, &one, &u);
        if (*u.task)
            put_row(&one, &u, "task_push_verified", orx_subject_text(push, "text"), NULL, out);
        orx_subject_free(&u);
    }
}

int orx_project_conversation(orx_store *s, void *user ORX_UNUSED, const orx_event_row *e,
                             orx_str *out, orx_err *err ORX_UNUSED) {
    if (!in_conversation(e))
        return 0;
    orx_subject u;
    orx_subject_of(s, e, &u);
    const char *content = "";
    const char *type = conversation_of(e, &u, &content);
    put_row(e, &u, type, content, meta_of(e, &u, type), out);
    if (event_is(e, "call.begun")) {
        put_routing(e, &u, out);
        put_privilege(e, &u, out);
    }
    if (event_is(e, "push.pushed"))
        put_verified(s, e, &u, out);
    orx_subject_free(&u);
    return 0;
}

/* ---- response_metrics.ndjson -------------------------------------------------------------------
 */

/* Of the last call, and of all calls of the attempt: tokens and money. */
typedef struct numbers {
    int64_t number;
    const char *provider;
    const char *model;
    const char *model_asked;
    int claim;
    double latency_sec;
    int64_t difficulty;
    orx_routing routing;
    const char *strategy; /* "" = of a version that did not keep the decision, likewise below */
    const char *reason;
    const char *requested;
    const char *selected;
    const char *error;
    double router_sec;
    int64_t input_rate; /* nano-USD per million, -1 = none */
    int64_t output_rate;
    int64_t prompt_tokens; /* estimates */
    int64_t answer_tokens;
    int64_t input; /* as stated, else as estimated */
    int64_t output;
    bool exact;
    bool reported;
    int64_t cost; /* nano-USD, as far as it is known; -1 = not at all */
    bool unknown; /* of some call it is not */
    orx_cost_source source;
} numbers;

/* Whole milliseconds, as the predecessor wrote them. */
static double seconds(int64_t ns) {
    int64_t ms = ns / ORX_MS;
    return (double)ms / 1000.0;
}

static void take_numbers(orx_sql *q, orx_arena *arena, numbers *n) {
    *n = (numbers){
        .number = orx_sql_col_int(q, 0),
        .provider = orx_arena_dup(arena, orx_sql_col_text(q, 1)),
        .model = orx_arena_dup(arena, orx_sql_col_text(q, 2)),
        .model_asked = orx_arena_dup(arena, orx_sql_col_text(q, 3)),
        .claim = (int)orx_sql_col_int(q, 4),
        .latency_sec = seconds(orx_sql_col_int(q, 5)),
        .difficulty = orx_sql_col_int(q, 6),
        .routing = (orx_routing)orx_sql_col_int(q, 7),
        .input_rate = orx_sql_col_int(q, 8),
        .output_rate = orx_sql_col_int(q, 9),
        .prompt_tokens = orx_sql_col_int(q, 10),
        .answer_tokens = orx_sql_col_int(q, 11),
        .input = orx_sql_col_int(q, 12),
        .output = orx_sql_col_int(q, 13),
        .exact = orx_sql_col_int(q, 14) != 0,
        .reported = orx_sql_col_int(q, 15) != 0,
        .cost = orx_sql_col_is_null(q, 16) ? -1 : orx_sql_col_int(q, 16),
        .unknown = orx_sql_col_int(q, 17) != 0,
        .source = (orx_cost_source)orx_sql_col_int(q, 18),
        .strategy = orx_arena_dup(arena, orx_sql_col_text(q, 19)),
        .reason = orx_arena_dup(arena, orx_sql_col_text(q, 20)),
        .requested = orx_arena_dup(arena, orx_sql_col_text(q, 21)),
        .selected = orx_arena_dup(arena, orx_sql_col_text(q, 22)),
        .error = orx_arena_dup(arena, orx_sql_col_text(q, 23)),
        .router_sec = (double)orx_sql_col_int(q, 24) / 1e6,
    };
}

static bool read_numbers(orx_store *s, const orx_event_row *e, orx_arena *arena, numbers *n) {
    orx_sql *q;
    if (orx_sql_get(s,
                    "SELECT a.number, c.provider, CASE WHEN c.model_answered = ''"
                    " THEN c.model_asked ELSE c.model_answered END, c.model_asked, c.claim,"
                    " c.wall_ns, c.difficulty, a.routing, c.input_rate, c.output_rate,"
                    " b.prompt_est, b.answer_est, b.input, b.output, b.exact, b.reported, b.cost,"
                    " coalesce(b.unknown, 1), b.source, a.route_strategy, a.route_reason,"
                    " a.route_requested, a.route_selected, a.route_error, a.route_latency_us"
                    " FROM attempt a"
                    " JOIN call c ON c.attempt = a.id JOIN attempt_bill b ON b.attempt = a.id"
                    " WHERE a.id = ?1 ORDER BY c.id DESC LIMIT 1",
                    &q, NULL) < 0)
        return false;
    orx_sql_int(q, 1, e->attempt);
    bool found = orx_sql_step(q, NULL) == 1;
    if (found)
        take_numbers(q, arena, n);
    orx_sql_reset(q);
    return found;
}

/* [K] scores and notes per case. */
static void add_quality(orx_arena *a, orx_node *row, const orx_subject *u, const numbers *n) {
    bool done = strcmp(orx_subject_text(u, "verdict"), "done") == 0;
    bool blocked = strcmp(orx_subject_text(u, "verdict"), "blocked") == 0;
    double score = 0.0;
    const char *notes = "agent_blocked_or_failed";
    if (done) {
        score = 1.0;
        notes = "done_validated";
    } else if (n->claim == ORX_CLAIM_DONE) {
        score = 0.35;
        notes = "reported_done_but_validation_failed";
    } else if (n->claim == ORX_CLAIM_PARTIAL) {
        score = blocked ? 0.2 : 0.5;
        notes = "partial_progress";
    }
    orx_node_set_str(a, row, "reported_status", orx_claim_name((orx_claim)n->claim));
    orx_node_set_str(a, row, "final_status", done ? "done" : blocked ? "blocked" : "pending");
    orx_node_set_bool(a, row, "validation_passed", done);
    orx_node_set_bool(a, row, "first_time_pass", done && n->number == 1);
    orx_node_set(a, row, "quality_score", orx_node_new_double(a, score));
    orx_node_set_str(a, row, "notes", notes);
}

/* [K] words; the last two are ours. */
static const char *cost_source(const numbers *n) {
    if (n->cost >= 0 && n->unknown)
        return "partly_unpriced";
    if (n->unknown)
        return n->exact ? "unpriced_model_exact_usage" : "unpriced_model_estimated_tokens";
    switch (n->source) {
    case ORX_COST_PRICED:
        return "exact_usage";
    case ORX_COST_INVOICED:
        return "invoiced";
    case ORX_COST_STATED:
        return "stated_by_provider";
    case ORX_COST_ESTIMATED:
    case ORX_COST_UNKNOWN:
    default:
        return "estimated_tokens";
    }
}

/* [K] eight decimals, half to even. */
static orx_node *cost_node(orx_arena *a, int64_t nano) {
    int64_t tens = nano / 10;
    int64_t rest = nano % 10;
    tens += rest > 5 || (rest == 5 && tens % 2);
    return orx_node_new_double(a, (double)tens / 1e8);
}

static void add_rate(orx_arena *a, orx_node *row, const char *key, int64_t rate) {
    orx_node_set(a, row, key, orx_node_new_double(a, rate > 0 ? (double)rate / 1e9 : 0.0));
}

static void add_tokens(orx_arena *a, orx_node *row, const numbers *n) {
    orx_node_set_int(a, row, "prompt_tokens_est", n->prompt_tokens);
    orx_node_set_int(a, row, "response_tokens_est", n->answer_tokens);
    orx_node_set_str(a, row, "usage_source", n->reported ? "payload" : "none");
    orx_node_set_bool(a, row, "token_count_exact", n->exact);
    orx_node_set_int(a, row, "input_tokens", n->input);
    orx_node_set_int(a, row, "output_tokens", n->output);
    orx_node_set_int(a, row, "total_tokens", n->input + n->output);
    orx_node_set(a, row, "cost_usd",
                 n->cost >= 0 ? cost_node(a, n->cost) : orx_node_new(a, ORX_NULL));
    orx_node_set_bool(a, row, "cost_exact", !n->unknown && n->source >= ORX_COST_PRICED);
    orx_node_set_str(a, row, "cost_source", cost_source(n));
    add_rate(a, row, "input_rate_per_million", n->input_rate);
    add_rate(a, row, "output_rate_per_million", n->output_rate);
}

/* Attempts of a version that kept only who planned. */
static void fill_decision(numbers *n) {
    if (*n->strategy)
        return;
    n->strategy = n->routing == ORX_ROUTING_ROUTER ? "router" : "static_fallback";
    n->reason = n->routing == ORX_ROUTING_ROUTER     ? "router_selected_model"
                : n->routing == ORX_ROUTING_FALLBACK ? "router_unavailable"
                                                     : "router_disabled";
    n->error = n->routing == ORX_ROUTING_FALLBACK ? "the router wrote no plan" : "";
    n->requested = n->model_asked;
    n->selected = n->model_asked;
}

/* The model that was chosen; `model` is the one that answered. */
static void add_routing(orx_arena *a, orx_node *row, numbers *n) {
    ORX_CLEANUP(orx_str_free) orx_str error = {0};
    fill_decision(n);
    orx_text_line(orx_view_of(n->error), ROUTER_ERROR_MAX, &error);
    orx_node_set_str(a, row, "routing_provider", n->provider);
    orx_node_set_str(a, row, "routing_strategy", n->strategy);
    orx_node_set_str(a, row, "routing_requested_model", n->requested);
    orx_node_set_str(a, row, "routing_selected_model", n->selected);
    orx_node_set_bool(a, row, "routing_fallback_used", n->routing == ORX_ROUTING_FALLBACK);
    orx_node_set_str(a, row, "routing_reason", n->reason);
    orx_node_set_str(a, row, "routing_router_error", orx_str_cstr(&error));
    orx_node_set(a, row, "routing_router_latency_sec", orx_node_new_double(a, n->router_sec));
}

orx_node *orx_metrics_node(orx_store *s, const orx_event_row *e, orx_arena *arena) {
    orx_subject u;
    numbers n;
    orx_node *row = NULL;
    orx_subject_of(s, e, &u);
    if (read_numbers(s, e, &u.arena, &n)) {
        char now[ORX_ISO_MAX];
        orx_iso_time(e->wall_ns, now);
        row = orx_node_new(arena, ORX_OBJECT);
        orx_node_set_str(arena, row, "timestamp", now);
        orx_node_set_int(arena, row, "cycle", e->attempt);
        orx_node_set_str(arena, row, "task_id", u.task);
        orx_node_set_str(arena, row, "owner", u.owner);
        orx_node_set_int(arena, row, "attempt", n.number);
        orx_node_set_int(arena, row, "prompt_difficulty_score", n.difficulty);
        orx_node_set(arena, row, "latency_sec", orx_node_new_double(arena, n.latency_sec));
        orx_node_set_str(arena, row, "model", n.model);
        orx_node_set_str(arena, row, "summary", orx_subject_text(&u, "summary"));
        orx_node_set_str(arena, row, "blocker", orx_subject_text(&u, "error"));
        add_quality(arena, row, &u, &n);
        add_tokens(arena, row, &n);
        add_routing(arena, row, &n);
    }
    orx_subject_free(&u);
    return row;
}

int orx_project_metrics(orx_store *s, void *user ORX_UNUSED, const orx_event_row *e, orx_str *out,
                        orx_err *err ORX_UNUSED) {
    if (!event_is(e, "attempt.settled"))
        return 0;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *row = orx_metrics_node(s, e, &arena);
    if (row)
        orx_subject_row(out, row);
    return 0;
}
