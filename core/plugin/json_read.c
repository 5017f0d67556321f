/* The json service: reading. A value is a document node. */
#include "data/json.h"
#include "plugin/services.h"

static const orx_node *in(const orxaq_value *value) {
    return (const orx_node *)(const void *)value;
}

static const orxaq_value *out(const orx_node *node) {
    return (const orxaq_value *)(const void *)node;
}

/* Programs cut their output at bytes, also in the middle of a character. That must not cost the
 * record it stands in, so text that is no UTF-8 is repaired, as the writer does. NULL: nothing to
 * repair. */
static const orx_node *parse_repaired(orx_instance *instance, orx_view text,
                                      const orx_doc_limits *limits) {
    const orx_node *root = NULL;
    ORX_CLEANUP(orx_str_free) orx_str repaired = {0};
    if (text.len > limits->max_bytes || orx_view_is_utf8(text))
        return NULL;
    orx_str_add_utf8(&repaired, text);
    return orx_json_parse(&instance->call, instance->name, orx_str_view(&repaired), limits, &root,
                          NULL) < 0
               ? NULL
               : root;
}

static int32_t parse(const orxaq_host *host, orxaq_view text, const orxaq_value **ret_value) {
    static const orx_doc_limits limits = {ORX_JSON_BYTES_MAX, 64, 1000000};
    orx_instance *instance = orx_instance_of(host);
    const orx_node *root = NULL;
    if (instance->depth == 0)
        return ORXAQ_E_INVALID;
    if (orx_arena_used(&instance->call) > ORX_CALL_ARENA_MAX)
        return ORXAQ_E_LIMIT;
    int rc =
        orx_json_parse(&instance->call, instance->name, orx_view_in(text), &limits, &root, NULL);
    if (rc < 0)
        root = parse_repaired(instance, orx_view_in(text), &limits);
    if (!root)
        return rc == ORX_E_LIMIT ? ORXAQ_E_LIMIT : ORXAQ_E_INVALID;
    *ret_value = out(root);
    return ORXAQ_OK;
}

static int32_t kind(const orxaq_value *value) {
    if (!value)
        return ORXAQ_VALUE_NULL;
    switch (in(value)->kind) {
    case ORX_BOOL:
        return ORXAQ_VALUE_BOOLEAN;
    case ORX_INT:
        return ORXAQ_VALUE_INTEGER;
    case ORX_DOUBLE:
        return ORXAQ_VALUE_NUMBER;
    case ORX_STRING:
        return ORXAQ_VALUE_STRING;
    case ORX_ARRAY:
        return ORXAQ_VALUE_LIST;
    case ORX_OBJECT:
        return ORXAQ_VALUE_MAP;
    default:
        return ORXAQ_VALUE_NULL;
    }
}

static const orxaq_value *get(const orxaq_value *value, const char *path) {
    return path ? out(orx_node_path(in(value), path)) : NULL;
}

static uint32_t count(const orxaq_value *value) {
    bool many = kind(value) == ORXAQ_VALUE_LIST || kind(value) == ORXAQ_VALUE_MAP;
    return many ? in(value)->count : 0;
}

static const orxaq_value *first(const orxaq_value *value) {
    return out(orx_node_first(in(value)));
}

static const orxaq_value *next(const orxaq_value *value) {
    return value ? out(in(value)->next) : NULL;
}

static orxaq_view name(const orxaq_value *value) {
    return value ? orx_view_out(in(value)->key) : (orxaq_view){0};
}

static orxaq_view text(const orxaq_value *value, orxaq_view otherwise) {
    return kind(value) == ORXAQ_VALUE_STRING ? orx_view_out(in(value)->u.s) : otherwise;
}

static int64_t integer(const orxaq_value *value, int64_t otherwise) {
    return orx_node_int(in(value), otherwise);
}

static double number(const orxaq_value *value, double otherwise) {
    return orx_node_num(in(value), otherwise);
}

static int32_t boolean(const orxaq_value *value, int32_t otherwise) {
    return kind(value) == ORXAQ_VALUE_BOOLEAN ? (int32_t)in(value)->u.b : otherwise;
}

const orxaq_json_service orx_service_json = {
    .struct_size = sizeof(orxaq_json_service),
    .parse = parse,
    .kind = kind,
    .get = get,
    .count = count,
    .first = first,
    .next = next,
    .name = name,
    .text = text,
    .integer = integer,
    .number = number,
    .boolean = boolean,
    .writer = orx_writer_new,
    .begin_map = orx_writer_begin_map,
    .end_map = orx_writer_end_map,
    .begin_list = orx_writer_begin_list,
    .end_list = orx_writer_end_list,
    .key = orx_writer_key,
    .put_text = orx_writer_text,
    .put_integer = orx_writer_integer,
    .put_number = orx_writer_number,
    .put_boolean = orx_writer_boolean,
    .put_null = orx_writer_null,
    .put_value = orx_writer_value,
    .finish = orx_writer_finish,
};
