/* tools.h: orxaq-tools from inside.
 *
 *     orxaq-tools OUTPUTS [--network]
 *
 * The working directory is the tree a model works in, OUTPUTS a private folder for results that are
 * too long to be told. Requests come on standard input, see platform/tools_protocol.h; the end of
 * input is the end. The program is started by orxaq-exec, whose Landlock rules hold for it and for
 * every command it runs; what is here is the second lock.
 *
 *     main.c      setting up, one request after the other
 *     wire.c      requests and replies
 *     beneath.c   names: every file is reached from the root's descriptor, by openat2(2)
 *     file.c      whole files in and out
 *     result.c    what is told, and what is kept aside
 *     diff.c apply.c                                  unified diffs
 *     read.c list.c search.c write.c patch.c run.c    the tools
 *     child.c     one process per command: limits, deadline, and the proof that it is gone
 *     network.c   no sockets, by seccomp
 *     drop.c      no privileges of root
 *
 * Names. A path is taken apart before it is used: no NUL, at most 4096 bytes, "." and ".." resolved
 * as text, and what would leave the tree is refused. Then the kernel walks it with RESOLVE_BENEATH,
 * NO_SYMLINKS and NO_MAGICLINKS, so neither a symbolic link nor a folder swapped in between leads
 * out. Only regular files are read or replaced, and nothing named .git is written, at any depth.
 *
 * A tool returns true with its result in *out, or false with one sentence for the model in *out.
 *
 * The program has one thread.
 */
#ifndef ORX_LIBEXEC_TOOLS_H
#define ORX_LIBEXEC_TOOLS_H

#include "base/str.h"
#include "platform/tools_protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

typedef struct tools {
    int root;        /* the working tree */
    int outputs;     /* the folder of long results */
    int64_t kept;    /* how many are in it */
    char path[4097]; /* of the working tree, so that absolute names inside it are understood */
} tools;

/* ---- wire.c ---- */

typedef struct tools_request {
    uint32_t op;
    uint32_t number;
    char *payload;
    orx_view *fields;
    size_t count;
} tools_request;

/* Waits for the next request. 1 = there is one, 0 = the input ended, -1 = it makes no sense. */
int tools_receive(tools_request *ret_request);
void tools_request_free(tools_request *request);

/* False when nobody reads any more. */
bool tools_reply(uint32_t number, bool ok, orx_view text);

/* A field as text or number; missing ones are empty, what is no number is `otherwise`. */
orx_view tools_field(const tools_request *r, size_t i);
int64_t tools_number(const tools_request *r, size_t i, int64_t otherwise);

/* Puts a sentence in the place of what *out holds; returns false. */
bool tools_fail(orx_str *out, const char *fmt, ...) ORX_PRINTF(2, 3);

/* ---- beneath.c ---- */

#define TOOLS_PATH_MAX 4096

/* A name taken apart: relative to the root, without "." and ".."; "." for the root itself. */
typedef struct tools_path {
    char text[TOOLS_PATH_MAX + 1];
} tools_path;

bool tools_path_of(const tools *t, orx_view given, tools_path *ret_path, orx_str *out);

/* Whether a part of the path is .git, in whatever case. */
bool tools_path_in_git(const tools_path *path);

/* openat2(2) below dir with the flags above; -1 with errno. Never blocks on a FIFO. */
int tools_open(int dir, const char *path, int flags);

/* The last part of a path, and its folder opened; with `make`, folders that are missing are made.
 * -1 with the reason in *out. */
int tools_open_parent(const tools *t, const tools_path *path, bool make, const char **ret_name,
                      orx_str *out);

/* One sentence about an errno value, naming the path. Returns false. */
bool tools_fail_errno(orx_str *out, int errnum, const char *path);

/* ---- file.c ---- */

/* Reads a regular file of at most ORX_TOOLS_FILE_MAX bytes, relative to dir. *ret_mode may be NULL.
 */
bool tools_load(int dir, const char *path, orx_str *ret_bytes, mode_t *ret_mode, orx_str *out);

/* The same for a path as the model gave it, which may also be "output:N". */
bool tools_load_given(const tools *t, orx_view given, orx_str *ret_bytes, orx_str *out);

