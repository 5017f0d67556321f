/* probe.h: asking a provider's plugin whether it could work now.
 *
 * Programs are asked for their version and login, servers for their models; nothing is spent, and
 * the root stays as it is.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_PROBE_H
#define ORX_CLI_PROBE_H

#include "cli/cli.h"
#include "plugin/instance.h"

typedef struct orx_probed {
    bool told;      /* the plugin said what it found */
    bool ready;     /* it could work */
    bool forbidden; /* it could not, for want of a key or a login */
    const char *program;
    const char *version;
    const char *account;
    const char *message; /* why it could not; "" = it did not say */
} orx_probed;

/* Whether the plugin can be asked at all. */
bool orx_cli_can_probe(const orx_instance *instance);

/* Asks. All texts live in the arena of c. */
int orx_cli_probe(orx_cli *c, const orx_provider_config *p, orx_instance *instance,
                  orx_probed *ret_found, orx_err *err);

#endif
