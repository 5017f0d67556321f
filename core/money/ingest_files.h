/* ingest_files.h: the files of an exported bill, read for a plugin that is handed them.
 *
 * A reader of bills with the setting `files` gets files instead of making requests. An entry is a
 * file or a folder, whose .csv, .json, .jsonl and .ndjson are taken by name. A file is at most
 * 64 MiB, all together 256 MiB: that is the memory a reading takes, besides one page of rows.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_MONEY_INGEST_FILES_H
#define ORX_MONEY_INGEST_FILES_H

#include <orxaq/ingest.h>

#include "base/vec.h"
#include "data/doc.h"
#include "platform/files.h"

typedef struct orx_ingest_files {
    orx_arena arena;
    ORX_VEC(orxaq_cost_file) list; /* names as the operator wrote them, and the folder's */
    ORX_VEC(orx_str) texts;
    uint64_t bytes;
} orx_ingest_files;

/* Reads the files in `names`, a list of texts, relative to root. {0} before; free it also after an
 * error. ORX_E_NOT_FOUND, ORX_E_LIMIT ... with the name of the file. */
int orx_ingest_files_read(orx_platform *p, const char *root, const orx_node *names,
                          orx_ingest_files *files, orx_err *err);

void orx_ingest_files_free(orx_ingest_files *files);

#endif
