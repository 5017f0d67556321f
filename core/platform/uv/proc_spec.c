/* The SPEC frame: checks of what the caller asks for, and its bytes. */
#include "platform/uv/procs.h"

#include <signal.h>

#define DEFAULT_GRACE_NS (5 * ORX_SEC)

static uint32_t add_list(orx_str *out, const char *const *list) {
    uint32_t n = 0;
    for (; list && list[n] && out->len <= ORX_EXEC_SPEC_MAX; n++)
        orx_str_add(out, list[n], strlen(list[n]) + 1);
    return n;
}

static int check(const orx_proc_spec *spec, orx_err *err) {
    if (spec->first_signal < 0 || spec->first_signal > SIGRTMAX)
        return orx_err_set(err, ORX_E_INVALID, "%s: %d is no signal to stop a program with",
                           spec->argv[0], spec->first_signal);
    int inputs = (spec->input.len > 0) + (spec->input_path != NULL) + spec->input_open;
    if (inputs > 1)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s: standard input comes from bytes, a file or orx_proc_write, only "
                           "one of them",
                           spec->argv[0]);
    if (spec->may_gain && (spec->confine.landlock || spec->confine.hidden))
        return orx_err_set(err, ORX_E_INVALID,
                           "%s: a confined program cannot be let gain privileges", spec->argv[0]);
    for (const char *const *w = spec->confine.writable; w && *w; w++)
        if (**w != '/')
            return orx_err_set(err, ORX_E_INVALID, "%s: the writable path \"%s\" is not absolute",
                               spec->argv[0], *w);
    if (spec->confine.hidden && *spec->confine.hidden != '/')
        return orx_err_set(err, ORX_E_INVALID, "%s: the hidden path \"%s\" is not absolute",
                           spec->argv[0], spec->confine.hidden);
    if (spec->group && *spec->group != '/')
        return orx_err_set(err, ORX_E_INVALID, "%s: the group \"%s\" is not an absolute path",
                           spec->argv[0], spec->group);
    return 0;
}

static orx_exec_spec head_of(const orx_proc_spec *spec) {
    const orx_confine *c = &spec->confine;
    orx_exec_spec head = {
        .magic = ORX_EXEC_MAGIC,
        .version = ORX_EXEC_VERSION,
        .first_signal = spec->first_signal ? spec->first_signal : SIGTERM,
        .grace_ns = spec->grace_ns > 0 ? spec->grace_ns : DEFAULT_GRACE_NS,
        .limits = {[ORX_EXEC_FILE_BYTES] = c->max_file_bytes,
                   [ORX_EXEC_MEMORY_BYTES] = c->max_memory_bytes,
                   [ORX_EXEC_CPU_SECONDS] = c->max_cpu_seconds,
                   [ORX_EXEC_PROCESSES] = c->max_processes,
                   [ORX_EXEC_OPEN_FILES] = c->max_open_files,
                   [ORX_EXEC_DATA_BYTES] = c->max_data_bytes},
    };
    head.flags = (spec->hold ? ORX_EXEC_HOLD : 0U) | (c->landlock ? ORX_EXEC_LANDLOCK : 0U) |
                 (spec->cwd ? ORX_EXEC_CWD : 0U) | (c->hidden ? ORX_EXEC_HIDE : 0U) |
                 (spec->notes ? ORX_EXEC_NOTE : 0U) | (spec->may_gain ? ORX_EXEC_MAY_GAIN : 0U) |
                 (spec->group ? ORX_EXEC_GROUP : 0U);
    return head;
}

int orx_uv_proc_frame(const orx_proc_spec *spec, orx_str *out, orx_err *err) {
    int rc = check(spec, err);
    if (rc < 0)
        return rc;
    orx_exec_spec head = head_of(spec);
    orx_exec_frame frame = {ORX_EXEC_SPEC, 0};
    orx_str_add(out, &frame, sizeof frame);
    orx_str_add(out, &head, sizeof head);
    if (spec->cwd)
        orx_str_add(out, spec->cwd, strlen(spec->cwd) + 1);
    head.argc = add_list(out, spec->argv);
    head.envc = add_list(out, spec->env);
    head.writable_count = add_list(out, spec->confine.writable);
    if (spec->confine.hidden)
        orx_str_add(out, spec->confine.hidden, strlen(spec->confine.hidden) + 1);
    if (spec->group)
        orx_str_add(out, spec->group, strlen(spec->group) + 1);
    if (out->len > ORX_EXEC_SPEC_MAX)
        return orx_err_set(err, ORX_E_LIMIT,
                           "%s: arguments and environment exceed %u bytes; pass large input on "
                           "standard input or in a file",
                           spec->argv[0], ORX_EXEC_SPEC_MAX);
    frame.len = (uint32_t)(out->len - sizeof frame);
    memcpy(out->buf, &frame, sizeof frame);
    memcpy(out->buf + sizeof frame, &head, sizeof head);
    return 0;
}
