/* A setting that is a file: read once, when the settings are built. */
#include "platform/files.h"
#include "plugin/key.h"

#define BYTES_MAX ((size_t)16 << 20)

static const orx_doc_limits limits = {BYTES_MAX, ORX_DOC_DEPTH_MAX, 1000000};

static int parse(const char *path, orx_view bytes, orx_arena *arena, orx_node **ret_value,
                 orx_err *err) {
    const orx_node *root = NULL;
    int rc = orx_doc_parse(arena, path, bytes, &limits, &root, err);
    if (rc < 0)
        return rc;
    if (root->kind != ORX_OBJECT && root->kind != ORX_ARRAY)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected a map or a list, found %s", path,
                           orx_kind_name(root->kind));
    *ret_value = (orx_node *)root; /* the arena's, read a moment ago and not shared yet */
    return 0;
}

int orx_key_document(const orxaq_config_key *key, const orx_node *given, const orx_bases *bases,
                     orx_arena *arena, orx_node **ret_value, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const char *path = NULL;
    if (given->kind != ORX_STRING) {
        *ret_value = orx_node_copy(arena, given);
        return 0;
    }
    int rc = orx_key_path(given, bases, arena, &path, err);
    if (rc < 0)
        return rc;
    if (!bases->p)
        return orx_err_set(err, ORX_E_UNSUPPORTED, "expected %s, but no file can be read here",
                           orx_key_expected(key));
    rc = orx_read_file(bases->p, path, BYTES_MAX, &bytes, err);
    return rc < 0 ? rc : parse(path, orx_str_view(&bytes), arena, ret_value, err);
}