/* Replaces or makes a file as a whole: a new one beside it takes its name. mode 0 = that of the old
 * file, or 0666 less the umask. */
bool tools_save(const tools *t, const tools_path *path, orx_view bytes, mode_t mode, orx_str *out);

/* Removes a regular file. */
bool tools_remove(const tools *t, const tools_path *path, orx_str *out);

/* Text that can be shown: no NUL in it. */
bool tools_is_text(orx_view bytes);

/* ---- result.c ---- */

/* Head and tail of something long, and all of it (bounded) in a file of the outputs folder. Begin
 * with {.t = t, .fd = -1}. */
typedef struct tools_capture {
    tools *t;
    orx_str head;
    orx_str tail; /* at most twice what is told of it */
    int64_t total;
    int64_t saved;
    int64_t number; /* of the file, 0 = none yet */
    int fd;
} tools_capture;

void tools_capture_add(tools_capture *c, orx_view bytes);

/* Appends what is told to *out and releases the capture. */
void tools_capture_end(tools_capture *c, orx_str *out);

/* Cuts a finished result to what may be told. */
void tools_cap(tools *t, orx_str *text);

/* ---- child.c ---- */

typedef enum tools_end { TOOLS_EXITED, TOOLS_KILLED, TOOLS_LATE, TOOLS_TOO_LONG } tools_end;

typedef struct tools_child {
    char *const *argv;               /* a program, or */
    int (*work)(void *user, int fd); /* a function that writes its result to fd */
    void *user;
    int64_t timeout_ms;
    int64_t cpu_seconds; /* 0 = as inherited, likewise below */
    int64_t memory_bytes;
} tools_child;

typedef struct tools_ended {
    tools_end end;
    int code;      /* exit code, or the signal of TOOLS_KILLED */
    int leftovers; /* processes it left behind, which were ended */
    bool empty;    /* nothing of it is left */
} tools_ended;

/* Runs it to its end; its output goes into *c. False with the reason in *out when it could not be
 * started. */
bool tools_run_child(const tools_child *child, tools_capture *c, tools_ended *ret_ended,
                     orx_str *out);

/* ---- diff.c ---- */

typedef struct tools_line {
    char kind; /* ' ', '-' or '+' */
    orx_view text;
} tools_line;

typedef struct tools_hunk {
    int64_t line; /* where the old side begins as stated, 0 = not stated */
    size_t first; /* of its lines */
    size_t count;
} tools_hunk;

typedef struct tools_change {
    orx_view from; /* {0} = the file is new */
    orx_view to;   /* {0} = the file goes */
    size_t first;  /* of its hunks */
    size_t count;
    bool old_open; /* the last old line has no newline, as the diff says */
    bool new_open;
} tools_change;

/* A unified diff taken apart. Views point into the text it was made from. */
typedef struct tools_diff {
    tools_change *changes;
    size_t change_count;
    tools_hunk *hunks;
    size_t hunk_count;
    tools_line *lines;
    size_t line_count;
} tools_diff;

bool tools_diff_parse(orx_view text, tools_diff *ret_diff, orx_str *out);
void tools_diff_free(tools_diff *diff);

/* ---- apply.c ---- */

/* The text of a file after the hunks of one change: each is put where it says if its old lines are
 * there, else to the one place where they are. */
bool tools_diff_apply(const tools_diff *diff, const tools_change *change, orx_view old,
                      orx_str *ret_text, orx_str *out);

/* ---- the tools ---- */

bool tools_read(tools *t, const tools_request *r, orx_str *out);
bool tools_list(tools *t, const tools_request *r, orx_str *out);
bool tools_search(tools *t, const tools_request *r, orx_str *out);
bool tools_write(tools *t, const tools_request *r, orx_str *out);
bool tools_patch(tools *t, const tools_request *r, orx_str *out);
bool tools_run(tools *t, const tools_request *r, orx_str *out);

/* ---- drop.c ---- */

/* Commands started from here on do not have the privileges of root beyond its files. */
void tools_drop_privileges(void);

/* ---- network.c ---- */

/* From here on this process and its children open no socket. False with the reason in *out. */
bool tools_no_network(orx_str *out);

#endif
