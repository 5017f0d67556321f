/* verdict.h: what the probe said about a file, remembered.
 *
 * The cache is one JSON file, written atomically, at most 1,000 entries, the oldest forgotten. It
 * is only a cache: a missing, damaged or foreign one is as good as an empty one. A verdict counts
 * only for the very same bytes at the same place (device, inode, size, mtime, ctime, SHA-256) and
 * the same build of the host. What the probe found wrong is kept too; that it died or hung is
 * believed only as long as this process lives, because that may have had other causes.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_VERDICT_H
#define ORX_PLUGIN_VERDICT_H

#include "plugin/trust.h"

#define ORX_PROBE_DEADLINE_NS ((int64_t)4000000000) /* for one module */

typedef struct orx_verdicts orx_verdicts;

/* Loads the cache; file may be NULL (nothing is kept). build is copied. */
orx_verdicts *orx_verdicts_new(orx_platform *p, const char *file, const char *build);

/* Writes what is new (failing silently: it is a cache) and frees. NULL is fine. */
void orx_verdicts_free(orx_verdicts *v);

/* The verdict on this file: NULL = none yet; "" = it passed; else why it did not. */
const char *orx_verdicts_get(const orx_verdicts *v, const orx_trusted_file *file);

/* The digest on file for a file that nobody wrote to since it was taken (see trust.h), put into
 * *file; false = there is none, and the file must be read. */
bool orx_verdicts_digest(const orx_verdicts *v, orx_trusted_file *file);

/* Remembers a digest that was taken again, for a file whose verdict came too soon after a write for
 * its digest to stand. Nothing when there is no verdict, or no need. */
void orx_verdicts_settle(orx_verdicts *v, const orx_trusted_file *file);

/* Runs the probe command (argv, NULL-terminated; paths are appended) on the files and keeps what it
 * says. When the child dies or hangs, the module it was at gets that as its reason and the ones
 * behind it are tried in another child. Fails only when the command itself cannot be run. */
int orx_verdicts_prove(orx_verdicts *v, const char *const *probe, const orx_trusted_file *files,
                       size_t count, orx_err *err);

#endif
