/* world.h: the real machine with two parts replaced: modules are functions of the test, and
 * programs follow a script. Files, clock and loop are real; everything lies in a fresh folder. */
#ifndef WORLD_H
#define WORLD_H

#include "platform/files.h"
#include "platform/loop.h"
#include "platform/module.h"
#include "platform/proc.h"
#include "plugin/plugin.h"

/* One thing a scripted program does; a program goes through its steps, one per turn of the loop. */
typedef struct step {
    enum { STEP_OUT, STEP_ERR, STEP_EXIT, STEP_HANG, STEP_AWAIT_INPUT, STEP_AWAIT_EOF } what;
    const char *bytes; /* OUT, ERR; AWAIT_INPUT: goes on once this was written */
    int code;          /* EXIT */
    int signal;
    orx_proc_end end; /* EXIT */
} step;

/* What a program was started with and what happened to it. */
typedef struct program {
    const step *steps;                    /* ends with EXIT or HANG */
    void (*before)(struct program *self); /* called when it starts; may be NULL */
    void *user;
    char *argv; /* joined by spaces */
    char *env;  /* joined by newlines */
    char *cwd;
    orx_str input; /* given at the start and written later */
    bool input_closed;
    bool held, released;
    bool stopped; /* asked to end */
    bool freed;
    bool fails;        /* starting it fails on our side */
    bool ignores_stop; /* ends only when freed */
    orx_proc_spec spec;
} program;

typedef struct world {
    orx_platform *p;
    orx_arena arena;
    const char *dir;   /* absolute, without symbolic links */
    program *programs; /* in the order they are expected to be started */
    size_t program_count;
    size_t started;
    orx_plugins *plugins;
    orx_str log; /* "LEVEL instance text\n" */
    orx_str metrics;
    const struct orx_module_ops *real_modules;
    const struct orx_proc_ops *real_procs;
} world;

/* For group setup: makes the world; *state is it. */
int world_setup(void **state);
int world_teardown(void **state);

/* Registers query as DIR/name.so, which is a real file. Returns its path. */
const char *world_module(world *w, const char *name, orxaq_plugin_query_fn query);

/* A setup with the world's folder, log and metrics. */
orx_plugin_setup world_plugin_setup(world *w);

/* (Re)makes w->plugins. */
void world_plugins(world *w, const orx_plugin_setup *setup);

/* Loads a module made by world_module. */
const orx_plugin *world_load(world *w, const char *name);

/* Expects these programs. */
void world_programs(world *w, program *programs, size_t count);

/* A path in the world's folder, and a file there with this text. */
const char *world_path(world *w, const char *name);
const char *world_file(world *w, const char *name, const char *text);
/* The text of a file, or NULL. */
const char *world_read(world *w, const char *name);

/* Parses YAML. */
const orx_node *world_yaml(world *w, const char *text);

#endif
