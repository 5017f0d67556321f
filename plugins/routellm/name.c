/* The names of routers, and RouteLLM's model names with a router and a threshold in them. */
#include "routellm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[RL_ROUTERS] = {"mf", "sw", "linear", "random"};

const char *rl_router_name(int router) {
    return router >= 0 && router < RL_ROUTERS ? names[router] : "unknown";
}

int rl_router_of(const char *text, size_t len) {
    for (int i = 0; i < RL_ROUTERS; i++)
        if (strlen(names[i]) == len && memcmp(text, names[i], len) == 0)
            return i;
    return -1;
}

/* The upstream name of sw is sw_ranking. */
static int router_named(const char *text, size_t len) {
    static const char upstream[] = "sw_ranking";
    if (len == sizeof upstream - 1 && memcmp(text, upstream, len) == 0)
        return RL_SW;
    return rl_router_of(text, len);
}

/* A number in [0, 1] written with digits, a point and perhaps an exponent. */
static int threshold_of(const char *text, size_t len, double *ret) {
    char copy[32];
    char *end;
    if (len == 0 || len >= sizeof copy || strspn(text, "0123456789.eE-+") < len || text[0] == '-' ||
        text[0] == '+')
        return -2;
    memcpy(copy, text, len);
    copy[len] = 0;
    double value = strtod(copy, &end);
    if (end != copy + len || !(value >= 0 && value <= 1))
        return -2;
    *ret = value;
    return 1;
}

int rl_name_parse(const char *text, size_t len, int *ret_router, double *ret_threshold) {
    static const char begin[] = "router-";
    const size_t skip = sizeof begin - 1;
    if (len < skip || memcmp(text, begin, skip) != 0)
        return 0;
    const char *name = text + skip;
    const char *dash = memchr(name, '-', len - skip);
    if (!dash)
        return router_named(name, len - skip) < 0 ? -1 : -2;
    int router = router_named(name, (size_t)(dash - name));
    if (router < 0)
        return -1;
    double threshold;
    int code = threshold_of(dash + 1, len - (size_t)(dash + 1 - text), &threshold);
    if (code == 1) {
        *ret_router = router;
        *ret_threshold = threshold;
    }
    return code;
}

const char *rl_name_problem(int code) {
    switch (code) {
    case -1:
        return "router-NAME-THRESHOLD names none of the routers mf, sw, linear and random";
    case -2:
        return "the threshold of router-NAME-THRESHOLD is no number between 0 and 1";
    default:
        return "the model is not of the form router-NAME-THRESHOLD, as in router-mf-0.3";
    }
}
