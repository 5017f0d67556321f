/* The words for the numbers of the ABI. */
#include "plugin/plugin.h"

static const char *word(const char *const *words, size_t count, int64_t number) {
    return number >= 0 && (uint64_t)number < count && words[number] ? words[number] : "unknown";
}

const char *orx_outcome_kind_name(int32_t kind) {
    static const char *const words[] = {
        [ORXAQ_KIND_OK] = "ok",
        [ORXAQ_KIND_AUTH] = "auth",
        [ORXAQ_KIND_RATE_LIMIT] = "rate_limit",
        [ORXAQ_KIND_QUOTA] = "quota",
        [ORXAQ_KIND_OVERLOADED] = "overloaded",
        [ORXAQ_KIND_NETWORK] = "network",
        [ORXAQ_KIND_TIMEOUT] = "timeout",
        [ORXAQ_KIND_NO_PROGRESS] = "no_progress",
        [ORXAQ_KIND_BAD_MODEL] = "bad_model",
        [ORXAQ_KIND_CONTEXT_TOO_LONG] = "context_too_long",
        [ORXAQ_KIND_REFUSED] = "refused",
        [ORXAQ_KIND_CRASHED] = "crashed",
        [ORXAQ_KIND_KILLED] = "killed",
        [ORXAQ_KIND_PROTOCOL] = "protocol",
        [ORXAQ_KIND_LIMIT] = "limit",
    };
    return word(words, ORX_ARRAY_LEN(words), kind);
}

const char *orx_provider_op_name(int32_t op) {
    static const char *const words[] = {
        [ORXAQ_OP_PROBE] = "probe",   [ORXAQ_OP_MODELS] = "models", [ORXAQ_OP_LOAD] = "load",
        [ORXAQ_OP_UNLOAD] = "unload", [ORXAQ_OP_TASK] = "task",     [ORXAQ_OP_TURN] = "turn",
        [ORXAQ_OP_EMBED] = "embed",
    };
    return word(words, ORX_ARRAY_LEN(words), op);
}

const char *orx_setting_type_name(int32_t type) {
    static const char *const words[] = {
        [ORXAQ_CONFIG_STRING] = "string",     [ORXAQ_CONFIG_INTEGER] = "integer",
        [ORXAQ_CONFIG_NUMBER] = "number",     [ORXAQ_CONFIG_BOOLEAN] = "boolean",
        [ORXAQ_CONFIG_DURATION] = "duration", [ORXAQ_CONFIG_SIZE] = "size",
        [ORXAQ_CONFIG_MONEY] = "money",       [ORXAQ_CONFIG_CHOICE] = "choice",
        [ORXAQ_CONFIG_PATH] = "path",         [ORXAQ_CONFIG_SECRET] = "secret",
        [ORXAQ_CONFIG_STRINGS] = "strings",   [ORXAQ_CONFIG_STRING_MAP] = "string-map",
        [ORXAQ_CONFIG_DOCUMENT] = "document",
    };
    return word(words, ORX_ARRAY_LEN(words), type);
}

const char *orx_abi_code_name(int32_t code) {
    static const char *const words[] = {
        "ok",       "invalid",   "unsupported", "limit", "denied", "not-found",
        "protocol", "cancelled", "timeout",     "io",    "memory", "internal",
    };
    return word(words, ORX_ARRAY_LEN(words), -(int64_t)code);
}

const char *orx_refusal_name(int32_t code) {
    static const char *const words[] = {
        "another major version of the ABI",
        "a minor version of the ABI it cannot work with",
        "another machine model (pointer size, alignment or byte order)",
        "a reason of its own; see its documentation",
    };
    int64_t i = (int64_t)ORXAQ_REFUSED_MAJOR - code;
    return i >= 0 && (size_t)i < ORX_ARRAY_LEN(words) ? words[i] : "unknown";
}
