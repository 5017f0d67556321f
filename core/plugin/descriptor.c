/* The descriptor, read with a bound in every direction. */
#include "plugin/registry.h"
#include "plugin/settings.h"

/* The layout word of each minor version this host may be asked for. */
static const uint64_t layouts[ORXAQ_ABI_MINOR + 1] = {
    [1] = ORXAQ_LAYOUT_0_1, [2] = ORXAQ_LAYOUT_0_2};

uint64_t orx_layout_word(uint32_t minor) {
    return minor <= ORXAQ_ABI_MINOR ? layouts[minor] : 0;
}

static int check_head(const orxaq_plugin *raw, orx_err *err) {
    if ((uintptr_t)raw % sizeof(void *) != 0)
        return orx_err_set(err, ORX_E_INVALID, "the descriptor is not aligned");
    if (raw->struct_size < sizeof *raw || raw->struct_size > ORX_ABI_TABLE_MAX)
        return orx_err_set(err, ORX_E_INVALID,
                           "the descriptor says it has %u bytes; expected %zu to %d",
                           raw->struct_size, sizeof *raw, ORX_ABI_TABLE_MAX);
    if (raw->magic != ORXAQ_PLUGIN_MAGIC)
        return orx_err_set(err, ORX_E_INVALID,
                           "the descriptor begins with 0x%08x; expected ORXAQ_PLUGIN_MAGIC",
                           raw->magic);
    return 0;
}

static int check_versions(const orxaq_plugin *raw, orx_err *err) {
    bool fits = raw->abi_major == ORXAQ_ABI_MAJOR && raw->abi_minor >= ORX_ABI_MIN_MINOR &&
                raw->min_host_minor >= ORX_ABI_MIN_MINOR &&
                raw->min_host_minor <= ORXAQ_ABI_MINOR && raw->min_host_minor <= raw->abi_minor;
    if (!fits)
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "the module was built for ABI %u.%u (hosts from %u.%u); this host "
                           "speaks %d.%d to %d.%d: build one of the two anew",
                           raw->abi_major, raw->abi_minor, raw->abi_major, raw->min_host_minor,
                           ORXAQ_ABI_MAJOR, ORX_ABI_MIN_MINOR, ORXAQ_ABI_MAJOR, ORXAQ_ABI_MINOR);
    uint64_t expected = layouts[raw->min_host_minor];
    if (raw->layout != expected)
        return orx_err_set(
            err, ORX_E_UNSUPPORTED,
            "the module says it speaks ABI %u.%u, as this host (%d.%d) does, but its "
            "tables have other members (layout word %016llx, expected %016llx): "
            "build it with unchanged headers",
            raw->abi_major, raw->abi_minor, ORXAQ_ABI_MAJOR, ORXAQ_ABI_MINOR,
            (unsigned long long)raw->layout, (unsigned long long)expected);
    return 0;
}

/* A text of one line within bounds. Reads at most max + 1 bytes. */
static int check_text(const char *what, const char *text, size_t max, orx_err *err) {
    if (!text)
        return orx_err_set(err, ORX_E_INVALID, "the descriptor has no %s", what);
    size_t len = strnlen(text, max + 1);
    if (len == 0 || len > max)
        return orx_err_set(err, ORX_E_INVALID,
                           "the descriptor's %s has %s; expected 1 to %zu bytes", what,
                           len ? "no end in sight" : "no text", max);
    bool plain = orx_view_is_utf8(orx_view_mem(text, len));
    for (size_t i = 0; i < len && plain; i++)
        plain = (unsigned char)text[i] >= 0x20 && text[i] != 0x7f;
    return plain ? 0
                 : orx_err_set(err, ORX_E_INVALID, "the descriptor's %s is not one line of UTF-8",
                               what);
}

static int check_id(const char *id, orx_err *err) {
    int rc = check_text("id", id, 64, err);
    if (rc < 0)
        return rc;
    bool good = id[0] >= 'a' && id[0] <= 'z';
    for (const char *c = id; *c && good; c++)
        good = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || strchr("-_.", *c);
    return good ? 0
                : orx_err_set(err, ORX_E_INVALID,
                              "the descriptor's id is \"%s\"; expected a letter followed by "
                              "a-z, 0-9, '-', '_' or '.'",
                              id);
}

static int check_texts(const orxaq_plugin *d, orx_err *err) {
    int rc = check_id(d->id, err);
    if (rc >= 0)
        rc = check_text("name", d->name, 256, err);
    if (rc >= 0)
        rc = check_text("version", d->version, 64, err);
    if (rc >= 0)
        rc = check_text("vendor", d->vendor, 256, err);
    if (rc >= 0)
        rc = check_text("licence", d->licence, 256, err);
    if (rc >= 0)
        rc = check_text("summary", d->summary, 256, err);
    if (rc >= 0 && (!d->capability || !d->create || !d->destroy))
        rc = orx_err_set(err, ORX_E_INVALID, "the descriptor has no function %s",
                         !d->capability ? "capability"
                         : !d->create   ? "create"
                                        : "destroy");
    return rc;
}

/* Copies the keys into one array of our own element size. */
static int copy_keys(const orxaq_plugin *d, orx_arena *arena, orxaq_config_key **ret_keys,
                     orx_err *err) {
    if (d->config_count > ORX_ABI_KEYS_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "the descriptor has %u config keys; at most %d",
                           d->config_count, ORX_ABI_KEYS_MAX);
    if (d->config_count && !d->config)
        return orx_err_set(err, ORX_E_INVALID, "the descriptor counts %u config keys but has none",
                           d->config_count);
    if ((uintptr_t)d->config % sizeof(void *) != 0)
        return orx_err_set(err, ORX_E_INVALID, "the array of config keys is not aligned");
    orxaq_config_key *keys = orx_arena_zalloc(arena, d->config_count + 1, sizeof *keys);
    uint32_t size = d->config_count ? d->config->struct_size : 0;
    for (uint32_t i = 0; i < d->config_count; i++) {
        const orxaq_config_key *key = ORXAQ_AT(orxaq_config_key, d->config, i);
        if (size < sizeof *key || size > ORX_ABI_ELEMENT_MAX || size % sizeof(void *) != 0 ||
            key->struct_size != size)
            return orx_err_set(err, ORX_E_INVALID,
                               "config key %u says it has %u bytes; expected one size for all, %zu "
                               "to %d",
                               i, key->struct_size, sizeof *key, ORX_ABI_ELEMENT_MAX);
        keys[i] = *key;
        keys[i].struct_size = sizeof *key;
    }
    *ret_keys = keys;
    return 0;
}

int orx_descriptor_check(const orxaq_plugin *raw, orx_arena *arena, orx_module_view *view,
                         orx_err *err) {
    int rc = check_head(raw, err);
    if (rc >= 0)
        rc = check_versions(raw, err);
    if (rc >= 0)
        rc = check_texts(raw, err);
    orxaq_config_key *keys = NULL;
    if (rc >= 0)
        rc = copy_keys(raw, arena, &keys, err);
    if (rc >= 0)
        rc = orx_settings_check_keys(keys, raw->config_count, err);
    if (rc < 0)
        return rc;
    view->raw = raw;
    view->descriptor = *raw;
    view->descriptor.struct_size = sizeof *raw;
    view->descriptor.config = keys;
    view->keys = keys;
    return 0;
}
