/* monitor.h: everything about a root on one page: for `monitor`.
 *
 * Whoever calls gathers the parts (processes, tasks, lanes, money, conversations, repositories,
 * notes, log); this file makes the predecessor's document of them [K], and shows that document as
 * its text [K] or as a page for a terminal. Each part may be missing for itself: it is then an
 * empty one of the same shape, and diagnostics.sources says why.
 *
 * How things are is not judged here. The document carries the findings of unit/health.h, and `ok`
 * is theirs, so that monitor never contradicts status, health, watchdog or full-autonomy.
 *
 * Pure: no clock, no file. Threads: any; trees live in the arena.
 */
#ifndef ORX_UNIT_MONITOR_H
#define ORX_UNIT_MONITOR_H

#include "unit/conversations.h"
#include "unit/health_doc.h"

/* A repository as it was found. */
typedef struct orx_monitor_repo {
    const char *path;
    const char *error;  /* why it cannot be looked at; "" = it can */
    const char *branch; /* "" = detached */
    const char *head;
    const char *upstream; /* "" = none */
    bool compared;        /* ahead and behind are known */
    int64_t ahead;
    int64_t behind;
    int64_t changed_files;
} orx_monitor_repo;

/* Notes that roles left each other: the newest of an inbox. */
typedef struct orx_monitor_notes {
    int64_t events;
    const orx_node *latest; /* NULL = none */
    const char *error;      /* "" = it can be read */
} orx_monitor_notes;

/* Tasks that were done within the last day. */
typedef struct orx_monitor_done {
    int64_t tasks;
    const orx_node *by_owner; /* {owner: tasks}; NULL = nobody's */
    int64_t sources;          /* queues that were asked */
    const char *error;        /* "" = none */
} orx_monitor_done;

typedef struct orx_monitor_parts {
    const orx_fleet_facts *facts;
    const orx_health_report *report;
    const orx_node *lanes;   /* the document of `lanes-status`; NULL = made of the facts */
    const orx_node *metrics; /* of `metrics`; NULL = there are none */
    const char *metrics_error;
    const orx_talks *talks;
    orx_monitor_done done;
    orx_monitor_repo implementation;
    orx_monitor_repo tests;
    const char *handoff_dir;
    orx_monitor_notes to_codex;
    orx_monitor_notes to_gemini;
    const char *log_line; /* "" = nothing was logged */
    const char *log_error;
} orx_monitor_parts;

/* Without monitor_file, which the caller adds when it has written it. */
orx_node *orx_monitor_doc(const orx_monitor_parts *parts, orx_arena *arena);

/* The text [K]. essence = without what changes by itself (times, ages, countdowns): two documents
 * with the same essence tell the same. */
void orx_monitor_text(const orx_node *doc, bool essence, orx_str *out);

/* A page of `rows` lines of `cols` columns at most, for a terminal: each line ends with a newline
 * and nothing in it moves the cursor, whatever tasks and agents are called. The most urgent comes
 * first; what has no room is counted. */
typedef struct orx_monitor_page {
    int rows;
    int cols;
    bool color;
} orx_monitor_page;
void orx_monitor_show(const orx_node *doc, const orx_monitor_page *page, orx_str *out);

#endif
