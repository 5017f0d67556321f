/* probe_main.c: the child that meets modules first, as `orxaq plugin probe-internal PATH...` is. */
#include "plugin/probe.h"

#include <stdio.h>

static void emit(void *user, orx_view line) {
    (void)user;
    (void)fwrite(line.p, 1, line.len, stdout);
    (void)fflush(stdout);
}

int main(int argc, char **argv) {
    orx_platform *p = NULL;
    orx_err err = ORX_ERR_INIT;
    if (orx_platform_uv_new(&p, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    int good = orx_plugin_probe(p, (const char *const *)(argv + 1), emit, NULL);
    orx_platform_free(p);
    return good == argc - 1 ? 0 : 1;
}
