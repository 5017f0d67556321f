/* The pieces of an answer, gathered. */
#include "plugin/turn.h"

#include "base/str.h"
#include "base/vec.h"
#include "plugin/view.h"

#include <stdlib.h>

#define TEXT_MAX      ((size_t)4 << 20)
#define CALLS_MAX     256
#define ARGUMENTS_MAX ((size_t)16 << 20)
#define USAGE_MAX     1024
#define NAME_MAX      ((size_t)512) /* of a key or a model */

struct orx_turn {
    orx_turn_spec spec;
    orx_job_events events;
    orx_job *job;
    orx_arena arena;
    orx_str text;
    orx_str reasoning;
    bool cut;
    ORX_VEC(orx_turn_call) calls;
    size_t arguments;
    bool too_much;
    ORX_VEC(orxaq_usage) usage;
    orx_job_result result; /* the job's, or our own verdict */
    orx_turn_answer answer;
};

/* ---- Pieces ---------------------------------------------------------------------------------- */

static void keep_text(orx_turn *turn, orx_str *to, orx_view bytes, bool whole) {
    size_t room = TEXT_MAX - to->len;
    if (whole && to->len && room) {
        orx_str_addc(to, '\n');
        room--;
    }
    turn->cut = turn->cut || bytes.len > room;
    orx_str_add(to, bytes.p, bytes.len < room ? bytes.len : room);
}

static void on_text(void *user, const orxaq_text *text) {
    orx_turn *turn = user;
    if (text->channel == ORXAQ_TEXT_ANSWER)
        keep_text(turn, &turn->text, orx_view_in(text->text), !text->delta);
    else if (text->channel == ORXAQ_TEXT_REASONING)
        keep_text(turn, &turn->reasoning, orx_view_in(text->text), !text->delta);
    if (turn->spec.on_text)
        turn->spec.on_text(turn->spec.user, text);
}

static void on_call(void *user, const orxaq_tool_call *call) {
    orx_turn *turn = user;
    if (call->phase != ORXAQ_TOOL_REQUESTED)
        return;
    turn->arguments += (size_t)(call->arguments.len + call->id.len + call->name.len);
    if (turn->calls.len == CALLS_MAX || turn->arguments > ARGUMENTS_MAX) {
        turn->too_much = true;
        return;
    }
    const orx_turn_call kept = {orx_arena_view(&turn->arena, orx_view_in(call->id)),
                                orx_arena_view(&turn->arena, orx_view_in(call->name)),
                                orx_arena_view(&turn->arena, orx_view_in(call->arguments))};
    orx_vec_push(&turn->calls, kept);
}

static orxaq_view keep(orx_turn *turn, orxaq_view v) {
    orx_view most = orx_view_mem(v.data, v.len < NAME_MAX ? (size_t)v.len : NAME_MAX);
    orx_view copy = orx_arena_view(&turn->arena, most);
    return orxaq_view_of(copy.p, copy.len);
}

/* A total takes the place of the one before; what is to be added stays a report of its own. */
static void on_usage(void *user, const orxaq_usage *usage) {
    orx_turn *turn = user;
    orxaq_usage kept = *usage;
    kept.key = keep(turn, usage->key);
    kept.model_asked = keep(turn, usage->model_asked);
    kept.model_answered = keep(turn, usage->model_answered);
    for (size_t i = 0; i < turn->usage.len && usage->mode == ORXAQ_USAGE_TOTAL; i++) {
        orxaq_usage *u = &turn->usage.items[i];
        if (u->mode == usage->mode && u->scope == usage->scope &&
            orxaq_view_eq(u->key, usage->key)) {
            *u = kept;
            return;
        }
    }
    if (turn->usage.len < USAGE_MAX)
        orx_vec_push(&turn->usage, kept);
}

/* ---- Life ------------------------------------------------------------------------------------ */

int orx_turn_start(orx_platform *p, const orx_turn_spec *spec, orx_turn **ret_turn, orx_err *err) {
    orx_turn *turn = orx_xcalloc(1, sizeof *turn);
    turn->spec = *spec;
    turn->events =
        (orx_job_events){.text = on_text, .tool_call = on_call, .usage = on_usage, .user = turn};
    const orx_job_spec job = {.instance = spec->instance,
                              .kind = ORX_JOB_PROVIDER,
                              .op = ORXAQ_OP_TURN,
                              .args = spec->args,
                              .files_dir = spec->files_dir,
                              .total_ns = spec->total_ns,
                              .idle_ns = spec->idle_ns,
                              .first_byte_ns = spec->first_byte_ns,
                              .plain_http = spec->plain_http,
                              .ca_file = spec->ca_file,
                              .events = &turn->events,
                              .tap = spec->tap};
    int rc = orx_job_start(p, &job, &turn->job, err);
    if (rc < 0) {
        orx_turn_free(turn);
        return rc;
    }
    *ret_turn = turn;
    return 0;
}

const bool *orx_turn_done(const orx_turn *turn) {
    return orx_job_done(turn->job);
}

void orx_turn_cancel(orx_turn *turn, int32_t reason) {
    /* The first pieces may come before orx_job_start has returned. */
    if (turn->job)
        orx_job_cancel(turn->job, reason);
}

const orx_turn_answer *orx_turn_answer_of(orx_turn *turn) {
    turn->result = *orx_job_result_of(turn->job);
    if (turn->too_much && turn->result.kind == ORXAQ_KIND_OK) {
        turn->result.kind = ORXAQ_KIND_PROTOCOL;
        turn->result.message = "the model asked for more than 256 tools or 16 MiB of arguments";
    }
    turn->answer =
        (orx_turn_answer){.result = &turn->result,
                          .text = {orx_str_cstr(&turn->text), turn->text.len},
                          .reasoning = {orx_str_cstr(&turn->reasoning), turn->reasoning.len},
                          .cut = turn->cut,
                          .calls = turn->calls.items,
                          .call_count = turn->calls.len,
                          .usage = turn->usage.items,
                          .usage_count = turn->usage.len};
    return &turn->answer;
}

void orx_turn_free(orx_turn *turn) {
    if (!turn)
        return;
    orx_job_free(turn->job);
    orx_vec_free(&turn->calls);
    orx_vec_free(&turn->usage);
    orx_str_free(&turn->text);
    orx_str_free(&turn->reasoning);
    orx_arena_free(&turn->arena);
    free(turn);
}
