/* The rules of effect.h for programs. */
#include "plugin/job_state.h"

#include "plugin/view.h"

#define ARGS_MAX     4096
#define ARG_MAX_LEN  ((uint64_t)128 << 10)
#define ARGS_MAX_LEN ((uint64_t)2 << 20)
#define ENV_MAX      256
#define FILES_MAX    64
#define PATH_MAX_LEN 512
#define ELEMENT_MAX  4096

bool orx_view_sane(orxaq_view view, uint64_t max, bool nul) {
    if (view.len == 0)
        return true;
    return view.data && view.len <= max && (nul || !memchr(view.data, 0, (size_t)view.len));
}

bool orx_file_path_ok(orxaq_view path) {
    orx_view rest = orx_view_in(path), part;
    if (path.len == 0 || path.len > PATH_MAX_LEN || !orx_view_sane(path, PATH_MAX_LEN, false))
        return false;
    while (orx_view_split(&rest, '/', &part))
        if (part.len == 0 || orx_view_is(part, ".") || orx_view_is(part, ".."))
            return false;
    return true;
}

static const char *check_argv(const orxaq_exec *e) {
    uint64_t total = 0;
    if (e->argc == 0 || e->argc > ARGS_MAX || !e->argv)
        return "expected 1 to 4096 arguments";
    for (uint32_t i = 0; i < e->argc; i++) {
        if (!orx_view_sane(e->argv[i], ARG_MAX_LEN, false))
            return "an argument is longer than 128 KiB or contains NUL";
        total += e->argv[i].len;
    }
    if (e->argv[0].len == 0)
        return "the program's name is empty";
    return total > ARGS_MAX_LEN ? "the arguments are longer than 2 MiB together" : NULL;
}

static bool name_ok(orxaq_view name) {
    if (!orx_view_sane(name, 128, false) || name.len == 0)
        return false;
    for (uint64_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return true;
}

/* Elements of an array all state the same, sensible size. */
static bool stride_ok(uint32_t first, uint32_t least) {
    return first >= least && first <= ELEMENT_MAX && first % sizeof(void *) == 0;
}

static const char *check_env(const orxaq_exec *e) {
    if (e->env_count == 0)
        return NULL;
    if (e->env_count > ENV_MAX || !e->env || !stride_ok(e->env->struct_size, sizeof(orxaq_env)))
        return "expected at most 256 variables of a stated size";
    for (uint32_t i = 0; i < e->env_count; i++) {
        const orxaq_env *v = ORXAQ_AT(orxaq_env, e->env, i);
        if (v->struct_size != e->env->struct_size)
            return "variables state different sizes";
        if (!name_ok(v->name))
            return "the name of a variable is not [A-Za-z_][A-Za-z0-9_]*";
        if (!orx_view_sane(v->value, ARG_MAX_LEN, false))
            return "the value of a variable is longer than 128 KiB or contains NUL";
    }
    return NULL;
}

static const char *check_files(const orxaq_file *files, uint32_t count) {
    if (count == 0)
        return NULL;
    if (count > FILES_MAX || !files || !stride_ok(files->struct_size, sizeof(orxaq_file)))
        return "expected at most 64 files of a stated size";
    for (uint32_t i = 0; i < count; i++) {
        const orxaq_file *f = ORXAQ_AT(orxaq_file, files, i);
        if (f->struct_size != files->struct_size)
            return "files state different sizes";
        if (!orx_file_path_ok(f->path))
            return "a file's path is not relative, or has empty, \".\" or \"..\" parts";
        if (!orx_view_sane(f->bytes, ORX_JOB_BYTES_MAX, true))
            return "a file is larger than 64 MiB";
    }
    return NULL;
}

static bool framing_ok(int32_t framing) {
    return framing >= ORXAQ_FRAMING_NONE && framing <= ORXAQ_FRAMING_SSE;
}

static const char *check_rest(const orxaq_exec *e) {
    if (!orx_view_sane(e->cwd, 4096, false) || (e->cwd.len && e->cwd.data[0] != '/'))
        return "the working directory is not absolute";
    if (!orx_view_sane(e->stdin_bytes, ORX_JOB_BYTES_MAX, true))
        return "standard input is longer than 64 MiB";
    if (!framing_ok(e->stdout_framing) || !framing_ok(e->stderr_framing))
        return "the framing is unknown";
    if (e->total_ns < 0 || e->idle_ns < 0 || e->first_byte_ns < 0 || e->grace_ns < 0)
        return "a limit is negative";
    return NULL;
}

const char *orx_exec_check(const orxaq_exec *exec) {
    const char *rule = check_argv(exec);
    if (!rule)
        rule = check_env(exec);
    if (!rule)
        rule = check_files(exec->before, exec->before_count);
    if (!rule)
        rule = check_files(exec->after, exec->after_count);
    return rule ? rule : check_rest(exec);
}
