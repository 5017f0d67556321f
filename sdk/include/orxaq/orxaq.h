/* orxaq/orxaq.h: everything at once.
 *
 * A driver includes this one header, or plugin.h and the header of its kind:
 *
 *   abi.h       the rules: growth of tables, types, lifetimes, codes. Read this first.
 *   view.h      text and bytes
 *   plugin.h    handshake, descriptor, instances
 *   config.h    declared settings
 *   host.h      services: log, clock, random, secret, kv, metrics, json
 *   job.h       the job machine, with effect.h (out), feed.h (in) and event.h (results)
 *   provider.h  kind: an agent program or a model endpoint
 *   router.h    kind: a policy that chooses between providers
 *   sink.h      kind: a consumer of the journal's events
 *   ingest.h    kind: a reader of bills
 *   responder.h kind: somebody who answers the questions of other programs
 *   layout.h    the proof that host and module mean the same bytes
 */
#ifndef ORXAQ_ORXAQ_H
#define ORXAQ_ORXAQ_H

#include <orxaq/ingest.h>
#include <orxaq/plugin.h>
#include <orxaq/provider.h>
#include <orxaq/responder.h>
#include <orxaq/router.h>
#include <orxaq/sink.h>

#endif
