/* The weights document: what a person may want to know of it in the open, the model itself as
 * base64 with its checksum. Who reads it believes only the model. */
#include "routellm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT  "orxaq.routellm.weights"
#define VERSION 2

#define HEAD                                                                                       \
    "{\n  \"format\": \"" FORMAT "\",\n  \"version\": %d,\n  \"router\": \"%s\",\n"                \
    "  \"trained\": {\"rows\": %u, \"texts\": %u, \"models\": %u, \"loss\": %.6f, "                \
    "\"loss_without_text\": %.6f, \"calibrated_on\": %u, \"checked_on\": %u, "                     \
    "\"share_at_30_percent\": %.4f, \"embedding\": \"%s\", \"dimensions\": %u},\n"                 \
    "  \"crc64\": \"%016llx\",\n  \"data\": \""

/* 1: nobody says who made the vectors, if they came from outside. */
static int version_of(const rl_model *m) {
    return m->source ? VERSION : 1;
}

static char *text_of(const rl_model *m, const unsigned char *bytes, size_t len) {
    const rl_calibration *c = &m->calibration;
    size_t size = sizeof HEAD + 512 + RL_NAME_MAX + RL_BASE64(len);
    char *text = malloc(size);
    if (!text)
        return NULL;
    int n = snprintf(text, size, HEAD, version_of(m), rl_router_name(m->router), m->rows, m->texts,
                     m->model_count, m->loss, m->base_loss, c->count, c->checked, c->check,
                     rl_model_embedding(m), m->dims, (unsigned long long)rl_crc(bytes, len));
    rl_base64(bytes, len, text + n);
    memcpy(text + n + RL_BASE64(len), "\"\n}\n", sizeof "\"\n}\n");
    return text;
}

char *rl_weights_text(const rl_model *model) {
    unsigned char *bytes = NULL;
    size_t len = 0;
    if (rl_pack(model, &bytes, &len) < 0)
        return NULL;
    char *text = text_of(model, bytes, len);
    free(bytes);
    return text;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int same_crc(orxaq_view text, uint64_t crc) {
    char hex[17];
    (void)snprintf(hex, sizeof hex, "%016llx", (unsigned long long)crc);
    return orxaq_view_is(text, hex);
}

static const char *read_data(orxaq_view text, orxaq_view crc, rl_model *ret_model, int *ret_code) {
    size_t n = 0;
    unsigned char *bytes = malloc((size_t)text.len / 4 * 3 + 1);
    const char *problem = NULL;
    *ret_code = RL_DAMAGED;
    if (!bytes)
        *ret_code = RL_NO_MEMORY;
    else if (rl_unbase64(text.data, (size_t)text.len, bytes, &n) < 0)
        problem = "`data` is no base64: the file is damaged; train again, or restore it";
    else if (!same_crc(crc, rl_crc(bytes, n)))
        problem = "`crc64` is not that of `data`: the file is damaged; train again, or restore it";
    else
        *ret_code = rl_unpack(bytes, n, ret_model);
    if (*ret_code == RL_DAMAGED && !problem)
        problem = "`data` holds no model though its checksum is right; train again";
    free(bytes);
    return problem;
}

/* What is around the data, or NULL when it is as it should be. */
static const char *check_head(const orxaq_json_service *json, const orxaq_value *document) {
    const orxaq_view none = orxaq_str("");
    int64_t version = json->integer(json->get(document, "version"), -1);
    if (json->kind(document) != ORXAQ_VALUE_MAP ||
        !orxaq_view_is(json->text(json->get(document, "format"), none), FORMAT))
        return "it is no weights document (`format` is not \"" FORMAT
               "\"); `orxaq route train` writes one";
    if (version > VERSION)
        return "the weights document is of a newer version; train again with this program";
    if (version < 1)
        return "`version` is no version of weights documents: the file is damaged";
    return NULL;
}

int32_t rl_weights_read(const orxaq_json_service *json, const orxaq_value *document,
                        rl_model *ret_model, const char **ret_problem) {
    const orxaq_view none = orxaq_str("");
    orxaq_view router = json->text(json->get(document, "router"), none);
    rl_model model = {0};
    int code = RL_DAMAGED;
    const char *problem = check_head(json, document);
    if (!problem)
        problem = read_data(json->text(json->get(document, "data"), none),
                            json->text(json->get(document, "crc64"), none), &model, &code);
    if (code == RL_NO_MEMORY)
        return ORXAQ_E_MEMORY;
    if (!problem && json->integer(json->get(document, "version"), 0) != version_of(&model))
        problem = "`version` is not that of `data`: the file is damaged; train again";
    if (!problem && !orxaq_view_is(router, rl_router_name(model.router)))
        problem = "`router` is not the one in `data`: the file is damaged; train again";
    if (problem) {
        rl_model_free(&model);
        *ret_problem = problem;
        return ORXAQ_E_INVALID;
    }
    *ret_model = model;
    return ORXAQ_OK;
}
