#include "run/operator_key.h"

#include "base/digest.h"
#include "platform/files.h"

#include <stdio.h>

#define PUBLIC   "ed25519:"
#define SECRET   "ed25519-secret:"
#define KEY_FILE 4096

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool orx_unhex(orx_view text, uint8_t *out, size_t len) {
    if (text.len != 2 * len)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (digit(text.p[i]) < 0)
            return false;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(digit(text.p[2 * i]) << 4 | digit(text.p[2 * i + 1]));
    return true;
}

static bool parse(orx_view text, const char *prefix, uint8_t *out) {
    size_t n = strlen(prefix);
    if (!orx_view_starts(text, prefix))
        return false;
    return orx_unhex((orx_view){text.p + n, text.len - n}, out, ORX_ED25519_KEY);
}

void orx_public_key_text(const uint8_t key[ORX_ED25519_KEY], char out[ORX_KEY_TEXT]) {
    memcpy(out, PUBLIC, sizeof PUBLIC);
    orx_hex(key, ORX_ED25519_KEY, out + sizeof PUBLIC - 1);
}

bool orx_public_key_parse(const char *text, uint8_t ret_key[ORX_ED25519_KEY]) {
    return text && parse(orx_view_of(text), PUBLIC, ret_key);
}

const char *orx_operator_dir(const orx_config *cfg, orx_arena *arena) {
    const char *home = orx_config_env(cfg, "HOME");
    return home && *home == '/' ? orx_path_join(arena, home, ".config/orxaq") : NULL;
}

const char *orx_operator_key_path(const orx_config *cfg, orx_arena *arena) {
    const char *dir = orx_operator_dir(cfg, arena);
    return dir ? orx_path_join(arena, dir, "operator.key") : NULL;
}

static int make_folder(orx_platform *p, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char *dir = orx_arena_strdup(&arena, path);
    char *slash = strrchr(dir, '/');
    if (!slash || slash == dir)
        return 0;
    *slash = '\0';
    return orx_mkdirs(p, dir, true, err);
}

int orx_operator_key_make(orx_platform *p, const char *path, orx_err *err) {
    uint8_t secret[ORX_ED25519_KEY];
    char text[sizeof SECRET + (size_t)2 * ORX_ED25519_KEY + 1];
    int rc = make_folder(p, path, err);
    if (rc < 0)
        return rc;
    orx_random(p, secret, sizeof secret);
    memcpy(text, SECRET, sizeof SECRET);
    orx_hex(secret, sizeof secret, text + sizeof SECRET - 1);
    size_t len = strlen(text);
    text[len++] = '\n';
    rc = orx_write_new(p, path, (orx_view){text, len}, 0600, err);
    orx_wipe(secret, sizeof secret);
    orx_wipe(text, sizeof text);
    return rc;
}

static int check_file(orx_platform *p, const char *path, orx_err *err) {
    orx_file_info info;
    int rc = orx_lstat(p, path, &info, err);
    if (rc == ORX_E_NOT_FOUND)
        return orx_err_set(
            err, rc, "%s: there is no operator's key; `orxaq breakglass-key` makes one", path);
    if (rc < 0)
        return rc;
    if (info.kind != ORX_FILE_REGULAR || info.uid != orx_user_id(p) || (info.mode & 077))
        return orx_err_set(err, ORX_E_DENIED,
                           "%s: expected a file of yours that nobody else can read (mode 0600), "
                           "found mode %04o; make a new key, others may know this one",
                           path, (unsigned)info.mode);
    return 0;
}

int orx_operator_key_read(orx_platform *p, const char *path, uint8_t ret_secret[ORX_ED25519_KEY],
                          orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int rc = check_file(p, path, err);
    if (rc == 0)
        rc = orx_read_file(p, path, KEY_FILE, &text, err);
    if (rc < 0)
        return rc;
    if (!parse(orx_view_trim(orx_str_view(&text)), SECRET, ret_secret))
        rc = orx_err_set(err, ORX_E_INVALID, "%s: holds no operator's key", path);
    orx_wipe(text.buf, text.len);
    return rc;
}
