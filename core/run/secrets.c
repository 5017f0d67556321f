/* What must not be written down. */
#include "run/secrets.h"

#include "data/json.h"

#include <stdlib.h>

static void wipe(orx_str *value) {
    if (value->buf)
        explicit_bzero(value->buf, value->cap);
    orx_str_free(value);
}

static bool known(const orx_secrets *s, orx_view value) {
    for (size_t i = 0; i < s->values.len; i++)
        if (orx_view_eq(orx_str_view(&s->values.items[i]), value))
            return true;
    return false;
}

/* Longest first: a value may begin with another one. */
static void keep(orx_secrets *s, orx_view value) {
    orx_str copy = {0};
    if (value.len < ORX_SECRET_LEAST || known(s, value))
        return;
    (void)orx_str_reserve(&copy, value.len + 1); /* one piece: nothing is left behind */
    orx_str_addv(&copy, value);
    orx_vec_push(&s->values, copy);
    for (size_t i = s->values.len - 1; i > 0; i--) {
        orx_str *a = &s->values.items[i - 1];
        orx_str *b = &s->values.items[i];
        if (a->len >= b->len)
            break;
        orx_str swap = *a;
        *a = *b;
        *b = swap;
    }
}

void orx_secrets_add(orx_secrets *s, orx_view value) {
    ORX_CLEANUP(wipe) orx_str quoted = {0};
    value = orx_view_trim(value);
    keep(s, value);
    (void)orx_str_reserve(&quoted, 6 * value.len + 3);
    orx_json_quote(&quoted, value, false);
    keep(s, orx_view_mem(quoted.buf + 1, quoted.len - 2));
}

void orx_secrets_mask(const orx_secrets *s, char *bytes, size_t len) {
    for (size_t i = 0; i < s->values.len; i++) {
        orx_view value = orx_str_view(&s->values.items[i]);
        char *at = bytes;
        while (len - (size_t)(at - bytes) >= value.len &&
               (at = memmem(at, len - (size_t)(at - bytes), value.p, value.len))) {
            memset(at, '*', value.len);
            at += value.len;
        }
    }
}

size_t orx_secrets_partial(const orx_secrets *s, orx_view bytes) {
    size_t longest = 0;
    for (size_t i = 0; i < s->values.len; i++) {
        orx_view value = orx_str_view(&s->values.items[i]);
        size_t n = bytes.len < value.len ? bytes.len : value.len - 1;
        while (n > longest && memcmp(bytes.p + bytes.len - n, value.p, n) != 0)
            n--;
        longest = n > longest ? n : longest;
    }
    return longest;
}

void orx_secrets_free(orx_secrets *s) {
    for (size_t i = 0; i < s->values.len; i++)
        wipe(&s->values.items[i]);
    orx_vec_free(&s->values);
}
