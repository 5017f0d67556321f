/* orxaq/plugin.h: the door of a module: handshake, descriptor, instances.
 *
 * Loading a module goes like this.
 *
 * 1. The host looks up orxaq_plugin_query and calls it with an orxaq_host_abi: which versions of
 *    the contract the host speaks and how it was compiled. The module compares (orxaq_host_fits
 *    does it), shows its constant descriptor and answers with 0 or a refusal code.
 * 2. The host reads the descriptor, bounded in every direction: magic, versions, layout word,
 *    strings, the config schema. It checks again what the module should have checked.
 * 3. For every place in the operator's configuration that names the plugin the host validates the
 *    settings against the schema and calls `create`, once per place. Instances share nothing.
 * 4. The host asks `capability` for the ids it knows and uses the tables it gets.
 * 5. `destroy` ends an instance. The module itself stays mapped until the process ends.
 *
 * Versions. The module states the version of the headers it was compiled with (abi_major,
 * abi_minor) and the oldest host it can live with (min_host_minor). The host accepts an equal major
 * number, any abi_minor from its own lowest upwards (the tail it does not know is ignored) and a
 * min_host_minor it has reached. Everything else is refused in words that name both versions.
 *
 * Layout word. Numbers can lie: a module compiled against an edited header would state the right
 * version and read the wrong bytes. ORXAQ_LAYOUT (layout.h) is a number computed by the compiler
 * from the offsets of all members as of min_host_minor; host and module must have the same.
 */
#ifndef ORXAQ_PLUGIN_H
#define ORXAQ_PLUGIN_H

#include <orxaq/config.h>
#include <orxaq/host.h>
#include <orxaq/layout.h>

/* "ORXQ" read as a little-endian number: tells a descriptor from any other constant. */
#define ORXAQ_PLUGIN_MAGIC 0x5158524Fu

/* What the host says about itself. [call] */
typedef struct orxaq_host_abi {
    uint32_t struct_size;
    uint32_t abi_major;
    uint32_t min_minor; /* modules compiled with an older minor are not accepted */
    uint32_t max_minor; /* the host's own headers */
    uint64_t fingerprint;
} orxaq_host_abi;

/* Why a module refuses a host. The numbers never change. */
enum {
    ORXAQ_REFUSED_MAJOR = -101,       /* another major number */
    ORXAQ_REFUSED_MINOR = -102,       /* the host is too old, or no longer takes this module */
    ORXAQ_REFUSED_FINGERPRINT = -103, /* compiled for another machine model */
    ORXAQ_REFUSED_OTHER = -104        /* the module's own reason; see its documentation */
};

/* The descriptor: constant data in the module. [plugin]
 *
 * id is the plugin's name in configuration and on disk: 1 to 64 of a-z, 0-9, '-', '_' and '.',
 * beginning with a letter. It is unique among loaded plugins. name, vendor and summary are for
 * people (one line each, at most 256 bytes); version is at most 64 bytes, licence an SPDX
 * identifier. config is an array of config_count elements (config.h). */
typedef struct orxaq_plugin {
    uint32_t struct_size;
    uint32_t magic;          /* ORXAQ_PLUGIN_MAGIC */
    uint32_t abi_major;      /* ORXAQ_ABI_MAJOR */
    uint32_t abi_minor;      /* ORXAQ_ABI_MINOR */
    uint32_t min_host_minor; /* the oldest host minor this module works with */
    uint32_t config_count;
    uint64_t layout; /* ORXAQ_LAYOUT as of min_host_minor */
    const char *id;
    const char *name;
    const char *version;
    const char *vendor;
    const char *licence;
    const char *summary;
    const orxaq_config_key *config;

    /* The table of a capability by its id ("orxaq.provider/1"), NULL for every id that is not
     * exactly one of the module's. Callable at any time, also without an instance. [plugin] */
    const void *(*capability)(const char *id);

    /* Makes an instance. host [plugin: lives until destroy has returned] is the instance's own
     * handle for services; settings is a map (host.h, json service) with every key of the schema
     * present: given, or default, or null for an optional key without default. It lives until
     * destroy has returned. On failure nothing must be left behind. */
    int32_t (*create)(const orxaq_host *host, const orxaq_value *settings, void **ret_instance);

    /* Ends an instance; all its jobs are closed by then. Never called with NULL. */
    void (*destroy)(void *instance);
} orxaq_plugin;

/* The exported function; host is never NULL. Returns 0 when the module can work with this host, or
 * why not. *ret_plugin is set in both cases: after a refusal the host reads the members up to
 * min_host_minor, which are the same in every major version, to name the versions in its message.
 */
typedef int32_t (*orxaq_plugin_query_fn)(const orxaq_host_abi *host,
                                         const orxaq_plugin **ret_plugin);

#define ORXAQ_PLUGIN_SYMBOL "orxaq_plugin_query"

/* What orxaq_plugin_query returns in an ordinary module. */
static inline int32_t orxaq_host_fits(const orxaq_host_abi *host, uint32_t min_host_minor) {
    if (host->abi_major != ORXAQ_ABI_MAJOR)
        return ORXAQ_REFUSED_MAJOR;
    if (host->max_minor < min_host_minor || host->min_minor > ORXAQ_ABI_MINOR)
        return ORXAQ_REFUSED_MINOR;
    if (host->fingerprint != ORXAQ_FINGERPRINT)
        return ORXAQ_REFUSED_FINGERPRINT;
    return ORXAQ_OK;
}

/* Declares the function a module must define:
 *
 *     ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
 *                                             const orxaq_plugin **ret_plugin) {
 *         *ret_plugin = &my_plugin;
 *         return orxaq_host_fits(host, my_plugin.min_host_minor);
 *     }
 */
ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin);

#endif
