/* err.h: the error object.
 *
 * Every function that can fail takes an `orx_err *err` last and returns int: 0 (or a count) when it
 * worked, a negative ORX_E* code when it did not. On failure err holds the same code and one line
 * for a person: what was expected, what was found, what to do, naming the file, line, key or
 * command. On success err is not touched, and `ret_` out-parameters are not touched on failure. err
 * may be NULL when the caller wants only the code.
 *
 * The message lives inside the object (no allocation, no cleanup), cut at ORX_ERR_MAX. Library code
 * never prints; the command line prints an error once, at the top.
 *
 * Threads: an orx_err belongs to the thread that declared it.
 */
#ifndef ORX_BASE_ERR_H
#define ORX_BASE_ERR_H

#include "base/mem.h"

#include <stdarg.h>

#define ORX_ERR_MAX 1024

enum {
    ORX_E_INVALID = -1,      /* input that breaks a rule: syntax, type, range, unknown name */
    ORX_E_NOT_FOUND = -2,    /* the thing named does not exist */
    ORX_E_EXISTS = -3,       /* the thing named exists already */
    ORX_E_IO = -4,           /* reading or writing failed */
    ORX_E_NO_SPACE = -5,     /* disk or quota full */
    ORX_E_DENIED = -6,       /* permissions, ownership, policy */
    ORX_E_BUSY = -7,         /* another instance holds the lock (exit code 75) */
    ORX_E_LIMIT = -8,        /* input beyond a stated limit */
    ORX_E_TIMEOUT = -9,      /* a deadline passed */
    ORX_E_CANCELLED = -10,   /* asked to stop */
    ORX_E_CORRUPT = -11,     /* stored data that cannot be right */
    ORX_E_UNSUPPORTED = -12, /* not offered here: version, file system, machine */
    ORX_E_USAGE = -13,       /* wrong command line (exit code 2) */
    ORX_E_CONFLICT = -14,    /* somebody changed it meanwhile */
    ORX_E_CHILD = -15,       /* a program we ran failed */
    ORX_E_INTERNAL = -16     /* a bug: an invariant does not hold */
};

typedef struct orx_err {
    int code; /* 0 or ORX_E_* */
    char msg[ORX_ERR_MAX];
} orx_err;

#define ORX_ERR_INIT                                                                               \
    {                                                                                              \
        0, {                                                                                       \
            0                                                                                      \
        }                                                                                          \
    }

/* Sets err (may be NULL) and returns code, so that `return orx_err_set(err, ORX_E_IO, ...)` reads
 * as one statement. code must be negative. */
int orx_err_set(orx_err *err, int code, const char *fmt, ...) ORX_PRINTF(3, 4);
int orx_err_vset(orx_err *err, int code, const char *fmt, va_list ap) ORX_PRINTF(3, 0);

/* Puts "context: " before the message that is there and returns the code that is there. */
int orx_err_wrap(orx_err *err, const char *fmt, ...) ORX_PRINTF(2, 3);

/* From errno: picks the nearest code and appends ": strerror (NAME)" to the formatted text. */
int orx_err_errno(orx_err *err, int errnum, const char *fmt, ...) ORX_PRINTF(3, 4);

/* The ORX_E_* code that fits an errno value. */
int orx_err_code_of_errno(int errnum);

#if defined(__clang_analyzer__) && !defined(ORX_BASE_ERR_C)
/* The analyzer sees one file at a time, so it has to be told that these return what is negative;
 * otherwise it follows callers past a failed call into values that were never set. */
static inline int orx_err_negative(int rc) {
    if (rc >= 0)
        __builtin_unreachable();
    return rc;
}
#define orx_err_set(...)   orx_err_negative(orx_err_set(__VA_ARGS__))
#define orx_err_vset(...)  orx_err_negative(orx_err_vset(__VA_ARGS__))
#define orx_err_wrap(...)  orx_err_negative(orx_err_wrap(__VA_ARGS__))
#define orx_err_errno(...) orx_err_negative(orx_err_errno(__VA_ARGS__))
#endif

/* A short stable word for a code ("invalid", "not-found", ...), for JSON output. */
const char *orx_err_name(int code);

#endif
