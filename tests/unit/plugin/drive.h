/* drive.h: a built driver, driven with recorded output or with real programs.
 *
 * The module comes from build/plugins; the programs it asks for follow a script (world.h) unless
 * the test wants real ones. What the driver says is kept as text, one line per event:
 *
 *   answer+ TEXT      a piece of the answer (answer: without "+", a whole message)
 *   tool NAME         session ID        probe READY VERSION      progress N
 *   usage SCOPE MODE KEY in=1 read=2 write=3 out=4 reason=5 requests=6 cost=7 model=M
 */
#ifndef DRIVE_H
#define DRIVE_H

#include "plugin/job.h"
#include "plugin/route.h"
#include "world.h"

typedef struct drive {
    world *w;
    const orx_plugin *plugin;
    orx_instance *instance;
    orx_str events;
    orx_str answer; /* the answer's pieces, joined */
    orx_job_result result;
    orxaq_task_args task;
} drive;

/* For group setup and teardown: *state is the drive. name is a plugin of this build. */
int drive_setup(void **state, const char *name);
int drive_teardown(void **state);

/* The instance with these settings (YAML), in place of the one before. */
void drive_instance(drive *d, const char *settings);
/* The message when the settings are refused, either by the schema or by the driver. */
const char *drive_refused(drive *d, const char *settings);

/* Runs op TASK with d->task, which drive_instance resets to a prompt "do it" in the world's folder.
 * program follows the script; NULL: real programs. */
const orx_job_result *drive_task(drive *d, program *script);
/* Any op of any kind. */
const orx_job_result *drive_op(drive *d, orx_job_kind kind, int32_t op, const void *args,
                               program *script);

/* One program that prints this text (to standard output in one piece) and exits. */
const orx_job_result *drive_output(drive *d, const char *text, int exit_code);

#endif
