/* handoff.h: the notes that roles and lanes leave each other.
 *
 * Roles [K]: what the owners codex and claude did goes to to_gemini.ndjson, what gemini did to
 * to_codex.ndjson, both in paths.handoff_dir, made from the journal. Other owners neither write nor
 * read them.
 *
 * Lanes: one that depends on others (depends_on) is told what became of their tasks, whoever owns
 * them. That is read from the journal itself.
 *
 * A note says what became of an attempt when it was settled, never what its agent claimed: work
 * that did not prove itself is "partial". Attempts that were interrupted or that wait for a network
 * or a quota have nothing to hand on.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_HANDOFF_H
#define ORX_RUN_HANDOFF_H

#include "config/config.h"
#include "store/store.h"

/* The rows of both files: timestamp, task_id, owner, status, summary (320 characters), blocker
 * (360), next_actions (180 each) and commit. */
int orx_project_to_gemini(orx_store *s, void *user, const orx_event_row *event, orx_str *out,
                          orx_err *err);
int orx_project_to_codex(orx_store *s, void *user, const orx_event_row *event, orx_str *out,
                         orx_err *err);

/* Who is told. */
typedef struct orx_handoff_reader {
    const char *dir; /* paths.handoff_dir */
    const char *owner;
    const orx_strings *lanes; /* it depends on; NULL = none */
} orx_handoff_reader;

/* Appends the last five notes for the owner and the last five of those lanes as text for a prompt,
 * each once, the oldest first and those of lanes last: summary and blocker cut at 220 characters,
 * the actions at 260, the whole at 5,000 bytes. Rows of a predecessor count. Nothing when there are
 * none or the file cannot be read: a note is never a reason to fail. Outside a transaction. */
void orx_handoff_read(orx_store *s, const orx_handoff_reader *reader, orx_str *out);

#endif
