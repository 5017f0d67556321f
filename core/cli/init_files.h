/* init_files.h: the files that `orxaq init` writes, built in from config/ by cmake/embed.cmake.
 *
 * Threads: constant data.
 */
#ifndef ORX_CLI_INIT_FILES_H
#define ORX_CLI_INIT_FILES_H

#include <stddef.h>

typedef struct orx_init_file {
    const char *path; /* relative to the root that is made */
    const unsigned char *bytes;
    size_t len;
} orx_init_file;

/* Ends with a NULL path. */
extern const orx_init_file orx_init_files[];

#endif
