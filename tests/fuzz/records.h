/* records.h: what a framing makes of a text, read in the plainest way: the whole text at once. */
#ifndef ORX_FUZZ_RECORDS_H
#define ORX_FUZZ_RECORDS_H

#include "base/str.h"
#include "base/vec.h"

#include "fuzz.h"

typedef struct framed {
    char *text;
    size_t len;
    char *name;
    size_t name_len;
    bool cut;
} framed;

typedef struct records {
    ORX_VEC(framed) items;
} records;

/* Appends a copy. */
void records_add(records *r, orx_view text, orx_view name, bool cut);
void records_free(records *r);

/* What ORXAQ_FRAMING_* with this limit (0 = the greatest) makes of the text. */
void records_of(int32_t framing, size_t max, orx_view text, records *out);

/* Aborts unless both are the same; of raw bytes only the sum has to be. */
void records_check_same(int32_t framing, const records *a, const records *b);

/* The length of piece number i of a text of which so much is left: 1 .. left. */
size_t piece_length(uint8_t seed, size_t i, size_t left);

#endif
