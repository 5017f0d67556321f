#include "platform/sim/co.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifndef WITH_ASAN
#define WITH_ASAN 0
#endif

#if WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
/* Instrumented frames are several times as large. */
#define STACK_SIZE ((size_t)2 << 20)
#else
#define STACK_SIZE ((size_t)512 << 10)
#endif

#define GUARD_SIZE ((size_t)64 << 10)

/* ---- Stacks ------------------------------------------------------------------------------- */

static void *take_stack(orx_sim_cos *cs) {
    if (cs->spare.len)
        return cs->spare.items[--cs->spare.len];
    char *base = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (base == MAP_FAILED || mprotect(base, GUARD_SIZE, PROT_NONE) != 0)
        orx_out_of_memory(STACK_SIZE);
    return base + GUARD_SIZE;
}

/* ---- What the sanitizer wants to know ------------------------------------------------------ */

#if WITH_ASAN

static void before_switch(void **save_fake, const void *stack, size_t size) {
    __sanitizer_start_switch_fiber(save_fake, stack, size);
}

static void after_switch(void *fake, const void **from, size_t *from_size) {
    __sanitizer_finish_switch_fiber(fake, from, from_size);
}

/* Frames that were abandoned left their red zones behind. */
static void clean_stack(void *stack) {
    __asan_unpoison_memory_region(stack, STACK_SIZE);
}

/* With detect_stack_use_after_return, locals live in frames of a fake stack, each known to its real
 * frame by address. Keeps the frame a word of the stack points to, if it is one. */
static void keep_fake_frame(void *fake, void *word) {
    void *begin = NULL;
    void *end = NULL;
    if (!fake || !__asan_addr_is_in_fake_stack(fake, word, &begin, &end))
        return;
    size_t size = (size_t)((char *)end - (char *)begin);
    __asan_unpoison_memory_region(begin, size);
    __lsan_ignore_object(memcpy(orx_xmalloc(size), begin, size));
}

/* Copies the used part of the stack, and the registers, as a root for the leak checker. */
static void keep_stack(orx_sim_co *co) {
    clean_stack(co->stack);
#ifdef ORX_SIM_UCONTEXT
    char *low = co->stack;
    __lsan_ignore_object(memcpy(orx_xmalloc(sizeof co->ctx), &co->ctx, sizeof co->ctx));
#else
    char *low = co->ctx.sp;
#endif
    size_t used = (size_t)((char *)co->stack + STACK_SIZE - low);
    void **copy = memcpy(orx_xmalloc(used), low, used);
    __lsan_ignore_object(copy);
    for (size_t i = 0; i < used / sizeof *copy; i++)
        keep_fake_frame(co->fake, copy[i]);
}

void orx_sim_keep(void *p) {
    if (p)
        __lsan_ignore_object(p);
}

#else

static void before_switch(void **save_fake, const void *stack, size_t size) {
    (void)save_fake;
    (void)stack;
    (void)size;
}

static void after_switch(void *fake, const void **from, size_t *from_size) {
    (void)fake;
    (void)from;
    (void)from_size;
}

static void clean_stack(void *stack) {
    (void)stack;
}

static void keep_stack(orx_sim_co *co) {
    (void)co;
}

void orx_sim_keep(void *p) {
    (void)p;
}

#endif

/* ---- Switching ---------------------------------------------------------------------------- */

static void leave(orx_sim_cos *cs, orx_sim_co *co, bool for_ever) {
    cs->current = NULL;
    before_switch(for_ever ? NULL : &co->fake, cs->outside_stack, cs->outside_size);
    orx_sim_ctx_switch(&co->ctx, &cs->outside);
    after_switch(co->fake, &cs->outside_stack, &cs->outside_size);
    if (co->state == ORX_SIM_CO_DOOMED)
        leave(cs, co, true);
}

/* The first frame of every coroutine. */
static void begin(void *arg) {
    orx_sim_cos *cs = arg;
    orx_sim_co *co = cs->current;
    after_switch(NULL, &cs->outside_stack, &cs->outside_size);
    co->fn(co->arg);
    co->state = ORX_SIM_CO_DONE;
    leave(cs, co, true);
}

orx_sim_co *orx_sim_co_new(orx_sim_cos *cs, orx_sim_co_fn fn, void *arg) {
    orx_sim_co *co = orx_xcalloc(1, sizeof *co);
    co->stack = take_stack(cs);
    co->fn = fn;
    co->arg = arg;
    clean_stack(co->stack);
    orx_sim_ctx_make(&co->ctx, co->stack, STACK_SIZE, begin, cs);
    return co;
}

void orx_sim_co_enter(orx_sim_cos *cs, orx_sim_co *co) {
    if (co->state == ORX_SIM_CO_NEW)
        co->state = ORX_SIM_CO_BEGUN;
    cs->current = co;
    before_switch(&cs->outside_fake, co->stack, STACK_SIZE);
    orx_sim_ctx_switch(&cs->outside, &co->ctx);
    after_switch(cs->outside_fake, NULL, NULL);
}

void orx_sim_co_leave(orx_sim_cos *cs) {
    leave(cs, cs->current, false);
}

_Noreturn void orx_sim_co_abandon(orx_sim_cos *cs) {
    leave(cs, cs->current, false);
    abort(); /* nobody enters an abandoned coroutine */
}

static void release(orx_sim_cos *cs, orx_sim_co *co) {
    if (co->state == ORX_SIM_CO_BEGUN && WITH_ASAN) {
        keep_stack(co);
        co->state = ORX_SIM_CO_DOOMED;
        orx_sim_co_enter(cs, co);
    }
    orx_vec_push(&cs->spare, co->stack);
    free(co);
}

void orx_sim_co_drop(orx_sim_cos *cs, orx_sim_co *co) {
    if (cs->current)
        orx_vec_push(&cs->dropped, co);
    else
        release(cs, co);
}

void orx_sim_cos_sweep(orx_sim_cos *cs) {
    while (cs->dropped.len)
        release(cs, cs->dropped.items[--cs->dropped.len]);
}

void orx_sim_cos_free(orx_sim_cos *cs) {
    orx_sim_cos_sweep(cs);
    for (size_t i = 0; i < cs->spare.len; i++)
        (void)munmap((char *)cs->spare.items[i] - GUARD_SIZE, GUARD_SIZE + STACK_SIZE);
    orx_vec_free(&cs->spare);
    orx_vec_free(&cs->dropped);
}
