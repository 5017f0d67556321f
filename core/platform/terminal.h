/* terminal.h: what the command line asks about this process and never the simulation.
 *
 * Threads: any.
 */
#ifndef ORX_PLATFORM_TERMINAL_H
#define ORX_PLATFORM_TERMINAL_H

#include "base/str.h"

/* Whether a person looks at standard output. */
bool orx_stdout_is_terminal(void);

/* What a person types at the terminal of this process, without showing it: up to the end of the
 * line, at most max bytes. False when there is no terminal, or Ctrl-C or Ctrl-D was typed. The
 * prompt goes to the terminal, too. */
bool orx_terminal_ask_hidden(const char *prompt, size_t max, orx_str *out);

/* The same with what is typed shown, for a question that is no secret; Ctrl-C ends the process. */
bool orx_terminal_ask(const char *prompt, size_t max, orx_str *out);

/* The whole of standard input, at most max bytes. False when there is more, or it is a terminal. */
bool orx_stdin_read(size_t max, orx_str *out);

/* Appends the absolute path of the running executable; nothing when the system does not tell. */
void orx_self_path(orx_str *out);

#endif
