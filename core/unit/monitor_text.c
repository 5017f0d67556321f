/* The document of `monitor` as the predecessor's text [K]. */
#include "unit/monitor.h"

#include "base/printable.h"

static const char *text(const orx_node *n, const char *path) {
    return orx_node_str(orx_node_path(n, path), "");
}

static int64_t number(const orx_node *n, const char *path) {
    return orx_node_int(orx_node_path(n, path), 0);
}

static double real(const orx_node *n, const char *path) {
    return orx_node_num(orx_node_path(n, path), 0);
}

static const char *truth(const orx_node *n, const char *path) {
    return orx_node_bool(orx_node_path(n, path), false) ? "True" : "False";
}

/* Texts joined by a separator; `none` when there is none. */
static void add_list(orx_str *out, const char *title, const orx_node *list, const char *separator,
                     const char *none) {
    const char *before = title;
    ORX_NODE_EACH(list, n) {
        orx_str_addf(out, "%s%s", before, orx_node_str(n, ""));
        before = separator;
    }
    if (before == title)
        orx_str_addf(out, "%s%s", title, none);
    orx_str_addc(out, '\n');
}

/* ---- Processes and tasks --------------------------------------------------------------------- */

static void add_processes(const orx_node *doc, bool essence, orx_str *out) {
    if (!essence)
        orx_str_addf(out, "[%s] ", text(doc, "timestamp"));
    orx_str_addf(out, "supervisor=%s runner=%s", truth(doc, "status.supervisor_running"),
                 truth(doc, "status.runner_running"));
    if (!essence)
        orx_str_addf(out, " heartbeat_age=%llds",
                     (long long)orx_node_int(orx_node_path(doc, "status.heartbeat_age_sec"), -1));
    orx_str_addc(out, '\n');
}

static void add_tasks(const orx_node *doc, orx_str *out) {
    const orx_node *n = orx_node_path(doc, "progress.counts");
    orx_str_addf(out, "tasks: done=%lld in_progress=%lld pending=%lld blocked=%lld unknown=%lld\n",
                 (long long)number(n, "done"), (long long)number(n, "in_progress"),
                 (long long)number(n, "pending"), (long long)number(n, "blocked"),
                 (long long)number(n, "unknown"));
    add_list(out, "active_tasks: ", orx_node_path(doc, "progress.active_tasks"), ", ", "none");
}

/* ---- Lanes ----------------------------------------------------------------------------------- */

static void add_owners(const orx_node *owners, orx_str *out) {
    const char *before = "lane_owners: ";
    ORX_NODE_EACH(owners, n) {
        orx_str_addf(out, "%s%.*s(total=%lld,running=%lld,healthy=%lld,degraded=%lld)", before,
                     ORX_VIEW_ARG(n->key), (long long)number(n, "total"),
                     (long long)number(n, "running"), (long long)number(n, "healthy"),
                     (long long)number(n, "degraded"));
        before = " | ";
    }
    orx_str_addf(out, "%s\n", *before == 'l' ? "lane_owners: none" : "");
}

/* running/limit are calls, as everywhere; ! = more than the limit. */
static void add_capacity(const orx_node *groups, orx_str *out) {
    const char *before = "parallel_capacity: ";
    ORX_NODE_EACH(groups, n) {
        const orx_node *limit = orx_node_get(n, "effective_limit");
        if (!limit || limit->kind != ORX_INT)
            continue;
        orx_str_addf(out, "%s%s:%s=%lld/%lld%s", before, text(n, "provider"), text(n, "model"),
                     (long long)number(n, "calls"), (long long)number(n, "effective_limit"),
                     orx_node_bool(orx_node_get(n, "over_limit"), false) ? "!" : "");
        before = " | ";
    }
    orx_str_addf(out, "%s\n", *before == 'p' ? "parallel_capacity: none" : "");
}

static void add_lanes(const orx_node *doc, orx_str *out) {
    orx_str_addf(out, "lanes: running=%lld/%lld\n", (long long)number(doc, "lanes.running_count"),
                 (long long)number(doc, "lanes.total_count"));
    add_owners(orx_node_path(doc, "lanes.owner_counts"), out);
    orx_str_addf(out, "scaling_events: up=%lld down=%lld hold=%lld\n",
                 (long long)number(doc, "runtime.lane_scale_up_events"),
                 (long long)number(doc, "runtime.lane_scale_down_events"),
                 (long long)number(doc, "runtime.lane_scale_hold_events"));
    add_capacity(orx_node_path(doc, "parallel_capacity.groups"), out);
}

/* ---- What was said, what it came to ---------------------------------------------------------- */

