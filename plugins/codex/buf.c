/* Text that grows. */
#include "codex.h"

#include <stdio.h>
#include <stdlib.h>

static int reserve(codex_buf *buf, uint64_t more) {
    uint64_t need = buf->len + more + 1;
    if (buf->broken || more > CODEX_BUF_MAX || need > CODEX_BUF_MAX) {
        buf->broken = 1;
        return 0;
    }
    if (need <= buf->cap)
        return 1;
    uint64_t cap = need < 64 ? 64 : need * 2;
    char *grown = realloc(buf->data, (size_t)cap);
    if (!grown) {
        buf->broken = 1;
        return 0;
    }
    buf->data = grown;
    buf->cap = cap;
    return 1;
}

void codex_buf_add(codex_buf *buf, orxaq_view text) {
    if (!reserve(buf, text.len))
        return;
    if (text.len)
        memcpy(buf->data + buf->len, text.data, (size_t)text.len);
    buf->len += text.len;
    buf->data[buf->len] = '\0';
}

void codex_buf_adds(codex_buf *buf, const char *text) {
    codex_buf_add(buf, orxaq_str(text));
}

void codex_buf_addi(codex_buf *buf, int64_t number) {
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)number);
    codex_buf_adds(buf, text);
}

void codex_buf_add_toml(codex_buf *buf, orxaq_view text) {
    codex_buf_adds(buf, "\"");
    for (uint64_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        char escape[8];
        if (c == '"' || c == '\\')
            (void)snprintf(escape, sizeof escape, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            (void)snprintf(escape, sizeof escape, "\\u%04X", c);
        else
            (void)snprintf(escape, sizeof escape, "%c", c);
        codex_buf_adds(buf, escape);
    }
    codex_buf_adds(buf, "\"");
}

void codex_buf_clear(codex_buf *buf) {
    buf->len = 0;
    buf->broken = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

void codex_buf_free(codex_buf *buf) {
    free(buf->data);
    *buf = (codex_buf){0};
}

orxaq_view codex_buf_view(const codex_buf *buf) {
    return orxaq_view_of(buf->data, buf->len);
}

int codex_has(orxaq_view text, const char *words) {
    size_t len = strlen(words);
    for (uint64_t i = 0; i + len <= text.len; i++)
        if (memcmp(text.data + i, words, len) == 0)
            return 1;
    return 0;
}
