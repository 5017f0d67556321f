/* cgroup.h: groups of processes that nobody leaves on his own (cgroup v2 of Linux).
 *
 * Whatever a process of a group starts is in the group, too: a new session, a second fork or the
 * death of everybody between make no difference. So a group shows whether something of a program is
 * left when nobody knows its pids any more, and can be killed as a whole.
 *
 * A group is a directory of the cgroup2 file system. Where the kernel's manager of groups (systemd
 * with Delegate=, a container, root) lets us write to the directory of our own group, we make
 * groups below it. They tell and kill; where a controller (memory, pids) is handed down to them as
 * well, they limit. A group that hands one down may have no process of its own, so whoever does
 * moves to a leaf below it first; a group in which others live, too, is left as it is.
 *
 * Everything happens through files, so a machine without them (the simulation, another system) is
 * one where nothing is delegated.
 *
 * Files: cgroup.c (groups), cgroup_limits.c (controllers).
 *
 * Source: cgroups(7) and Documentation/admin-guide/cgroup-v2.rst ("Populated notification",
 * "cgroup.kill", "Delegation", "No Internal Process Constraint"). Threads: the platform's thread.
 */
#ifndef ORX_PLATFORM_CGROUP_H
#define ORX_PLATFORM_CGROUP_H

#include "base/str.h"
#include "platform/platform.h"

/* The group of a process from the text of its /proc/PID/cgroup: the path in the line "0::PATH".
 * False when there is none, or when the group was removed meanwhile. */
bool orx_cgroup_path(orx_view text, orx_view *ret_path);

/* Where a group lies: its directory is appended to out. mountinfo is the text of
 * /proc/self/mountinfo (proc(5)); cgroup2 may be mounted anywhere, and a part of it only. False
 * when no mount shows the group; out is then untouched. */
bool orx_cgroup_place(orx_view mountinfo, orx_view path, orx_str *out);

/* The directory of the group of this process, appended to out. ORX_E_UNSUPPORTED when the machine
 * has no cgroup2 or does not show it; the message says which. Whether it may be written to is for
 * orx_cgroup_make to find out. */
int orx_cgroup_own(orx_platform *p, orx_str *out, orx_err *err);

/* Makes a group of that directory; one that is there already is fine. ORX_E_DENIED or ORX_E_IO
 * where it is not delegated. */
int orx_cgroup_make(orx_platform *p, const char *dir, orx_err *err);

/* Whether a process lives in the group or in one below it. A group that does not exist has none:
 * one with processes cannot be removed. Zombies do not live. */
int orx_cgroup_populated(orx_platform *p, const char *dir, bool *ret_populated, orx_err *err);

/* Kills whatever lives in the group and below. Linux before 5.14 cannot do that at once: call it
 * again until nothing lives. A group that does not exist is fine. */
int orx_cgroup_kill(orx_platform *p, const char *dir, orx_err *err);

/* Removes the group and those that its processes made below it. ORX_E_BUSY or another error when
 * something still lives in it; a missing one is fine. */
int orx_cgroup_remove(orx_platform *p, const char *dir, orx_err *err);

/* ---- Controllers (cgroup_limits.c) ----------------------------------------------------------- */

/* Makes the controller ("memory", "pids" ...) count for the groups below dir, the group of this
 * process or one that it left for `leaf` before. When dir has no process but this one, that goes to
 * leaf (a directory below dir, made if need be), and back when it was in vain.
 * ORX_E_UNSUPPORTED: dir does not have the controller; ORX_E_BUSY: others live in dir; or what the
 * kernel says. The message names dir. */
int orx_cgroup_hand_down(orx_platform *p, const char *dir, const char *leaf, const char *controller,
                         orx_err *err);

/* Whether the group has that controller, so that whoever may write to it can hand it down. */
bool orx_cgroup_has(orx_platform *p, const char *dir, const char *controller);

/* Undoes that, as far as it can: takes every controller back from what is below dir, returns there
 * and removes leaf. Nothing happens when there is no leaf. */
void orx_cgroup_take_back(orx_platform *p, const char *dir, const char *leaf);

/* Writes a limit ("memory.max", "pids.max"); 0 = none. */
int orx_cgroup_limit(orx_platform *p, const char *dir, const char *file, int64_t value,
                     orx_err *err);

/* The number behind key in a file of counters ("memory.events", "pids.events"); 0 when there is
 * none. */
int64_t orx_cgroup_count(orx_platform *p, const char *dir, const char *file, const char *key);

#endif
