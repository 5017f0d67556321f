#include "route/network.h"

#include "base/address.h"
#include "config/local.h"

#include <string.h>

const char *orx_network_word(orx_network state) {
    static const char *const words[ORX_NETWORKS] = {"online", "degraded", "offline"};
    return words[state];
}

orx_network orx_network_of(int64_t reachable, int64_t asked) {
    if (reachable >= (asked < 2 ? asked : 2))
        return ORX_NETWORK_ONLINE;
    return reachable > 0 ? ORX_NETWORK_DEGRADED : ORX_NETWORK_OFFLINE;
}

/* ---- The state ------------------------------------------------------------------------------- */

static bool move(orx_network_machine *m, orx_network to) {
    bool changed = m->state != to;
    m->state = to;
    m->differing = 0;
    return changed;
}

/* Whether a look goes on with those before it: they are worse than the state, or better, too. */
static bool goes_on(const orx_network_machine *m, orx_network look) {
    return m->differing && (look > m->state) == (m->mildest > m->state);
}

static orx_network milder(const orx_network_machine *m, orx_network look) {
    bool worse = look > m->state;
    return (look < m->mildest) == worse ? look : m->mildest;
}

bool orx_network_step(orx_network_machine *m, orx_network look, bool at_once) {
    if (m->looks++ == 0 || at_once || look == m->state)
        return move(m, look);
    bool more = goes_on(m, look);
    m->mildest = more ? milder(m, look) : look;
    m->differing = more ? m->differing + 1 : 1;
    return m->differing >= ORX_NETWORK_LOOKS && move(m, m->mildest);
}

/* ---- Where ----------------------------------------------------------------------------------- */

const char *orx_place_word(orx_place place) {
    static const char *const words[] = {"local", "lan", "hosted"};
    return words[place];
}

bool orx_address_is_here(const char *key) {
    static const char *const here[] = {"127.", "localhost:", "[::1]:"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(here); i++)
        if (strncmp(key, here[i], strlen(here[i])) == 0)
            return true;
    return false;
}

/* A model of one's own without an address is a program of this machine. */
orx_place orx_place_of(const orx_provider_config *p) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    const char *url = orx_node_str(orx_node_get(p->settings, "base_url"), "");
    if (!orx_config_is_local(p))
        return ORX_PLACE_HOSTED;
    if (!*url || !orx_address_key(orx_view_of(url), &key))
        return ORX_PLACE_HERE;
    return orx_address_is_here(orx_str_cstr(&key)) ? ORX_PLACE_HERE : ORX_PLACE_LAN;
}

/* ---- How hard -------------------------------------------------------------------------------- */

const char *orx_effort_word(orx_effort effort) {
    static const char *const words[ORX_EFFORTS] = {"low", "medium", "high", "critical"};
    return words[effort];
}

/* [K] */
static const struct {
    orx_effort effort;
    const char *begin; /* of a word */
} signs[] = {
    {ORX_EFFORT_CRITICAL, "consensus"},
    {ORX_EFFORT_CRITICAL, "security audit"},
    {ORX_EFFORT_CRITICAL, "vulnerability"},
    {ORX_EFFORT_CRITICAL, "production deploy"},
    {ORX_EFFORT_CRITICAL, "breaking change"},
    {ORX_EFFORT_HIGH, "architect"},
    {ORX_EFFORT_HIGH, "design"},
    {ORX_EFFORT_HIGH, "debug"},
    {ORX_EFFORT_HIGH, "investigate"},
    {ORX_EFFORT_HIGH, "optimize"},
    {ORX_EFFORT_HIGH, "security"},
    {ORX_EFFORT_HIGH, "review"},
    {ORX_EFFORT_MEDIUM, "implement"},
    {ORX_EFFORT_MEDIUM, "code"},
    {ORX_EFFORT_MEDIUM, "write"},
    {ORX_EFFORT_MEDIUM, "create"},
    {ORX_EFFORT_MEDIUM, "build"},
    {ORX_EFFORT_MEDIUM, "test"},
    {ORX_EFFORT_MEDIUM, "fix"},
    {ORX_EFFORT_MEDIUM, "refactor"},
};

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What a word that begins here says. */
static orx_effort effort_at(orx_view text) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(signs); i++) {
        orx_view sign = orx_view_of(signs[i].begin);
        if (text.len >= sign.len && orx_view_ieq(orx_view_mem(text.p, sign.len), sign))
            return signs[i].effort;
    }
    return ORX_EFFORT_LOW;
}

orx_effort orx_effort_of(orx_view text) {
    orx_effort most = ORX_EFFORT_LOW;
    for (size_t i = 0; i < text.len; i++) {
        if (i > 0 && is_letter(text.p[i - 1]))
            continue;
        orx_effort found = effort_at(orx_view_mem(text.p + i, text.len - i));
        most = found > most ? found : most;
    }
    return most;
}

/* ---- The orders ------------------------------------------------------------------------------ */

const char *orx_network_order(orx_network state, orx_effort effort) {
    static const char *const orders[ORX_EFFORTS][ORX_NETWORKS] = {
        {"L0 L1 L2", "L0 L1", "L0 L1"},
        {"L1 L0 L2", "L1 L0", "L1 L0"},
        {"L2 L1 L3", "L1 L2", "L1 L0"},
        {"L3 L2 L1", "L2 L1", "L1"},
    };
    return orders[effort][state];
}

unsigned orx_rungs_at(orx_place place) {
    return ORX_RUNG((unsigned)place);
}

int orx_network_rank(orx_network state, orx_effort effort, unsigned rungs) {
    int rank = 0;
    const char *p = orx_network_order(state, effort);
    for (; *p; p++)
        if (*p >= '0' && *p < '0' + ORX_RUNGS) {
            if (rungs & ORX_RUNG((unsigned)(*p - '0')))
                return rank;
            rank++;
        }
    return rank;
}
