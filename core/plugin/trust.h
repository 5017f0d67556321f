/* trust.h: whether a file may be loaded into this process.
 *
 * A module is code that runs with all our rights, so nobody but root and ourselves may be able to
 * replace it. The file: plain, not empty, at most 256 MiB, name ending in .so, owned by root or by
 * us, not writable by group or others. Every folder above it, up to the root folder: owned by root
 * or by us and not writable by group or others, or sticky (as /tmp is). Symbolic links are resolved
 * first, and the file they lead to is the one that is checked and loaded.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_TRUST_H
#define ORX_PLUGIN_TRUST_H

#include "base/digest.h"
#include "platform/files.h"

/* What identifies exactly these bytes at this place. */
typedef struct orx_trusted_file {
    const char *path; /* resolved, in the arena */
    orx_file_info info;
    char sha256[ORX_SHA256_HEX];
} orx_trusted_file;

/* pin: 64 hex digits or NULL. ORX_E_DENIED says what is wrong and the command that mends it. */
int orx_trust_file(orx_platform *p, const char *path, const char *pin, orx_arena *arena,
                   orx_trusted_file *ret_file, orx_err *err);

#endif
