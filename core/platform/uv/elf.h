/* elf.h: a look at a module file before the loader sees it.
 *
 * The loader's own complaints are terse ("file not found" is all libltdl keeps), it maps a file
 * that is cut short and dies touching the missing part, and it binds lazily, so that a missing
 * function is noticed only by the call that needs it. So the few facts that matter are read first,
 * with every offset checked against the size of the file. Reads headers only; nothing is mapped or
 * run.
 *
 * Source of the format: elf(5), the System V ABI ("ELF header", "Program header", "Dynamic
 * section"). */
#ifndef ORX_PLATFORM_UV_ELF_H
#define ORX_PLATFORM_UV_ELF_H

#include "platform/files.h"

/* Accepts a regular file that is a complete shared object for this machine, linked to be bound at
 * load time (-z now). ORX_E_NOT_FOUND, ORX_E_INVALID (not a file, not a module, cut short) or
 * ORX_E_UNSUPPORTED (another machine, a program, linked lazily), with a message that names path. */
int orx_uv_elf_check(orx_platform *p, const char *path, orx_err *err);

#endif
