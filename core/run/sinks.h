/* sinks.h: the journal's events, fed to the sinks of the configuration.
 *
 * Every enabled entry of `plugins` that offers orxaq.sink/1 gets the events it wants, oldest first,
 * in batches of at most 1,000 records and 4 MiB. A batch is one job with the op FLUSH; what the
 * sink returns is performed by the host. Feeding happens beside the work, from a timer of the loop,
 * and never costs a task: a sink that fails is tried again later and later, reported once by the
 * event sink.failed, and by sink.recovered when it works again.
 *
 * At least once. How far a sink has got stands in the table sink_cursor and moves only after the
 * job said OK, so what was not acknowledged comes again, after a failure as after a crash. A new
 * sink begins with the oldest event that is kept.
 *
 * One feeder. Several runners may share a root; the one that holds state/sinks/NAME.lock feeds the
 * sink with the events of all. That file also holds, as one digit, how many processes in a row died
 * inside a batch. After such a death the sink is fed only when the work is over; after three it is
 * left alone until somebody removes the file.
 *
 * Retention does not wait for sinks: a journal must not grow without bound because an export is
 * broken. What was pruned before it was delivered is said by the event sink.missed (the events
 * themselves are in state/segments), and the sink goes on behind it.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_SINKS_H
#define ORX_RUN_SINKS_H

#include "run/runner.h"

/* Loads what the configuration names and begins to feed. What cannot be loaded is told to the
 * listener and left out. */
void orx_run_sinks_start(orx_runner *r);

/* Delivers what is there, for at most limit_ns. For the end of a run, outside callbacks. */
void orx_run_sinks_drain(orx_runner *r, int64_t limit_ns);

/* Stops feeding; a batch in progress comes again in the next run. */
void orx_run_sinks_free(orx_runner *r);

#endif
