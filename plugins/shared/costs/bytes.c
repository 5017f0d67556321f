/* Growing text. */
#include "costs.h"

#include <stdio.h>
#include <stdlib.h>

void costs_add(costs_bytes *b, orxaq_view v) {
    if (v.len > b->cap - b->len) {
        uint64_t cap = b->cap ? b->cap : 256;
        while (cap - b->len < v.len)
            cap *= 2;
        char *grown = realloc(b->data, (size_t)cap);
        if (!grown) {
            b->failed = 1;
            return;
        }
        b->data = grown;
        b->cap = cap;
    }
    if (v.len)
        memcpy(b->data + b->len, v.data, (size_t)v.len);
    b->len += v.len;
}

void costs_adds(costs_bytes *b, const char *text) {
    costs_add(b, orxaq_str(text));
}

void costs_add_int(costs_bytes *b, int64_t value) {
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    costs_adds(b, text);
}

static int is_plain(char ch) {
    return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
           ch == '-' || ch == '_' || ch == '.' || ch == '~';
}

void costs_add_query(costs_bytes *b, orxaq_view v) {
    for (uint64_t i = 0; i < v.len; i++) {
        char text[4];
        if (is_plain(v.data[i])) {
            costs_add(b, orxaq_view_of(v.data + i, 1));
            continue;
        }
        (void)snprintf(text, sizeof text, "%%%02X", (unsigned char)v.data[i]);
        costs_adds(b, text);
    }
}

void costs_clear(costs_bytes *b) {
    b->len = 0;
    b->failed = 0;
}

void costs_free(costs_bytes *b) {
    free(b->data);
    *b = (costs_bytes){0};
}
