/* symbols.h: which names a shared object gives to others and which it wants from them.
 *
 * Reads the dynamic symbol table of an ELF file of this machine's word size from its bytes, without
 * loading it, so that a module can be judged before its code runs. Every offset and count of the
 * file is checked against its length. Protocol: the System V ABI, chapter 4, "Symbol Table".
 *
 * Threads: any.
 */
#ifndef ORX_PLATFORM_SYMBOLS_H
#define ORX_PLATFORM_SYMBOLS_H

#include "base/err.h"
#include "base/view.h"

#include <stdbool.h>

/* One name with global or weak binding; defined: given to others, otherwise wanted. */
typedef void (*orx_symbol_fn)(void *user, const char *name, bool defined);

/* Calls fn for each name of the table. ORX_E_INVALID when the bytes are no such file. */
int orx_symbols_each(orx_view file, orx_symbol_fn fn, void *user, orx_err *err);

#endif
