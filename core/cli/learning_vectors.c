#include "cli/learning_vectors.h"

#include "base/map.h"
#include "base/vec.h"
#include "money/price_files.h"
#include "run/embedding.h"
#include "run/record.h"

typedef ORX_VEC(orx_view) view_vec;

typedef struct embedding {
    orx_cli *c;
    orx_embedder by;
    orx_secrets secrets;
    orx_price_files prices;
    orx_map numbers; /* text -> size_t, its place in `texts` from 1 */
    view_vec texts;
    orx_vector *vectors;
    orx_view *coded; /* base64 of each vector, made when it is needed first */
} embedding;

/* ---- Texts ----------------------------------------------------------------------------------- */

static orx_view text_of(embedding *m, const orx_node *row) {
    orx_arena *a = &m->c->arena;
    const orx_node *list = orx_node_get(row, "acceptance");
    uint32_t count = list && list->kind == ORX_ARRAY ? list->count : 0;
    const char **acceptance = orx_arena_zalloc(a, (size_t)count + 1, sizeof *acceptance);
    for (uint32_t i = 0; i < count; i++)
        acceptance[i] = orx_node_str(orx_node_at(list, i), "");
    return orx_embedding_text(orx_node_str(orx_node_get(row, "title"), ""),
                              orx_node_str(orx_node_get(row, "text"), ""), acceptance, &m->secrets,
                              a);
}

/* The place of a text, from 1. */
static size_t place_of(embedding *m, orx_view text) {
    size_t *place = orx_map_get(&m->numbers, text);
    if (!place) {
        orx_vec_push(&m->texts, text);
        place = orx_arena_alloc(&m->c->arena, sizeof *place);
        *place = m->texts.len;
        orx_map_put(&m->numbers, text, place);
    }
    return *place;
}

/* ---- Vectors --------------------------------------------------------------------------------- */

static orx_view coded(embedding *m, size_t i) {
    if (!m->coded[i].len) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_vector_base64(&m->vectors[i], &text);
        m->coded[i] = orx_arena_view(&m->c->arena, orx_str_view(&text));
    }
    return m->coded[i];
}

/* The rows of one text share its vector. */
static void give(embedding *m, orx_node *row, size_t i) {
    orx_node *n = orx_node_new(&m->c->arena, ORX_STRING);
    n->u.s = coded(m, i);
    orx_node_set(&m->c->arena, row, "embedding", n);
}

static int reopen(orx_cli *c, orx_err *err) {
    orx_store_close(c->store);
    c->store = NULL;
    return orx_cli_store(c, ORX_STORE_CREATE, err);
}

static int prepare(embedding *m, const char *source, orx_err *err) {
    orx_cli *c = m->c;
    int rc = c->plugins ? 0 : orx_cli_plugins(c, err);
    if (rc >= 0)
        rc = orx_embedder_open(c->cfg, c->plugins, source, &c->arena, &m->by, err);
    if (rc >= 0)
        rc = reopen(c, err);
    if (rc >= 0)
        rc = orx_price_files_read(c->p, c->cfg->root, c->cfg->paths.pricing_file,
                                  c->cfg->paths.prices_file, &m->prices, err);
    if (rc >= 0)
        orx_record_secrets(c->cfg, m->by.instance, &m->secrets);
    return rc < 0 ? rc : 0;
}

static int fetch(embedding *m, size_t *ret_asked, orx_err *err) {
    orx_cli *c = m->c;
    size_t count = m->texts.len;
    const orx_embedding_job job = {
        .p = c->p, .s = c->store, .cfg = c->cfg, .prices = m->prices.prices};
    m->vectors = orx_arena_zalloc(&c->arena, count + 1, sizeof *m->vectors);
    m->coded = orx_arena_zalloc(&c->arena, count + 1, sizeof *m->coded);
    return orx_embed(&job, &m->by, m->texts.items, count, &c->arena, m->vectors, ret_asked, err);
}

int orx_learning_embed(orx_cli *c, const char *source, orx_node *rows,
                       orx_learning_vectors *ret_took, orx_err *err) {
    embedding m = {.c = c};
    size_t *places = orx_arena_zalloc(&c->arena, (size_t)rows->count + 1, sizeof *places);
    size_t i = 0;
    int rc = prepare(&m, source, err);
    for (orx_node *row = rows->u.child.first; rc == 0 && row; row = row->next, i++)
        if (!orx_node_get(row, "embedding"))
            places[i] = place_of(&m, text_of(&m, row));
    *ret_took = (orx_learning_vectors){.texts = m.texts.len};
    if (rc == 0)
        rc = fetch(&m, &ret_took->asked, err);
    i = 0;
    for (orx_node *row = rows->u.child.first; rc == 0 && row; row = row->next, i++)
        if (places[i])
            give(&m, row, places[i] - 1);
    orx_embedder_close(&m.by);
    orx_secrets_free(&m.secrets);
    orx_price_files_free(&m.prices);
    orx_map_free(&m.numbers);
    orx_vec_free(&m.texts);
    return rc;
}
