/* driver.h: runs the op of a provider plugin, as built, through the host's job machine.
 *
 * For tests of drivers in plugins/NAME/tests. The driver's program is a replay: a script that notes
 * how it was called and then prints a recording, so that a test sees both what the driver asks for
 * and what it makes of the answer. Everything lies in a fresh folder that goes away. */
#ifndef DRIVER_H
#define DRIVER_H

#include "base/str.h"
#include "data/yaml.h"
#include "platform/files.h"
#include "plugin/job.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIVER_USAGES 64

typedef struct driver {
    const char *plugin; /* the module's name; set by the test before it makes an instance */
    orx_platform *p;
    orx_plugins *all;
    orx_arena arena;
    orx_instance *instance;
    char dir[64];
    int64_t idle_ns;    /* after which a silent program is stopped */
    const char *secret; /* its value; NULL = the provider has none. "" = it cannot be had */

    /* What the next op is given. task's views may be replaced; files_dir, state_dir and repo are
     * set to folders in dir. */
    orxaq_task_args task;

    /* What came of the last op. Messages are joined by "|", pieces are not. */
    orx_str answer, reasoning, notices, tools, models;
    orxaq_usage usages[DRIVER_USAGES]; /* without their texts */
    char keys[DRIVER_USAGES][64];
    char answered[128]; /* model of the last usage */
    int usage_count;
    char version[64], account[64];
    int ready;
    orx_job_result result;
} driver;

int driver_begin(void **state);
int driver_end(void **state);

/* Makes the instance from YAML settings. 0 or the host's error. */
int driver_make(driver *d, orx_err *err, const char *settings, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes the replay program: it prints the file `recording` (NULL = nothing) of the folder
 * recorded/ beside the test, says `errors` on standard error and ends with `code`, or waits for a
 * signal when code is negative. Returns its path. */
const char *driver_replay(driver *d, const char *recording, const char *errors, int code);

/* The same with the text itself. */
const char *driver_replay_text(driver *d, const char *text, const char *errors, int code);

/* Runs an op. */
const orx_job_result *driver_op(driver *d, int32_t op);

/* What the program was given: "argv" (one per line), "env", "stdin", "fd3", "cwd"; or any file
 * below the folder. NULL when there is none. */
const char *driver_file(driver *d, const char *name);

/* Whether argv has `flag` followed by `value`; value NULL: whether it has the flag. */
bool driver_has_arg(driver *d, const char *flag, const char *value);

/* The value of a variable the program was given, or NULL. */
const char *driver_env(driver *d, const char *name);

/* The sum over the usages that count: the last total per scope and key. */
orxaq_usage driver_sum(const driver *d);

#endif
