/* The money of work on the fleet: asked for before, entered into the books after. */
#include "cli/fleet_files.h"

#include "fleet/local_chat.h"
#include "money/price_files.h"
#include "run/fleet_bill.h"

static int64_t tokens_of(const orx_local_said *said, const char *key) {
    return orx_node_int(orx_node_get(said->usage, key), -1);
}

/* The requests were made, so what goes wrong here can only be said. */
static void spend(const orx_local_work *w, const orx_local_chat *chats, const orx_local_said *said,
                  size_t count) {
    ORX_CLEANUP(orx_price_files_free) orx_price_files prices = {0};
    orx_cli *c = w->user;
    orx_err err = ORX_ERR_INIT;
    orx_fleet_call *calls = orx_arena_zalloc(&c->arena, count + 1, sizeof *calls);
    for (size_t i = 0; i < count; i++)
        calls[i] = (orx_fleet_call){.base_url = w->fleet->items[chats[i].endpoint].base_url,
                                    .model = chats[i].model,
                                    .input = tokens_of(&said[i], "prompt_tokens"),
                                    .output = tokens_of(&said[i], "completion_tokens"),
                                    .prompt_bytes = (int64_t)strlen(chats[i].prompt),
                                    .answer_bytes = (int64_t)strlen(said[i].text),
                                    .wall_ns = said[i].latency_ns};
    if (orx_price_files_read(c->p, c->cfg->root, c->cfg->paths.pricing_file,
                             c->cfg->paths.prices_file, &prices, &err) < 0)
        orx_cli_complain("what this costs is not known: %s", err.msg);
    if (orx_fleet_bill(c->store, c->cfg, prices.prices, w->what, calls, count, &err) < 0)
        orx_cli_complain("the books lack %zu requests to models: %s", count, err.msg);
}

int orx_fleet_may_ask(orx_cli *c, orx_local_work *w, const char *what, orx_err *err) {
    int rc = c->store ? 0 : orx_cli_store(c, ORX_STORE_CREATE, err);
    if (rc == 0)
        rc = orx_fleet_may_spend(c->store, c->cfg, err);
    if (rc < 0)
        return rc;
    w->spend = spend;
    w->what = what;
    return 0;
}
