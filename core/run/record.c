/* Writing records. */
#include "run/record.h"

#include "platform/files.h"
#include "plugin/view.h"
#include "run/record_args.h"
#include "run/records.h"

#include <stdio.h>
#include <stdlib.h>

#define PIECE    ((size_t)1 << 16)
#define DATA_MAX ((size_t)8 << 20) /* of one file or sentence that is fed */
#define HELD_MAX 16                /* streams of the effects that may be unfinished */

/* The end of a stream that may be the beginning of a secret. */
typedef struct held {
    bool used;
    uint32_t effect;
    int32_t stream;
    orx_str bytes;
} held;

struct orx_record {
    orx_platform *p;
    orx_secrets secrets;
    char *path;
    orx_file *f;
    int64_t at;      /* written to the present file */
    orx_str out;     /* not written yet */
    orx_str scratch; /* a piece on its way */
    int64_t begun;
    int part;            /* 0 = the first file */
    int64_t size[2];     /* of the first file and of the part before this one */
    int64_t raw;         /* bytes of output so far */
    int64_t raw_part[2]; /* of them in this part and in the one before */
    int64_t gap;
    held held[HELD_MAX];
    orx_job_tap tap;
    bool failed;
    orx_err problem;
};

/* ---- The file -------------------------------------------------------------------------------- */

const char *orx_record_path(orx_arena *arena, const char *state_dir, int64_t attempt,
                            int64_t call) {
    return orx_arena_printf(arena, "%s/records/%06lld/%lld-%lld.rec", state_dir,
                            (long long)(attempt / 1000), (long long)attempt, (long long)call);
}

static void give_up(orx_record *r, const orx_err *why) {
    if (!r->failed)
        r->problem = *why;
    r->failed = true;
    orx_file_close(r->p, r->f);
    r->f = NULL;
    orx_str_clear(&r->out);
}

static void flush(orx_record *r) {
    orx_err err = ORX_ERR_INIT;
    if (r->failed || !r->out.len)
        return;
    if (orx_file_write(r->p, r->f, r->at, r->out.buf, r->out.len, &err) < 0) {
        give_up(r, &err);
        return;
    }
    r->at += (int64_t)r->out.len;
    orx_str_clear(&r->out);
}

static void part_name(const orx_record *r, int part, orx_str *out) {
    orx_str_adds(out, r->path);
    if (part)
        orx_str_addf(out, ".%d", part);
}

static void open_file(orx_record *r) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    orx_err err = ORX_ERR_INIT;
    part_name(r, r->part, &name);
    r->at = 0;
    if (orx_file_open(r->p, orx_str_cstr(&name), ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_EXCL,
                      0600, &r->f, &err) < 0)
        give_up(r, &err);
}

/* One with the same name is left of a journal that was begun anew. */
static void remove_namesake(orx_record *r, const char *state_dir, const orx_record_about *about) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char **paths = NULL;
    if (!orx_exists(r->p, r->path) || orx_record_files(r->p, state_dir, about->attempt, about->call,
                                                       &arena, &paths, NULL, NULL) < 0)
        return;
    for (; *paths; paths++)
        (void)orx_unlink(r->p, *paths, NULL);
}

static orx_line line_to(orx_record *r) {
    return (orx_line){.out = &r->out, .secrets = &r->secrets, .more = true};
}

static void begin_line(orx_record *r, const char *kind) {
    orx_str_addf(&r->out, "{\"k\":\"%s\",\"t\":%lld", kind,
                 (long long)(orx_mono_ns(r->p) - r->begun));
}

static void end_line(orx_record *r) {
    orx_str_adds(&r->out, "}\n");
}

/* Forgets the oldest part when two are there already. */
static void drop_oldest(orx_record *r) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    if (r->part < 2)
        return;
    part_name(r, r->part - 1, &name);
    (void)orx_unlink(r->p, orx_str_cstr(&name), NULL);
    r->gap += r->raw_part[1];
}

