/* env_edit.h: one variable of an env file (envfile.h) set to a value, everything else as it was.
 *
 * The first line that sets the variable becomes NAME=value [K], also where it began with spaces and
 * `export`; further lines that set it are left out, so that one value is there; without any, a line
 * is added at the end. Comments, blank lines, order and line ends stay. A value that the reader
 * would not take as it is (white space around it, a quote at its beginning, a line end) is written
 * in double quotes.
 *
 * Threads: any.
 */
#ifndef ORX_CONFIG_ENV_EDIT_H
#define ORX_CONFIG_ENV_EDIT_H

#include "base/str.h"

/* Appends to out the text of a file with the variable set. What is appended reads back as value. */
void orx_env_edit(orx_view text, const char *name, orx_view value, orx_str *out);

#endif
