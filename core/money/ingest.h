/* ingest.h: bills, fetched by plugins and stored.
 *
 * A source is an instance of a plugin with the capability orxaq.ingest/1: one account at one
 * vendor. orx_ingest_run fetches the bill of a window of time from one source to its end: it drives
 * FETCH jobs, writes each page with its checkpoint in one transaction, waits and tries again when
 * the vendor is busy, and notes how it ended. A fetch that was cut off, by an error, a limit or a
 * crash, is gone on with from its checkpoint by the next run; one that is older than a day, or
 * asked another address, is begun anew.
 *
 * What is stored cannot be spoilt by a fetch: rows are replaced by what a newer one says of the
 * same line, and rows that are gone from the bill are removed only when everything was told and
 * understood. A fetch that fails removes nothing.
 *
 * How a fetch ended, in one word:
 *
 *   ok                  rows came, all of them were understood
 *   no_data             nothing was there
 *   partial             rows came, but some were not understood or a later page failed
 *   failed              nothing came
 *   auth_failed         the vendor does not take the key
 *   unrecognised_shape  the answer is not what is documented, or nothing in it was understood
 *   truncated           there is more than was fetched; the next run goes on there
 *   skipped             it could not begin: no endpoint, no key
 *
 * The first three are fine; of the rest all but skipped turn health red.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_MONEY_INGEST_H
#define ORX_MONEY_INGEST_H

#include "money/ingest_rows.h"
#include "plugin/instance.h"

typedef struct orx_ingest_spec {
    orx_instance *instance; /* its name is the name of the source */
    const char *files_dir;  /* private folder for its jobs: absolute, exists */
    const char *endpoint;   /* for reports, without a query; NULL = the setting base_url */
    const orxaq_cost_file *files;
    uint32_t file_count;
    int64_t window_ns; /* back from now */
    int64_t page_items;
    int64_t max_pages;  /* of one run */
    int64_t timeout_ns; /* for the beginning of an answer, and for silence in it */
    int64_t retries;    /* of one page */
    int64_t backoff_ns; /* before the first; doubles */
    const char *ca_file;
} orx_ingest_spec;

typedef struct orx_ingest_report {
    const char *source; /* instance */
    const char *provider;
    const char *endpoint;
    const char *status;
    const char *reason; /* of skipped; else "" */
    bool ok;
    int64_t records; /* rows that were taken */
    int64_t seen;    /* items that were there */
    int64_t rejected;
    int64_t pages;
    int64_t calls;
    int64_t first_ns; /* begin of the first bucket, end of the last; 0 = none */
    int64_t last_ns;
    int64_t ended_ns;          /* when the fetch ended */
    int64_t good_ns;           /* when the last one ended that was ok; 0 = never */
    const char *const *errors; /* ends with NULL */
    const char *const *covers; /* providers whose calls are on the bill; ends with NULL */
} orx_ingest_report;

/* Whose bill a reader with these settings reads: the setting `provider`, where it has one, else the
 * plugin's own word. */
const char *orx_ingest_provider(const orx_plugin *plugin, const orx_node *settings);

/* Fetches. How it ended is in the report, also when it failed; an error is only what keeps us from
 * storing it. */
int orx_ingest_run(orx_platform *p, orx_store *s, const orx_ingest_spec *spec, orx_arena *arena,
                   orx_ingest_report *ret_report, orx_err *err);

/* The last reports of all sources, by name. Returns how many. */
int orx_ingest_reports(orx_store *s, orx_arena *arena, orx_ingest_report **ret_reports,
                       orx_err *err);

/* Stores the report of a source that could not begin. How far it had got is kept. */
int orx_ingest_note(orx_store *s, const orx_ingest_report *report, orx_err *err);

/* Forgets those that never began. */
int orx_ingest_forget_skipped(orx_store *s, orx_err *err);

/* A report for a source that could not begin. */
orx_ingest_report orx_ingest_skipped(const char *source, const char *provider, const char *reason);

#endif
