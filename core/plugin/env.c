/* The environment of a program: what the caller composed, then what the driver adds. */
#include "plugin/job_state.h"

#include "plugin/view.h"

#include <stdlib.h>

#define SECRET_LEAST 6

typedef ORX_VEC(char *) variables;

/* Secrets pass through here, so the memory is wiped before it is given back. */
static void wipe(char *text) {
    volatile char *c = text;
    for (; *c; c++)
        *c = 'x';
    free(text);
}

void orx_env_free(char **env) {
    for (char **v = env; v && *v; v++)
        wipe(*v);
    free(env);
}

static bool has_name(const char *variable, orx_view name) {
    return strncmp(variable, name.p, name.len) == 0 && variable[name.len] == '=';
}

static void set(variables *env, orx_view name, orx_view value) {
    orx_str text = {0};
    (void)orx_str_reserve(&text, name.len + value.len + 2); /* one piece: nothing is left behind */
    orx_str_addv(&text, name);
    orx_str_addc(&text, '=');
    orx_str_addv(&text, value);
    for (size_t i = 0; i < env->len; i++) {
        if (has_name(env->items[i], name)) {
            wipe(env->items[i]);
            env->items[i] = orx_str_steal(&text);
            return;
        }
    }
    orx_vec_push(env, orx_str_steal(&text));
}

static bool names(const orxaq_exec *exec, const char *variable) {
    for (uint32_t i = 0; i < exec->env_count; i++) {
        orxaq_view name = ORXAQ_AT(orxaq_env, exec->env, i)->name;
        if (has_name(variable, orx_view_in(name)))
            return true;
    }
    return false;
}

/* The driver has said where this secret is to go, and its program may keep that one variable from
 * the commands it runs. The same bytes under a name of the host's would give it away. (Shorter
 * ones are no secret, and may be anything.) */
static void drop_copies(variables *env, const orxaq_exec *exec, orx_view value) {
    size_t kept = 0;
    for (size_t i = 0; i < env->len; i++) {
        const char *at = strchr(env->items[i], '=');
        if (value.len >= SECRET_LEAST && orx_view_is(value, at + 1) && !names(exec, env->items[i]))
            wipe(env->items[i]);
        else
            env->items[kept++] = env->items[i];
    }
    env->len = kept;
}

/* Puts in place what the caller gives out instead, and forgets the secret itself. */
static void put_stand_in(const orx_job *job, orx_str *value) {
    orx_str given = {0};
    if (!job->spec.stand_in)
        return;
    job->spec.stand_in(job->spec.stand_in_user, orx_str_view(value), &given);
    wipe(orx_str_steal(value));
    *value = given;
}

static int set_secret(orx_job *job, variables *env, const orxaq_exec *exec, const orxaq_env *v,
                      orx_err *err) {
    orx_view name = orx_view_in(v->name);
    orx_str value = {0};
    int rc = orx_instance_secret(job->instance, v->secret, &value, err);
    if (rc >= 0 && value.len && memchr(value.buf, 0, value.len))
        rc = orx_err_set(err, ORX_E_INVALID, "the secret for the variable %.*s contains NUL",
                         ORX_VIEW_ARG(name));
    if (rc >= 0) {
        drop_copies(env, exec, orx_str_view(&value));
        put_stand_in(job, &value);
        set(env, name, orx_str_view(&value));
    }
    char *text = orx_str_steal(&value);
    wipe(text);
    return rc;
}

static int add(orx_job *job, variables *env, const orxaq_exec *exec, const orxaq_env *v,
               orx_err *err) {
    orx_view name = orx_view_in(v->name);
    if (v->has_value)
        set(env, name, orx_view_in(v->value));
    else if (v->secret)
        return set_secret(job, env, exec, v, err);
    /* A bare name asks for the host's own variable. If the operator allows it, the caller's
     * environment has it already. */
    return 0;
}

int orx_job_env(orx_job *job, const orxaq_exec *exec, char ***ret_env, orx_err *err) {
    variables env = {0};
    int rc = 0;
    for (const char *const *v = job->spec.env; v && *v; v++)
        orx_vec_push(&env, orx_xstrdup(*v));
    for (uint32_t i = 0; i < exec->env_count && rc >= 0; i++)
        rc = add(job, &env, exec, ORXAQ_AT(orxaq_env, exec->env, i), err);
    orx_vec_push(&env, NULL);
    if (rc < 0)
        orx_env_free(env.items);
    else
        *ret_env = env.items;
    return rc;
}
