/* world.h: the plugin as built, driven by the host's job machine against `replay`, which plays
 * recordings of the real program. */
#ifndef CODEX_TEST_WORLD_H
#define CODEX_TEST_WORLD_H

#include "data/yaml.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "plugin/job.h"

#include "test.h"

#define THREAD "01a2059d-0000-7000-8000-000000000001"

typedef struct world {
    orx_platform *p;
    orx_plugins *all;
    orx_arena arena;
    orx_instance *instance;
    char dir[64];
    orx_str answer; /* "|" behind each whole message, "+" behind each piece */
    orx_str notices;
    orx_str reasoning;
    orx_str tools; /* "phase name ok;" */
    orx_str models;
    orx_str cancel_at; /* cancel the job when this text was told */
    orxaq_usage usage; /* the last of scope SESSION */
    char usage_key[64];
    char model_answered[64];
    int usages;
    int64_t requests;
    orxaq_probe probe;
    int probes;
    char probe_version[64];
    orx_job *job;
    orx_job_result result;
    /* What the next run is given; reset by the test. */
    const char *play;
    const char *resumed;
    const char *version;
    const char *exit;
    const char *more_env;
    const char *prompt;
    const char *model;
    const char *session;
    const char *schema;
    const char *secret; /* a reference, or NULL */
    int32_t sandbox;
    int32_t access;
    int64_t idle_ns;
    bool no_state_dir;
} world;

int world_begin(void **state);
int world_end(void **state);

/* Makes the instance. settings: YAML; `program` is added. */
int world_make(world *w, const char *settings, orx_err *err);

/* Runs a job; its outcome is in w->result. */
const orx_job_result *world_run(world *w, int32_t op, const char *settings);

/* What the program was given: "args" (a line each), "env", "stdin". Empty when nothing was. */
const char *world_given(world *w, const char *what);

/* The value of a variable of the program, or NULL. */
const char *world_variable(world *w, const char *name);

#endif
