/* The reference page of a plugin's keys. */
#include "plugin/key.h"

static void flags(const orxaq_config_key *key, orx_str *out) {
    if (key->flags & ORXAQ_KEY_REQUIRED)
        orx_str_adds(out, ", required");
    if (key->flags & ORXAQ_KEY_WRITE)
        orx_str_adds(out, ", written to");
    if (key->flags & ORXAQ_KEY_DEPRECATED)
        orx_str_addf(out, ", deprecated%s%s", key->replaced_by ? ": use " : "",
                     key->replaced_by ? key->replaced_by : "");
}

void orx_settings_reference(const orx_plugin *plugin, orx_str *out) {
    const orxaq_config_key *key;
    for (uint32_t i = 0; (key = orx_plugin_key(plugin, i)); i++) {
        orx_str_addf(out, "%s (%s", key->key, orx_setting_type_name(key->type));
        if (key->range)
            orx_str_addf(out, ", %s", key->range);
        flags(key, out);
        orx_str_adds(out, ")\n");
        orx_str_addf(out, "    %s\n", key->help);
        if (key->default_value)
            orx_str_addf(out, "    default: %s\n",
                         *key->default_value ? key->default_value : "\"\"");
    }
}
