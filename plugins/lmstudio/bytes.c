/* Growing text. */
#include "lmstudio.h"

#include <stdlib.h>

void lm_add(lm_bytes *b, orxaq_view v) {
    if (v.len == 0)
        return;
    if (b->len + v.len + 1 > b->cap) {
        uint64_t cap = (b->len + v.len + 64) * 2;
        char *grown = b->failed ? NULL : realloc(b->data, (size_t)cap);
        if (!grown) {
            b->failed = 1;
            return;
        }
        b->data = grown;
        b->cap = cap;
    }
    memcpy(b->data + b->len, v.data, (size_t)v.len);
    b->len += v.len;
}

void lm_adds(lm_bytes *b, const char *text) {
    lm_add(b, orxaq_str(text));
}

void lm_clear(lm_bytes *b) {
    b->len = 0;
}

void lm_free(lm_bytes *b) {
    free(b->data);
    *b = (lm_bytes){0};
}
