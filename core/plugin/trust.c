#include "plugin/trust.h"

#define MODULE_MAX ((size_t)256 << 20)

static bool writable_by_others(const orx_file_info *info) {
    return (info->mode & 022) != 0;
}

static bool ours(orx_platform *p, const orx_file_info *info) {
    return info->uid == 0 || info->uid == orx_user_id(p);
}

static int check_file(orx_platform *p, const char *path, const orx_file_info *info, orx_err *err) {
    if (info->kind != ORX_FILE_REGULAR)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected a plugin module, found %s", path,
                           info->kind == ORX_FILE_DIRECTORY ? "a directory"
                                                            : "a FIFO, socket or device");
    if (info->size == 0)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected a plugin module, found an empty file",
                           path);
    if ((uint64_t)info->size > MODULE_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "%s: %lld bytes; a plugin module has at most %zu",
                           path, (long long)info->size, MODULE_MAX);
    if (!ours(p, info))
        return orx_err_set(err, ORX_E_DENIED,
                           "%s: belongs to user %u; a plugin must belong to root or to the user "
                           "who runs orxaq: chown it",
                           path, info->uid);
    if (writable_by_others(info))
        return orx_err_set(err, ORX_E_DENIED,
                           "%s: others may write to it (mode %04o), so it is not trusted: "
                           "chmod go-w %s",
                           path, info->mode, path);
    return 0;
}

static int check_folder(orx_platform *p, const char *path, const char *module, orx_err *err) {
    orx_file_info info;
    int rc = orx_lstat(p, path, &info, err);
    if (rc < 0)
        return rc;
    if (info.kind != ORX_FILE_DIRECTORY)
        return orx_err_set(err, ORX_E_DENIED, "%s: expected a directory", path);
    if (!ours(p, &info))
        return orx_err_set(err, ORX_E_DENIED,
                           "%s: its folder %s belongs to user %u, who could replace it; expected "
                           "root or the user who runs orxaq",
                           module, path, info.uid);
    if (writable_by_others(&info) && !(info.mode & 01000))
        return orx_err_set(err, ORX_E_DENIED,
                           "%s: others may write to its folder %s (mode %04o) and could replace "
                           "it: chmod go-w %s",
                           module, path, info.mode, path);
    return 0;
}

static int check_folders(orx_platform *p, const char *module, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    orx_str_adds(&path, module);
    while (path.len > 1) {
        size_t slash = path.len;
        while (slash > 0 && path.buf[slash - 1] != '/')
            slash--;
        orx_str_truncate(&path, slash > 1 ? slash - 1 : 1);
        int rc = check_folder(p, orx_str_cstr(&path), module, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int check_pin(const char *path, const char *sha256, const char *pin, orx_err *err) {
    if (!pin || orx_view_ieq(orx_view_of(pin), orx_view_of(sha256)))
        return 0;
    return orx_err_set(err, ORX_E_DENIED,
                       "%s: its SHA-256 is %s; the configuration expects %.80s: somebody changed "
                       "the module, or the pin is out of date",
                       path, sha256, pin);
}

int orx_trust_digest(orx_platform *p, const char *pin, orx_trusted_file *file, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    bool settled = orx_wall_ns(p) - file->info.ctime_ns >= ORX_TRUST_SETTLED_NS;
    int rc = orx_read_file(p, file->path, MODULE_MAX, &bytes, err);
    if (rc < 0)
        return rc;
    char sha256[ORX_SHA256_HEX];
    orx_sha256_hex(orx_str_view(&bytes), sha256);
    rc = check_pin(file->path, sha256, pin, err);
    if (rc < 0)
        return rc;
    memcpy(file->sha256, sha256, sizeof sha256);
    file->settled = settled;
    return 0;
}

int orx_trust_look(orx_platform *p, const char *path, orx_arena *arena, orx_trusted_file *ret_file,
                   orx_err *err) {
    if (!path || *path != '/')
        return orx_err_set(err, ORX_E_INVALID, "%s: the path of a plugin must be absolute",
                           path ? path : "(none)");
    ORX_CLEANUP(orx_str_free) orx_str real = {0};
    orx_trusted_file file = {0};
    int rc = orx_realpath(p, path, &real, err);
    if (rc < 0)
        return rc;
    file.path = orx_arena_strdup(arena, orx_str_cstr(&real));
    if (!orx_view_ends(orx_str_view(&real), ".so"))
        return orx_err_set(
            err, ORX_E_INVALID, "%s: the name of a plugin module must end in .so%s", file.path,
            orx_view_ends(orx_str_view(&real), ".la") ? " (a .la file only describes one)" : "");
    rc = orx_lstat(p, file.path, &file.info, err);
    if (rc >= 0)
        rc = check_file(p, file.path, &file.info, err);
    if (rc >= 0)
        rc = check_folders(p, file.path, err);
    if (rc >= 0)
        *ret_file = file;
    return rc;
}

int orx_trust_file(orx_platform *p, const char *path, const char *pin, orx_arena *arena,
                   orx_trusted_file *ret_file, orx_err *err) {
    orx_trusted_file file;
    int rc = orx_trust_look(p, path, arena, &file, err);
    if (rc >= 0)
        rc = orx_trust_digest(p, pin, &file, err);
    if (rc >= 0)
        *ret_file = file;
    return rc;
}
