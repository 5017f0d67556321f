/* switch.h: leaving one stack and going on with another.
 *
 * On x86-64 and aarch64 Linux a switch is a dozen instructions that save what the calling
 * convention says a call must preserve. Elsewhere, or with ORX_SIM_UCONTEXT defined, it is
 * swapcontext, which works everywhere but makes a system call to save the signal mask: measured
 * 670 ns for a round trip against 5 ns, and a simulation makes millions.
 *
 * The floating-point control words are not switched: nobody here changes them.
 *
 * Threads: a context is resumed by the thread that left it.
 */
#ifndef ORX_PLATFORM_SIM_SWITCH_H
#define ORX_PLATFORM_SIM_SWITCH_H

#include <stddef.h>

#if !defined(ORX_SIM_UCONTEXT) &&                                                                  \
    !(defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__)))
#define ORX_SIM_UCONTEXT
#endif

#ifdef ORX_SIM_UCONTEXT
#include <ucontext.h>
#endif

typedef struct orx_sim_ctx {
#ifdef ORX_SIM_UCONTEXT
    ucontext_t uc;
    void (*entry)(void *arg);
    void *arg;
#else
    void *sp; /* everything else lies on the stack */
#endif
} orx_sim_ctx;

/* Prepares ctx so that the first switch to it calls entry(arg) on the given stack. entry must never
 * return. */
void orx_sim_ctx_make(orx_sim_ctx *ctx, void *stack, size_t size, void (*entry)(void *arg),
                      void *arg);

/* Saves the present state to `from` and goes on in `to`; returns when somebody switches to `from`.
 */
void orx_sim_ctx_switch(orx_sim_ctx *from, orx_sim_ctx *to);

#endif
