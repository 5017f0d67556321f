/* price_files.h: the prices of a root, as its two files say at the moment.
 *
 * Both may be missing. They are read again when they change, so that a price entered at noon counts
 * from the next call on. Files that cannot be read then leave the prices as they were.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_MONEY_PRICE_FILES_H
#define ORX_MONEY_PRICE_FILES_H

#include "money/price.h"
#include "platform/files.h"

/* All zero to begin with. */
typedef struct orx_price_files {
    orx_prices *prices; /* NULL until read */
    orx_file_info pricing;
    orx_file_info dated;
} orx_price_files;

/* Reads what is new. The paths are absolute; messages call them as they are below the root. 1 =
 * there are new prices (the old table is gone), 0 = nothing changed. On an error the table stays,
 * and with one the files are not tried again before they change once more. */
int orx_price_files_read(orx_platform *p, const char *root, const char *pricing, const char *dated,
                         orx_price_files *f, orx_err *err);

void orx_price_files_free(orx_price_files *f);

#endif
