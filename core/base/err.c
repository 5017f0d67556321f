#define ORX_BASE_ERR_C
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int orx_err_vset(orx_err *err, int code, const char *fmt, va_list ap) {
    if (err) {
        err->code = code;
        (void)vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    }
    return code;
}

int orx_err_set(orx_err *err, int code, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    orx_err_vset(err, code, fmt, ap);
    va_end(ap);
    return code;
}

int orx_err_wrap(orx_err *err, const char *fmt, ...) {
    if (!err)
        return ORX_E_INTERNAL;
    char text[ORX_ERR_MAX];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    size_t used = strlen(text);
    if (used < sizeof text)
        (void)snprintf(text + used, sizeof text - used, ": %s", err->msg);
    memcpy(err->msg, text, sizeof text);
    return err->code;
}

int orx_err_code_of_errno(int errnum) {
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return ORX_E_NOT_FOUND;
    case EEXIST:
    case ENOTEMPTY:
        return ORX_E_EXISTS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ORX_E_NO_SPACE;
    case EACCES:
    case EPERM:
    case EROFS:
        return ORX_E_DENIED;
    case EAGAIN:
    case EBUSY:
        return ORX_E_BUSY;
    case ETIMEDOUT:
        return ORX_E_TIMEOUT;
    case EINVAL:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
        return ORX_E_INVALID;
    case ENOSYS:
    case EOPNOTSUPP:
        return ORX_E_UNSUPPORTED;
    case E2BIG:
    case EMFILE:
    case ENFILE:
        return ORX_E_LIMIT;
    default:
        return ORX_E_IO;
    }
}

int orx_err_errno(orx_err *err, int errnum, const char *fmt, ...) {
    int code = orx_err_code_of_errno(errnum);
    if (!err)
        return code;
    va_list ap;
    va_start(ap, fmt);
    orx_err_vset(err, code, fmt, ap);
    va_end(ap);
    size_t used = strlen(err->msg);
    const char *name = strerrorname_np(errnum);
    const char *text = strerrordesc_np(errnum);
    (void)snprintf(err->msg + used, sizeof err->msg - used, ": %s (%s)",
                   text ? text : "unknown error", name ? name : "?");
    return code;
}

const char *orx_err_name(int code) {
    static const char *const names[] = {
        "ok",          "invalid", "not-found", "exists",  "io",        "no-space",
        "denied",      "busy",    "limit",     "timeout", "cancelled", "corrupt",
        "unsupported", "usage",   "conflict",  "child",   "internal",
    };
    int i = -code;
    if (i < 0 || (size_t)i >= ORX_ARRAY_LEN(names))
        return "unknown";
    return names[i];
}
