/* Finding what belongs to this program relative to the running executable: beside it in a build
 * tree (build/bin, build/tests -> build/libexec), or where `make install` puts it (PREFIX/bin ->
 * PREFIX/libexec/orxaq). Not configurable: what supervises agents and what sends their keys is not
 * a matter of environment.
 */
#include "platform/uv/procs.h"

#include <errno.h>
#include <unistd.h>

static const char *const places[] = {
    "../libexec/",
    "../libexec/orxaq/",
};

static int own_directory(orx_str *out, orx_err *err) {
    char buf[4096];
    ssize_t n = readlink("/proc/self/exe", buf, sizeof buf);
    if (n < 0)
        return orx_err_errno(err, errno, "cannot find the own executable by /proc/self/exe");
    while (n > 0 && buf[n - 1] != '/')
        n--;
    orx_str_add(out, buf, (size_t)n);
    return 0;
}

int orx_uv_beside(const char *name, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    int rc = own_directory(&dir, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < ORX_ARRAY_LEN(places); i++) {
        orx_str_clear(out);
        orx_str_addf(out, "%s%s%s", orx_str_cstr(&dir), places[i], name);
        if (access(out->buf, F_OK) == 0)
            return 0;
    }
    return orx_err_set(err, ORX_E_NOT_FOUND,
                       "%s is missing: it is neither in %s%s nor in %s%s; build or install orxaq "
                       "again",
                       name, orx_str_cstr(&dir), places[0], orx_str_cstr(&dir), places[1]);
}

int orx_uv_exec_path(orx_uv *u, const char **ret_path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    int rc = u->exec_path ? 0 : orx_uv_beside("orxaq-exec", &path, err);
    if (rc < 0)
        return rc;
    if (!u->exec_path)
        u->exec_path = orx_str_steal(&path);
    *ret_path = u->exec_path;
    return 0;
}
