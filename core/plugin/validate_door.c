/* Checks of the handshake and of the descriptor. */
#include "plugin/validate_trial.h"

/* ---- Handshake ------------------------------------------------------------------------------- */

int orx_check_accepts(orx_trial *t, orx_err *err) {
    return orx_trial_query(t, err);
}

static int expect_refusal(orx_trial *t, const orxaq_host_abi *host, int32_t expected,
                          const char *who, orx_err *err) {
    int rc = orx_trial_symbol(t, err);
    if (rc < 0)
        return rc;
    const orxaq_plugin *raw = NULL;
    int32_t code = t->query(host, &raw);
    if (code == expected || code == ORXAQ_REFUSED_OTHER)
        return 0;
    return orx_fails(err,
                     "the module answers %d to a host %s; expected %d: return "
                     "orxaq_host_fits(host, ...)",
                     code, who, expected);
}

int orx_check_refuses_major(orx_trial *t, orx_err *err) {
    orxaq_host_abi host = orx_trial_host();
    host.abi_major += 1000;
    return expect_refusal(t, &host, ORXAQ_REFUSED_MAJOR, "of another major version", err);
}

int orx_check_refuses_minor(orx_trial *t, orx_err *err) {
    orxaq_host_abi host = orx_trial_host();
    host.min_minor = ORXAQ_ABI_MINOR + 1000;
    host.max_minor = ORXAQ_ABI_MINOR + 1001;
    return expect_refusal(t, &host, ORXAQ_REFUSED_MINOR, "that no longer takes modules this old",
                          err);
}

int orx_check_refuses_fingerprint(orx_trial *t, orx_err *err) {
    orxaq_host_abi host = orx_trial_host();
    host.fingerprint ^= 0x0c;
    return expect_refusal(t, &host, ORXAQ_REFUSED_FINGERPRINT, "of another machine model", err);
}

int orx_check_repeatable(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    const orxaq_plugin *first = t->raw, copy = *t->raw;
    for (int i = 0; i < 3 && rc >= 0; i++) {
        rc = orx_handshake(t->query, &t->raw, err);
        if (rc >= 0 && (t->raw != first || memcmp(t->raw, &copy, sizeof copy) != 0))
            rc = orx_fails(err, "asked again, the module shows another descriptor; expected the "
                                "same constant one each time");
    }
    return rc;
}

/* ---- Descriptor ------------------------------------------------------------------------------ */

int orx_check_shape(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    const orxaq_plugin *raw = t->raw;
    if ((uintptr_t)raw % sizeof(void *) != 0)
        return orx_fails(err, "the descriptor is not aligned");
    orxaq_plugin d = orx_trial_descriptor();
    d.struct_size = raw->struct_size;
    d.magic = raw->magic;
    return orx_trial_judge(t, &d, err);
}

int orx_check_functions(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    orxaq_plugin d = orx_trial_descriptor();
    d.capability = t->raw->capability;
    d.create = t->raw->create;
    d.destroy = t->raw->destroy;
    return orx_trial_judge(t, &d, err);
}

int orx_check_versions(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    orxaq_plugin d = orx_trial_descriptor();
    d.abi_major = t->raw->abi_major;
    d.abi_minor = t->raw->abi_minor;
    d.min_host_minor = t->raw->min_host_minor;
    if (orx_layout_word(d.min_host_minor))
        d.layout = orx_layout_word(d.min_host_minor);
    return orx_trial_judge(t, &d, err);
}

int orx_check_layout(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    orxaq_plugin d = orx_trial_descriptor();
    d.layout = t->raw->layout;
    if (orx_layout_word(t->raw->min_host_minor))
        d.min_host_minor = t->raw->min_host_minor;
    return orx_trial_judge(t, &d, err);
}

int orx_check_id(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    orxaq_plugin d = orx_trial_descriptor();
    d.id = t->raw->id;
    return orx_trial_judge(t, &d, err);
}

int orx_check_texts(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    orxaq_plugin d = orx_trial_descriptor();
    d.name = t->raw->name;
    d.version = t->raw->version;
    d.vendor = t->raw->vendor;
    d.licence = t->raw->licence;
    d.summary = t->raw->summary;
    return orx_trial_judge(t, &d, err);
}
