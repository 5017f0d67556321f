/* run_command. */
#include "tools.h"

#include <stdlib.h>

enum { TIMEOUT_MIN_MS = 1, TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000 };

static char **take_words(const tools_request *r) {
    char **argv = orx_xcalloc(r->count, sizeof *argv);
    for (size_t i = 1; i < r->count; i++) {
        if (r->fields[i].len && memchr(r->fields[i].p, '\0', r->fields[i].len)) {
            /* What stands behind a NUL would be lost without a word. */
            for (size_t j = 0; j + 1 < i; j++)
                free(argv[j]);
            free(argv);
            return NULL;
        }
        argv[i - 1] = orx_xmemdup0(r->fields[i].p, r->fields[i].len);
    }
    return argv;
}

static void free_words(char **argv) {
    for (size_t i = 0; argv[i]; i++)
        free(argv[i]);
    free(argv);
}

static void tell_end(const tools_ended *e, int64_t timeout_ms, orx_str *out) {
    if (e->end == TOOLS_LATE)
        orx_str_addf(out, "[ended after %lld s, its time limit]\n",
                     (long long)((timeout_ms + 999) / 1000));
    else if (e->end == TOOLS_TOO_LONG)
        orx_str_adds(out, "[ended because it printed more than 1 GiB]\n");
    else if (e->end == TOOLS_KILLED)
        orx_str_addf(out, "[ended by signal %d]\n", e->code);
    else
        orx_str_addf(out, "[exit code %d]\n", e->code);
    if (e->leftovers)
        orx_str_addf(out, "[%d processes left in the background were ended]\n", e->leftovers);
    if (!e->empty)
        orx_str_adds(out, "[a process of it cannot be ended]\n");
}

bool tools_run(tools *t, const tools_request *r, orx_str *out) {
    int64_t timeout_ms = tools_number(r, 0, 0);
    if (timeout_ms < TIMEOUT_MIN_MS || timeout_ms > TIMEOUT_MAX_MS || r->count < 2 ||
        !r->fields[1].len)
        return tools_fail(out, "no command, or a time limit outside 1 ms to 24 h");
    char **argv = take_words(r);
    if (!argv)
        return tools_fail(out, "the command has a NUL in it");
    tools_capture c = {.t = t, .fd = -1};
    tools_ended e;
    const tools_child child = {.argv = argv, .timeout_ms = timeout_ms};
    bool good = tools_run_child(&child, &c, &e, out);
    free_words(argv);
    ORX_CLEANUP(orx_str_free) orx_str said = {0};
    tools_capture_end(&c, &said);
    if (!good)
        return false;
    orx_str_addv(out, orx_str_view(&said));
    if (out->len && out->buf[out->len - 1] != '\n')
        orx_str_addc(out, '\n');
    tell_end(&e, timeout_ms, out);
    return true;
}
