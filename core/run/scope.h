/* scope.h: whether what an attempt changed is what it may change.
 *
 * The diff between the base commit and the working tree is compared with the operator's rules:
 * allowed and forbidden globs, number of changed and deleted files, bytes of binary files. Globs
 * are relative to the repository: `*` and `?` stay within a path part, `**` crosses them, a
 * trailing slash means everything below.
 *
 * Threads: any.
 */
#ifndef ORX_RUN_SCOPE_H
#define ORX_RUN_SCOPE_H

#include "config/config.h"
#include "git/git.h"

/* True when path matches the glob. */
bool orx_glob_match(const char *glob, const char *path);

/* 1 = in scope; 0 = out of scope, *why (appended) says which file broke which rule, at most 10 of
 * them. root is where binary files are looked at for their size. */
int orx_scope_check(orx_platform *p, const orx_config *cfg, const char *root,
                    const orx_git_changes *changes, orx_str *why);

#endif
