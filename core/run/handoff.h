/* handoff.h: the notes that the roles leave each other [K].
 *
 * What the owners codex and claude did goes to to_gemini.ndjson, what gemini did to
 * to_codex.ndjson, both in paths.handoff_dir, made from the journal. A row says what became of an
 * attempt when it was settled, never what its agent claimed: work that did not prove itself is
 * "partial". Attempts that were interrupted or that wait for a network or a quota have nothing to
 * hand on. Other owners neither write nor read notes.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_HANDOFF_H
#define ORX_RUN_HANDOFF_H

#include "store/store.h"

/* The rows of both files: timestamp, task_id, owner, status, summary (320 characters), blocker
 * (360), next_actions (180 each) and commit. */
int orx_project_to_gemini(orx_store *s, void *user, const orx_event_row *event, orx_str *out,
                          orx_err *err);
int orx_project_to_codex(orx_store *s, void *user, const orx_event_row *event, orx_str *out,
                         orx_err *err);

/* Appends the last five notes for an owner as text for its prompt, oldest first: summary and
 * blocker cut at 220 characters, the actions at 260, the whole at 5,000 bytes. Rows of a
 * predecessor count. Nothing when there are none or the file cannot be read: a note is never a
 * reason to fail. Outside a transaction. */
void orx_handoff_read(orx_store *s, const char *dir, const char *owner, orx_str *out);

#endif