static void add_talks(const orx_node *doc, orx_str *out) {
    const char *before = "";
    orx_str_addf(out, "conversations: events=%lld owners=",
                 (long long)number(doc, "conversations.total_events"));
    ORX_NODE_EACH(orx_node_path(doc, "conversations.owner_counts"), n) {
        orx_str_addf(out, "%s%.*s=%lld", before, ORX_VIEW_ARG(n->key),
                     (long long)orx_node_int(n, 0));
        before = ", ";
    }
    orx_str_addf(out, "%s\n", *before ? "" : "none");
    orx_str_addf(out, "handoffs: to_codex=%lld to_gemini=%lld\n",
                 (long long)number(doc, "handoffs.to_codex_events"),
                 (long long)number(doc, "handoffs.to_gemini_events"));
}

static void add_metrics(const orx_node *doc, orx_str *out) {
    const orx_node *m = orx_node_get(doc, "response_metrics");
    orx_str_addf(out,
                 "response_metrics: responses=%lld first_time_pass_rate=%.4g latency_avg=%.4gs "
                 "cost_total=$%.6g routed=%lld/%lld fallback=%lld\n",
                 (long long)real(m, "responses_total"), real(m, "first_time_pass_rate"),
                 real(m, "latency_sec_avg"), real(m, "cost_usd_total"),
                 (long long)real(m, "routing_routellm_count"),
                 (long long)real(m, "routing_decisions_total"),
                 (long long)real(m, "routing_fallback_count"));
    orx_str_addf(out, "exciting_stat: %s=%s (%s)\n", text(m, "exciting_stat.label"),
                 text(m, "exciting_stat.value"), text(m, "exciting_stat.detail"));
}

static void add_repo(const orx_node *n, const char *title, orx_str *out) {
    if (strcmp(text(n, "sync_state"), "unknown") == 0 && *text(n, "error"))
        orx_str_addf(out, "%s: error=%s\n", title, text(n, "error"));
    else
        orx_str_addf(out,
                     "%s: branch=%s head=%.12s upstream=%s sync=%s ahead=%lld behind=%lld dirty=%s "
                     "changed_files=%lld\n",
                     title, text(n, "branch"), text(n, "head"),
                     *text(n, "upstream") ? text(n, "upstream") : "none", text(n, "sync_state"),
                     (long long)number(n, "ahead"), (long long)number(n, "behind"),
                     truth(n, "dirty"), (long long)number(n, "changed_files"));
}

/* ---- Judgement ------------------------------------------------------------------------------- */

/* The id is the same as long as the thing is; its text may count seconds. */
static void add_findings(const orx_node *doc, bool essence, orx_str *out) {
    ORX_NODE_EACH(orx_node_get(doc, "findings"), n) {
        if (strcmp(text(n, "severity"), "note") == 0)
            continue;
        orx_str_addf(out, "finding: %s %s %s", text(n, "severity"), text(n, "id"),
                     text(n, "subject"));
        if (!essence)
            orx_str_addf(out, ": %s%s%s", text(n, "text"), *text(n, "remedy") ? " -> " : "",
                         text(n, "remedy"));
        orx_str_addc(out, '\n');
    }
}

static void add_all(const orx_node *doc, bool essence, orx_str *out) {
    add_processes(doc, essence, out);
    add_tasks(doc, out);
    add_lanes(doc, out);
    add_talks(doc, out);
    orx_str_addf(out, "diagnostics: ok=%s errors=%u\n", truth(doc, "diagnostics.ok"),
                 orx_node_path(doc, "diagnostics.errors")
                     ? orx_node_path(doc, "diagnostics.errors")->count
                     : 0);
    add_metrics(doc, out);
    add_repo(orx_node_path(doc, "repos.implementation"), "impl_repo", out);
    add_repo(orx_node_path(doc, "repos.tests"), "test_repo", out);
    add_findings(doc, essence, out);
    if (orx_node_first(orx_node_path(doc, "diagnostics.errors")))
        add_list(out, "diagnostic_errors: ", orx_node_path(doc, "diagnostics.errors"), " | ", "");
    if (*text(doc, "latest_log_line"))
        orx_str_addf(out, "log: %s\n", text(doc, "latest_log_line"));
    if (*text(doc, "monitor_file") && !essence)
        orx_str_addf(out, "monitor_file: %s\n", text(doc, "monitor_file"));
}

void orx_monitor_text(const orx_node *doc, bool essence, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str raw = {0};
    add_all(doc, essence, &raw);
    orx_str_add_printable(out, orx_str_view(&raw), true);
}
