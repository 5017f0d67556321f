/* Setting up, then one request after the other. */
#include "exec.h"
#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool open_places(tools *t, const char *outputs, orx_str *out) {
    if (!getcwd(t->path, sizeof t->path))
        return tools_fail(out, "the working directory cannot be found: %s", strerror(errno));
    t->root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    t->outputs = open(outputs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->root < 0 || t->outputs < 0)
        return tools_fail(out, "%s cannot be opened: %s", t->root < 0 ? t->path : outputs,
                          strerror(errno));
    int probe = tools_open(t->root, ".", O_PATH | O_DIRECTORY);
    if (probe < 0)
        return tools_fail(out,
                          "files cannot be kept inside the working tree: openat2(2): %s; Linux "
                          "5.6 or later is needed",
                          strerror(errno));
    (void)close(probe);
    return true;
}

/* Results of an earlier server in the same call stay readable under their numbers. */
static void count_outputs(tools *t) {
    char name[32];
    struct stat st;
    do
        (void)snprintf(name, sizeof name, "%lld.txt", (long long)++t->kept);
    while (fstatat(t->outputs, name, &st, AT_SYMLINK_NOFOLLOW) == 0);
    t->kept--;
}

/* Commands can neither trace this process nor reach its pipes: they would answer in its place. */
static bool set_up(tools *t, int argc, char **argv, orx_str *out) {
    if (argc < 2 || (argc == 3 && strcmp(argv[2], "--network") != 0) || argc > 3)
        return tools_fail(out, "usage: orxaq-tools OUTPUTS [--network]");
    (void)signal(SIGPIPE, SIG_IGN);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
        return tools_fail(out, "prctl(2): %s", strerror(errno));
    tools_drop_privileges();
    return open_places(t, argv[1], out) && (argc == 3 || tools_no_network(out));
}

static bool carry_out(tools *t, const tools_request *r, orx_str *out) {
    switch (r->op) {
    case ORX_TOOLS_READ:
        return tools_read(t, r, out);
    case ORX_TOOLS_LIST:
        return tools_list(t, r, out);
    case ORX_TOOLS_SEARCH:
        return tools_search(t, r, out);
    case ORX_TOOLS_WRITE:
        return tools_write(t, r, out);
    case ORX_TOOLS_PATCH:
        return tools_patch(t, r, out);
    case ORX_TOOLS_RUN:
        return tools_run(t, r, out);
    default:
        return tools_fail(out, "orxaq-tools has no operation %u", (unsigned)r->op);
    }
}

static bool answer(tools *t, const tools_request *r) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    bool good = carry_out(t, r, &out);
    /* What a command printed was cut while it came, and only its last lines were added since. */
    if (r->op != ORX_TOOLS_RUN)
        tools_cap(t, &out);
    return tools_reply(r->number, good, orx_str_view(&out));
}

int main(int argc, char **argv) {
    tools t = {.root = -1, .outputs = -1};
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    bool good = set_up(&t, argc, argv, &out);
    if (good)
        count_outputs(&t);
    if (!tools_reply(0, good, orx_str_view(&out)) || !good)
        return 1;
    tools_request r;
    int rc;
    while ((rc = tools_receive(&r)) == 1) {
        bool told = answer(&t, &r);
        tools_request_free(&r);
        if (!told)
            return 1;
    }
    return rc == 0 ? 0 : 2;
}
