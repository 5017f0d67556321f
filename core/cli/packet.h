/* packet.h: the startup packet: where everything of a root lies, and the prompts that its agents
 * begin with, on one page for a person or an agent that comes to it.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_PACKET_H
#define ORX_CLI_PACKET_H

#include "cli/cli.h"

/* Writes startup_packet.md [K] into the artifacts folder, anew each time. *ret_path in the arena.
 * The configuration is loaded. */
int orx_cli_write_packet(orx_cli *c, const char *workspace, const char **ret_path, orx_err *err);

/* {codex, gemini, claude} and every other provider that has one: the file of its start-up prompt,
 * "" = none is configured. */
orx_node *orx_cli_prompts_doc(orx_cli *c);

#endif
