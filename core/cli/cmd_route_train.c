/* orxaq route train: weights for a router, from what passed and what did not. */
#include "cli/cli.h"

#include "cli/endpoint_files.h"
#include "cli/learning.h"
#include "cli/learning_vectors.h"

static int read_seed(const orx_cli *c, int64_t *ret_seed, orx_err *err) {
    const char *text = orx_cli_option(c, "seed");
    *ret_seed = 1;
    if (!text || (orx_view_to_i64(orx_view_of(text), ret_seed) && *ret_seed >= 0))
        return 0;
    return orx_err_set(err, ORX_E_USAGE, "--seed takes a whole number from 0 on, not \"%s\"", text);
}

static int ask(orx_cli *c, orx_node *rows, const orx_node **ret_weights, orx_err *err) {
    orx_arena *a = &c->arena;
    orx_node *question = orx_node_new(a, ORX_OBJECT);
    orx_node *train = orx_node_new(a, ORX_OBJECT);
    int64_t seed = 0;
    int rc = read_seed(c, &seed, err);
    if (rc < 0)
        return rc;
    orx_node_set_str(a, train, "router", orx_ep_option(c, "router", "mf"));
    orx_node_set_int(a, train, "seed", seed);
    if (orx_cli_option(c, "embed"))
        orx_node_set_str(a, train, "source", orx_cli_option(c, "embed"));
    orx_node_set(a, train, "rows", rows);
    orx_node_set(a, question, "train", train);
    return orx_learning_ask(c, NULL, question, ret_weights, err);
}

/* Vectors from outside, where they are wanted: only two of the routers look at any. */
static int embed(orx_cli *c, orx_node *rows, orx_learning_vectors *ret_took, orx_err *err) {
    const char *source = orx_cli_option(c, "embed");
    const char *router = orx_ep_option(c, "router", "mf");
    if (!source)
        return 0;
    if (strcmp(router, "mf") != 0 && strcmp(router, "sw") != 0)
        return orx_err_set(err, ORX_E_USAGE,
                           "--embed is for the routers mf and sw: %s looks at no vector", router);
    return orx_learning_embed(c, source, rows, ret_took, err);
}

static double figure(const orx_node *weights, const char *key) {
    return orx_node_num(orx_node_get(orx_node_get(weights, "trained"), key), 0);
}

static void print(const orx_learning_rows *rows, uint32_t aside, const orx_learning_vectors *took,
                  const orx_node *weights, const char *path) {
    const char *source = orx_node_str(orx_node_path(weights, "trained.embedding"), "");
    orx_cli_printf("rows       %lld recorded, %lld imported, %u of them kept aside for reports\n",
                   (long long)rows->recorded, (long long)rows->imported, aside);
    orx_cli_printf("learned    %s from %.0f rows about %.0f texts and %.0f models\n",
                   orx_node_str(orx_node_get(weights, "router"), ""), figure(weights, "rows"),
                   figure(weights, "texts"), figure(weights, "models"));
    orx_cli_printf("embedding  %s, %lld numbers", *source ? source : "that of the rows",
                   (long long)figure(weights, "dimensions"));
    if (took->texts)
        orx_cli_printf(": of %zu texts %zu were asked for, the others were in the journal",
                       took->texts, took->asked);
    orx_cli_printf("\n");
    orx_cli_printf("log loss   %.4f on what was held out; %.4f without looking at texts\n",
                   figure(weights, "loss"), figure(weights, "loss_without_text"));
    if (figure(weights, "checked_on") > 0)
        orx_cli_printf("calibrated on %.0f texts: the threshold for 30 %% gave %.1f %% on %.0f "
                       "others\n",
                       figure(weights, "calibrated_on"),
                       100 * figure(weights, "share_at_30_percent"), figure(weights, "checked_on"));
    else
        orx_cli_printf("calibrated no: that takes two models and texts that were held out\n");
    orx_cli_printf("weights    %s\n", path);
}

static void print_json(orx_cli *c, const orx_learning_rows *rows, uint32_t aside,
                       const orx_learning_vectors *took, const orx_node *weights,
                       const char *path) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "weights", path);
    orx_node_set_str(a, n, "router", orx_node_str(orx_node_get(weights, "router"), ""));
    orx_node_set_int(a, n, "recorded", rows->recorded);
    orx_node_set_int(a, n, "imported", rows->imported);
    orx_node_set_int(a, n, "aside", aside);
    orx_node_set_int(a, n, "texts_embedded", (int64_t)took->texts);
    orx_node_set_int(a, n, "texts_asked", (int64_t)took->asked);
    orx_node_set(a, n, "trained", orx_node_copy(a, orx_node_get(weights, "trained")));
    orx_cli_json(c, n);
}

int orx_cmd_route_train(orx_cli *c, orx_err *err) {
    orx_learning_rows rows = {0};
    orx_learning_vectors took = {0};
    const orx_node *weights = NULL;
    int rc = orx_learning_read(c, &rows, err);
    if (rc < 0)
        return rc;
    orx_node *part = orx_learning_part(c, &rows, false);
    uint32_t aside = rows.all->count - part->count;
    const char *path = orx_ep_path(c, orx_ep_option(c, "output", ORX_LEARNING_WEIGHTS));
    rc = part->count ? 0
                     : orx_err_set(err, ORX_E_INVALID,
                                   "there is nothing to learn from: no attempt was judged yet; "
                                   "give rows with --import FILE");
    if (rc == 0)
        rc = embed(c, part, &took, err);
    if (rc == 0)
        rc = ask(c, part, &weights, err);
    if (rc == 0)
        rc = orx_ep_write(c, path, weights, ORX_JSON_OURS_PRETTY, err);
    if (rc < 0)
        return rc;
    if (c->json)
        print_json(c, &rows, aside, &took, weights, path);
    else
        print(&rows, aside, &took, weights, path);
    return ORX_EXIT_OK;
}
