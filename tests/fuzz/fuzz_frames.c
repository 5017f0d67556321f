/* A program's output of any bytes, in any pieces: the records that a driver gets are those of a
 * plain reading of the whole text, from the framer alone and through a job.
 *
 * The first four bytes choose: '0' + framing, '0' + a limit of records (see limits), how the text
 * is cut into pieces, and what the driver or the caller does meanwhile (see driver.c). */
#include "driver.h"
#include "plugin/frame.h"
#include "records.h"

#include <orxaq/effect.h>

static const size_t limits[] = {0, 1, 2, 3, 7, 16, 64, 1000};

typedef struct heard {
    records list;
    size_t stop_at; /* refuse to go on with this many; 0 = never */
    size_t max;
    int32_t framing;
} heard;

static bool hear(void *user, orx_view record, orx_view name, bool cut) {
    heard *h = user;
    FUZZ_CHECK(record.len <= h->max && name.len <= h->max);
    FUZZ_CHECK(!h->stop_at || h->list.items.len < h->stop_at);
    records_add(&h->list, record, name, cut);
    return h->list.items.len != h->stop_at;
}

static void cut_up(orx_framer *f, orx_view text, uint8_t seed) {
    size_t at = 0;
    for (size_t i = 0; at < text.len; i++) {
        size_t n = piece_length(seed, i, text.len - at);
        /* A copy lets the sanitizer see a read behind the piece. */
        char *piece = orx_xmemdup0(text.p + at, n);
        orx_framer_add(f, orx_view_mem(piece, n));
        free(piece);
        at += n;
    }
}

static void frame(heard *h, size_t max, orx_view text, uint8_t seed) {
    orx_framer f;
    orx_framer_init(&f, h->framing, max, hear, h);
    h->max = f.max;
    cut_up(&f, text, seed);
    orx_framer_end(&f);
    orx_framer_free(&f);
}

static void check_framer(int32_t framing, size_t max, orx_view text, uint8_t seed) {
    records expected = {0};
    records_of(framing, max, text, &expected);
    heard all = {.framing = framing};
    frame(&all, max, text, seed);
    records_check_same(framing, &expected, &all.list);
    size_t count = all.list.items.len;
    heard some = {.framing = framing, .stop_at = count / 2 + 1};
    frame(&some, max, text, seed);
    FUZZ_CHECK(some.list.items.len == (count < some.stop_at ? count : some.stop_at));
    records_free(&some.list);
    records_free(&all.list);
    records_free(&expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4)
        return 0;
    int32_t framing = (data[0] - '0') & 7;
    size_t max = limits[(data[1] - '0') & 7];
    orx_view text = orx_view_mem(data + 4, size - 4);
    check_framer(framing, max, text, data[2]);
    if (framing <= ORXAQ_FRAMING_SSE)
        drive_job(framing, max, text, data[2], data[3]);
    return 0;
}
