/* registry.h: the insides of orx_plugins and orx_plugin, for this room only. */
#ifndef ORX_PLUGIN_REGISTRY_H
#define ORX_PLUGIN_REGISTRY_H

#include "base/map.h"
#include "base/vec.h"
#include "plugin/plugin.h"
#include "plugin/probe.h"
#include "plugin/verdict.h"

/* The oldest minor version whose modules this host still takes, and the longest table it believes.
 */
#define ORX_ABI_MIN_MINOR   1
#define ORX_ABI_TABLE_MAX   65536
#define ORX_ABI_ELEMENT_MAX 4096
#define ORX_ABI_KEYS_MAX    256

struct orx_plugin {
    orx_plugins *all;
    const char *path;
    char sha256[ORX_SHA256_HEX];
    orx_module_view view;
};

struct orx_plugins {
    orx_platform *p;
    orx_plugin_setup setup;
    orx_arena arena;      /* plugins and their copies of tables */
    orx_map by_id;        /* id -> orx_plugin */
    orx_map by_path;      /* resolved path -> orx_plugin */
    orx_verdicts *proofs; /* NULL until the first load */
    orx_map kv;           /* the kv service without a backend: "owner\0key" -> orx_str */
    const orx_kv_ops *kv_ops;
    void *kv_user;
};

/* A line for people through the setup; does nothing without one. */
void orx_plugins_log(orx_plugins *all, int level, const char *instance, const char *fmt, ...)
    ORX_PRINTF(4, 5);

/* The layout word of a minor version, 0 when this host knows none. */
uint64_t orx_layout_word(uint32_t minor);

/* The bytes behind a reference, through the setup or the built-in way. */
int orx_plugins_secret(orx_plugins *all, const char *reference, orx_str *out, orx_err *err);

#endif
