/* The money of work on the fleet: reserved before each request, entered into the books after. */
#include "cli/fleet_files.h"

#include "fleet/local_chat.h"
#include "money/price_files.h"
#include "run/fleet_bill.h"

static int64_t tokens_of(const orx_local_said *said, const char *key) {
    return orx_node_int(orx_node_get(said->usage, key), -1);
}

static void read_prices(orx_cli *c, orx_price_files *prices) {
    orx_err err = ORX_ERR_INIT;
    if (orx_price_files_read(c->p, c->cfg->root, c->cfg->paths.pricing_file,
                             c->cfg->paths.prices_file, prices, &err) < 0)
        orx_cli_complain("what this costs is not known: %s", err.msg);
}

static orx_fleet_call *calls_of(const orx_local_work *w, const orx_local_chat *chats,
                                const orx_local_said *said, size_t count) {
    orx_cli *c = w->user;
    orx_fleet_call *calls = orx_arena_zalloc(&c->arena, count + 1, sizeof *calls);
    for (size_t i = 0; i < count; i++)
        calls[i] =
            (orx_fleet_call){.base_url = w->fleet->items[chats[i].endpoint].base_url,
                             .model = chats[i].model,
                             .prompt_bytes = (int64_t)strlen(chats[i].prompt),
                             .max_tokens = chats[i].max_tokens,
                             .timeout_ns = chats[i].timeout_ns,
                             .number = said[i].number,
                             .input = tokens_of(&said[i], "prompt_tokens"),
                             .output = tokens_of(&said[i], "completion_tokens"),
                             .answer_bytes = said[i].text ? (int64_t)strlen(said[i].text) : 0,
                             .begun_ns = said[i].begun_ns,
                             .wall_ns = said[i].latency_ns,
                             .silent = said[i].silent};
    return calls;
}

static size_t reserve(const orx_local_work *w, const orx_local_chat *chats, orx_local_said *said,
                      size_t count) {
    ORX_CLEANUP(orx_price_files_free) orx_price_files prices = {0};
    orx_cli *c = w->user;
    orx_fleet_call *calls = calls_of(w, chats, said, count);
    size_t paid = 0;
    read_prices(c, &prices);
    (void)orx_fleet_reserve(c->store, c->cfg, prices.prices, calls, count, &paid, w->refused);
    for (size_t i = 0; i < paid; i++) {
        said[i].number = calls[i].number;
        said[i].begun_ns = calls[i].begun_ns;
    }
    return paid;
}

/* The requests were made, so what goes wrong here can only be said; what was reserved for them
 * counts until somebody makes up their bills. */
static void spend(const orx_local_work *w, const orx_local_chat *chats, const orx_local_said *said,
                  size_t count) {
    ORX_CLEANUP(orx_price_files_free) orx_price_files prices = {0};
    orx_cli *c = w->user;
    orx_err err = ORX_ERR_INIT;
    const orx_fleet_call *calls = calls_of(w, chats, said, count);
    read_prices(c, &prices);
    if (orx_fleet_bill(c->store, c->cfg, prices.prices, w->what, calls, count, &err) < 0)
        orx_cli_complain("the books lack %zu requests to models: %s", count, err.msg);
}

int orx_fleet_may_ask(orx_cli *c, orx_local_work *w, const char *what, orx_err *err) {
    int rc = c->store ? 0 : orx_cli_store(c, ORX_STORE_CREATE, err);
    w->reserve = reserve;
    w->spend = spend;
    w->what = what;
    w->refused = ORX_ARENA_NEW(&c->arena, orx_err);
    if (rc == 0)
        rc = orx_fleet_may_spend(c->store, c->cfg, w->refused);
    if (rc < 0 && w->refused->code)
        (void)orx_err_set(err, w->refused->code, "%s", w->refused->msg);
    return rc;
}

int orx_fleet_unpaid(const orx_local_work *w) {
    if (!w->refused || !w->refused->code)
        return 0;
    orx_cli_complain("%s", w->refused->msg);
    return w->refused->code == ORX_E_LIMIT ? ORX_EXIT_BUDGET : ORX_EXIT_FAILED;
}
