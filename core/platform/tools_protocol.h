/* tools_protocol.h: what the core and libexec/orxaq-tools say to each other.
 *
 * orxaq-tools carries out the file and command tools of a model inside one working tree. It reads
 * requests on standard input and answers each, in order, on standard output. Both ends are of the
 * same build on the same machine, so numbers are in the machine's own order; the magic catches a
 * mixed installation and a stream out of step.
 *
 * A request is an orx_tools_head with kind ORX_TOOLS_*, then `len` bytes: its fields one after the
 * other, each a uint32_t length and as many bytes. A field that is a number is decimal text. A
 * reply is an orx_tools_head with kind ORX_TOOLS_OK or ORX_TOOLS_FAILED and the number of its
 * request, then `len` bytes of text for the model. The first reply (number 0) comes unasked when
 * the server is ready, or says with ORX_TOOLS_FAILED why it cannot be.
 *
 *     READ     path, first line (from 1), how many lines (0 = as many as fit)
 *     LIST     path, depth
 *     SEARCH   pattern, path, glob of file names ("" = all), "1" when the pattern is a regular
 *              expression
 *     WRITE    path, content
 *     PATCH    unified diff
 *     RUN      milliseconds it may take, then the words of the command
 *
 * Replies hold at most ORX_TOOLS_RESULT_MAX bytes: what does not fit is kept in the server's folder
 * of outputs, and the text says under which name it can be read ("output:3").
 *
 * This header uses nothing but the C library, because orxaq-tools links no room beyond base.
 */
#ifndef ORX_PLATFORM_TOOLS_PROTOCOL_H
#define ORX_PLATFORM_TOOLS_PROTOCOL_H

#include <stdint.h>

#define ORX_TOOLS_MAGIC 0x4C4F544FU /* "OTOL" */

/* A bigger request is refused by both sides; it bounds write_file and apply_patch. */
#define ORX_TOOLS_REQUEST_MAX (8U << 20)

#define ORX_TOOLS_RESULT_MAX (16U << 10)

/* Files beyond this are neither read nor patched. */
#define ORX_TOOLS_FILE_MAX (8U << 20)

/* Fields of one request; the words of a command included. */
#define ORX_TOOLS_FIELDS_MAX 1024U

/* What is kept of one output that did not fit. */
#define ORX_TOOLS_OUTPUT_MAX (64U << 20)

enum {
    ORX_TOOLS_READ = 1,
    ORX_TOOLS_LIST = 2,
    ORX_TOOLS_SEARCH = 3,
    ORX_TOOLS_WRITE = 4,
    ORX_TOOLS_PATCH = 5,
    ORX_TOOLS_RUN = 6,

    ORX_TOOLS_OK = 16,
    ORX_TOOLS_FAILED = 17
};

typedef struct orx_tools_head {
    uint32_t magic;
    uint32_t kind;
    uint32_t number;
    uint32_t len;
} orx_tools_head;

#endif