static void next_part(orx_record *r) {
    flush(r);
    orx_file_close(r->p, r->f);
    r->f = NULL;
    drop_oldest(r);
    r->size[r->part ? 1 : 0] = r->at;
    r->raw_part[1] = r->part ? r->raw_part[0] : 0;
    r->raw_part[0] = 0;
    r->part++;
    open_file(r);
    orx_line l = line_to(r);
    begin_line(r, "part");
    orx_line_int(&l, "part", r->part);
    orx_line_int(&l, "raw", r->raw);
    orx_line_int(&l, "gap", r->gap);
    end_line(r);
}

/* Begins an entry, in a further file when this one is full. */
static orx_line entry(orx_record *r, const char *kind) {
    int64_t most = r->part ? ORX_RECORD_PART_MAX : ORX_RECORD_HEAD_MAX;
    if (!r->failed && r->at + (int64_t)r->out.len >= most)
        next_part(r);
    begin_line(r, kind);
    return line_to(r);
}

/* A line of events is written with the next bytes; a failed record keeps nothing. */
static void done(orx_record *r) {
    end_line(r);
    if (r->failed)
        orx_str_clear(&r->out);
    else if (r->out.len >= PIECE)
        flush(r);
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* Puts bytes behind their line, without what is secret. */
static void put_data(orx_record *r, orx_view data) {
    orx_str_clear(&r->scratch);
    while (data.len || r->scratch.len) {
        size_t n = data.len < PIECE ? data.len : PIECE;
        orx_str_add(&r->scratch, data.p, n);
        data = orx_view_mem(data.p + n, data.len - n);
        orx_secrets_mask(&r->secrets, r->scratch.buf, r->scratch.len);
        size_t keep = data.len ? orx_secrets_partial(&r->secrets, orx_str_view(&r->scratch)) : 0;
        size_t ready = r->scratch.len - keep;
        orx_str_add(&r->out, r->scratch.buf, ready);
        orx_str_drop(&r->scratch, ready);
        if (r->out.len >= PIECE)
            flush(r);
        if (r->failed)
            return;
    }
    orx_str_addc(&r->out, '\n');
}

static held *held_of(orx_record *r, uint32_t effect, int32_t stream) {
    held *unused = NULL;
    for (size_t i = 0; i < HELD_MAX; i++) {
        held *h = &r->held[i];
        if (h->used && h->effect == effect && h->stream == stream)
            return h;
        if (!h->used)
            unused = h;
    }
    if (unused) {
        unused->used = true;
        unused->effect = effect;
        unused->stream = stream;
    }
    return unused;
}

static void put_out(orx_record *r, uint32_t effect, int32_t stream, orx_view bytes, int64_t ns) {
    orx_line l = entry(r, "out");
    orx_line_int(&l, "e", effect);
    orx_line_int(&l, "s", stream);
    orx_line_int(&l, "ns", ns);
    orx_line_int(&l, "bytes", (int64_t)bytes.len);
    end_line(r);
    orx_str_addv(&r->out, bytes);
    orx_str_addc(&r->out, '\n');
    r->raw += (int64_t)bytes.len;
    r->raw_part[0] += (int64_t)bytes.len;
}

static void put_piece(orx_record *r, held *h, uint32_t effect, int32_t stream, orx_view piece,
                      int64_t ns) {
    orx_str_clear(&r->scratch);
    if (h)
        orx_str_addv(&r->scratch, orx_str_view(&h->bytes));
    orx_str_addv(&r->scratch, piece);
    orx_secrets_mask(&r->secrets, r->scratch.buf, r->scratch.len);
    size_t keep = h ? orx_secrets_partial(&r->secrets, orx_str_view(&r->scratch)) : 0;
    size_t ready = r->scratch.len - keep;
    if (ready)
        put_out(r, effect, stream, orx_view_mem(r->scratch.buf, ready), ns);
    if (h) {
        orx_str_clear(&h->bytes);
        orx_str_add(&h->bytes, r->scratch.buf + ready, keep);
    }
}

/* Output goes to the file at once: it is what a crash is explained with. */
static void on_bytes(void *user, uint32_t effect, int32_t stream, orx_view bytes, int64_t ns) {
    orx_record *r = user;
    held *h = r->secrets.values.len ? held_of(r, effect, stream) : NULL;
    while (bytes.len && !r->failed) {
        size_t n = bytes.len < PIECE ? bytes.len : PIECE;
        put_piece(r, h, effect, stream, orx_view_mem(bytes.p, n), ns);
        bytes = orx_view_mem(bytes.p + n, bytes.len - n);
        flush(r);
    }
}

/* The streams of an effect (0 = of all) have ended: what was held back is no secret. */
static void release_held(orx_record *r, uint32_t effect) {
    for (size_t i = 0; i < HELD_MAX; i++) {
        held *h = &r->held[i];
        if (!h->used || (effect && h->effect != effect))
            continue;
        if (h->bytes.len && !r->failed)
            put_out(r, h->effect, h->stream, orx_str_view(&h->bytes), 0);
        orx_str_clear(&h->bytes);
        h->used = false;
    }
}

/* ---- Between driver and world -----------------------------------------------------------------
 */

static void on_effect(void *user, const orxaq_effect *effect) {
    orx_record *r = user;
    orx_line l = entry(r, "effect");
    orx_line_effect(&l, effect);
    done(r);
    /* What is about to run is on file before it does. */
    if (effect->kind != ORXAQ_EFFECT_WRITE)
        flush(r);
}

static void on_feed(void *user, const orxaq_feed *feed) {
    orx_record *r = user;
    orx_view data = orx_view_in(feed->data);
    if (feed->kind != ORXAQ_FEED_START && feed->kind != ORXAQ_FEED_HEAD)
        release_held(r, feed->effect);
    orx_line l = entry(r, "feed");
    orx_line_feed(&l, feed);
    if (data.len > DATA_MAX) {
        orx_line_int(&l, "left_out", (int64_t)(data.len - DATA_MAX));
        data.len = DATA_MAX;
    }
    if (data.len)
        orx_line_int(&l, "bytes", (int64_t)data.len);
    done(r);
    if (data.len && !r->failed)
        put_data(r, data);
}

static void on_cancel(void *user, int32_t reason) {
    orx_record *r = user;
    orx_line l = entry(r, "cancel");
    orx_line_int(&l, "reason", reason);
    done(r);
}

const orx_job_tap *orx_record_job(orx_record *r, int32_t op, const void *args) {
    ORX_CLEANUP(orx_str_free) orx_str data = {0};
    orx_line l = entry(r, "open");
    orx_args_write(&l, op, args, &data);
    orx_line_int(&l, "bytes", (int64_t)data.len);
    done(r);
    if (!r->failed)
        put_data(r, orx_str_view(&data));
    return &r->tap;
}

/* ---- What the driver reports ------------------------------------------------------------------
 */

static void on_text(void *user, const orxaq_text *text) {
    orx_record *r = user;
    orx_line l = entry(r, "text");
    orx_line_text(&l, text);
    done(r);
}

static void on_tool(void *user, const orxaq_tool_call *call) {
    orx_record *r = user;
    orx_line l = entry(r, "tool");
    orx_line_tool(&l, call);
    done(r);
}

static void on_usage(void *user, const orxaq_usage *usage) {
    orx_record *r = user;
    orx_line l = entry(r, "usage");
    orx_line_usage(&l, usage);
    done(r);
}

static void on_session(void *user, const char *id) {
    orx_record *r = user;
    orx_line l = entry(r, "session");
    orx_line_str(&l, "id", orx_view_of(id));
    done(r);
}

static void on_progress(void *user, const orxaq_progress *progress) {
    orx_record *r = user;
    orx_line l = entry(r, "progress");
    orx_line_progress(&l, progress);
    done(r);
}

void orx_record_ran(orx_record *r, const orxaq_tool_call *call) {
    orx_line l = entry(r, "ran");
    orx_line_tool(&l, call);
    done(r);
}

void orx_record_relayed(orx_record *r, const orx_relayed *request) {
    orx_line l = entry(r, "relay");
    orx_line_relayed(&l, request);
    done(r);
}

void orx_record_outcome(orx_record *r, const orx_job_result *result) {
    release_held(r, 0);
    orx_line l = entry(r, "outcome");
    orx_line_outcome(&l, result);
    done(r);
}

/* ---- Secrets --------------------------------------------------------------------------------- */

static void add_secret(void *user, orx_view value) {
    orx_secrets_add(user, value);
}

void orx_record_secrets(const orx_config *cfg, orx_instance *instance, orx_secrets *out) {
    if (instance)
        orx_instance_each_secret(instance, add_secret, out);
    for (size_t i = 0; i < cfg->provider_count; i++) {
        const char *value = orx_config_secret(cfg, &cfg->providers[i]);
        orx_secrets_add(out, orx_view_of(value ? value : ""));
    }
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void make_folder(orx_record *r) {
    orx_err err = ORX_ERR_INIT;
    char *slash = strrchr(r->path, '/');
    *slash = '\0';
    /* Mostly it is there: asking costs less than trying to make it. */
    if (!orx_exists(r->p, r->path) && orx_mkdirs_unsynced(r->p, r->path, true, &err) < 0)
        give_up(r, &err);
    *slash = '/';
}

orx_record *orx_record_begin(orx_platform *p, const char *state_dir, const orx_record_about *about,
                             orx_secrets *secrets) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_record *r = orx_xcalloc(1, sizeof *r);
    r->p = p;
    r->secrets = *secrets;
    *secrets = (orx_secrets){0};
    r->begun = orx_mono_ns(p);
    r->path = orx_xstrdup(orx_record_path(&arena, state_dir, about->attempt, about->call));
    r->tap = (orx_job_tap){.effect = on_effect,
                           .feed = on_feed,
                           .bytes = on_bytes,
                           .cancel = on_cancel,
                           .text = on_text,
                           .tool_call = on_tool,
                           .usage = on_usage,
                           .session = on_session,
                           .progress = on_progress,
                           .user = r};
    make_folder(r);
    remove_namesake(r, state_dir, about);
    if (!r->failed)
        open_file(r);
    orx_line l = entry(r, "begin");
    orx_line_int(&l, "record", 1);
    orx_line_about(&l, about);
    orx_line_int(&l, "wall_ns", orx_wall_ns(p));
    orx_line_str(&l, "boot", orx_view_of(orx_boot_id(p)));
    done(r);
    return r;
}

int64_t orx_record_finish(orx_record *r, const orx_record_end *end) {
    release_held(r, 0);
    orx_line l = entry(r, "end");
    orx_line_end(&l, end);
    orx_line_int(&l, "raw_bytes", r->raw);
    orx_line_int(&l, "gap_bytes", r->gap);
    done(r);
    flush(r);
    orx_file_close(r->p, r->f);
    r->f = NULL;
    return r->size[0] + r->size[1] + r->at;
}

const char *orx_record_problem(const orx_record *r) {
    return r->failed ? r->problem.msg : NULL;
}

void orx_record_free(orx_record *r) {
    if (!r)
        return;
    flush(r);
    orx_file_close(r->p, r->f);
    for (size_t i = 0; i < HELD_MAX; i++)
        orx_str_free(&r->held[i].bytes);
    orx_secrets_free(&r->secrets);
    orx_str_free(&r->out);
    orx_str_free(&r->scratch);
    free(r->path);
    free(r);
}
