/* trust.h: whether a file may be loaded into this process.
 *
 * A module is code that runs with all our rights, so nobody but root and ourselves may be able to
 * replace it. The file: plain, not empty, at most 256 MiB, name ending in .so, owned by root or by
 * us, not writable by group or others. Every folder above it, up to the root folder: owned by root
 * or by us and not writable by group or others, or sticky (as /tmp is). Symbolic links are resolved
 * first, and the file they lead to is the one that is checked and loaded.
 *
 * Reading and digesting a module takes longer than loading it, so the two halves can be had apart:
 * a digest that is on file for the same device, inode, size, time of writing and time of change
 * holds without reading the file again. The time of change cannot be set by anybody, but a write
 * may leave it as it is when it follows the one before within a tick of the kernel's clock; so only
 * a digest that was taken when the last change was ORX_TRUST_SETTLED_NS back stands for the file.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_TRUST_H
#define ORX_PLUGIN_TRUST_H

#include "base/digest.h"
#include "platform/files.h"

/* Ten ticks of the slowest kernel clock (100 Hz). */
#define ORX_TRUST_SETTLED_NS (100 * ORX_MS)

/* What identifies exactly these bytes at this place. */
typedef struct orx_trusted_file {
    const char *path; /* resolved, in the arena */
    orx_file_info info;
    char sha256[ORX_SHA256_HEX]; /* "" before the digest was taken */
    bool settled;                /* a write after the digest must show in info */
} orx_trusted_file;

/* Owner, mode and folders, without the digest. */
int orx_trust_look(orx_platform *p, const char *path, orx_arena *arena, orx_trusted_file *ret_file,
                   orx_err *err);

/* Reads the file and adds its digest; on failure the file stays as it was. */
int orx_trust_digest(orx_platform *p, const char *pin, orx_trusted_file *file, orx_err *err);

/* Both. pin: 64 hex digits or NULL. ORX_E_DENIED says what is wrong and the command that mends it.
 */
int orx_trust_file(orx_platform *p, const char *path, const char *pin, orx_arena *arena,
                   orx_trusted_file *ret_file, orx_err *err);

#endif
