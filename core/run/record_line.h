/* record_line.h: how events and effects read as members of a record's line; for record.c and
 * replay.c, which compares them.
 *
 * Each function appends members of a JSON object ("a":1,"b":"..."), without braces. Texts longer
 * than ORX_LINE_TEXT_MAX are cut and their length stated as NAME_bytes; secrets are blotted out
 * before.
 */
#ifndef ORX_RUN_RECORD_LINE_H
#define ORX_RUN_RECORD_LINE_H

#include "run/record.h"

#define ORX_LINE_TEXT_MAX 4096

typedef struct orx_line {
    orx_str *out;
    const orx_secrets *secrets;
    bool more; /* a member stands before: a comma is needed */
} orx_line;

void orx_line_int(orx_line *l, const char *key, int64_t value);
void orx_line_str(orx_line *l, const char *key, orx_view text);

void orx_line_about(orx_line *l, const orx_record_about *about);
void orx_line_text(orx_line *l, const orxaq_text *text);
void orx_line_tool(orx_line *l, const orxaq_tool_call *call);
void orx_line_usage(orx_line *l, const orxaq_usage *usage);
void orx_line_progress(orx_line *l, const orxaq_progress *progress);
void orx_line_relayed(orx_line *l, const orx_relayed *request);
void orx_line_outcome(orx_line *l, const orx_job_result *result);
void orx_line_effect(orx_line *l, const orxaq_effect *effect);

/* All but the data. */
void orx_line_feed(orx_line *l, const orxaq_feed *feed);

/* The end of a call, with its usage. */
void orx_line_end(orx_line *l, const orx_record_end *end);

#endif
