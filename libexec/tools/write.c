/* write_file: a file as a whole. */
#include "tools.h"

bool tools_write(tools *t, const tools_request *r, orx_str *out) {
    tools_path path;
    orx_view content = tools_field(r, 1);
    if (!tools_path_of(t, tools_field(r, 0), &path, out) || !tools_save(t, &path, content, 0, out))
        return false;
    orx_str_addf(out, "%s: %zu bytes written\n", path.text, content.len);
    return true;
}
