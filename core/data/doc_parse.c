#include "data/json.h"
#include "data/yaml.h"

int orx_doc_parse(orx_arena *arena, const char *name, orx_view bytes, const orx_doc_limits *limits,
                  const orx_node **ret_root, orx_err *err) {
    const char *dot = strrchr(name, '.');
    orx_view suffix = orx_view_of(dot ? dot : "");
    bool yaml =
        orx_view_ieq(suffix, orx_view_of(".yaml")) || orx_view_ieq(suffix, orx_view_of(".yml"));
    return (yaml ? orx_yaml_parse : orx_json_parse)(arena, name, bytes, limits, ret_root, err);
}
