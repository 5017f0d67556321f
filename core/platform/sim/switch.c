#include "platform/sim/switch.h"

#include <stdint.h>
#include <string.h>

#ifdef ORX_SIM_UCONTEXT

/* makecontext passes ints only, so the pointer travels in two halves. */
static void trampoline(unsigned high, unsigned low) {
    uintptr_t bits = ((uintptr_t)high << 16 << 16) | low;
    orx_sim_ctx *ctx;
    memcpy(&ctx, &bits, sizeof ctx);
    ctx->entry(ctx->arg);
}

void orx_sim_ctx_make(orx_sim_ctx *ctx, void *stack, size_t size, void (*entry)(void *arg),
                      void *arg) {
    uintptr_t bits = (uintptr_t)ctx;
    ctx->entry = entry;
    ctx->arg = arg;
    (void)getcontext(&ctx->uc);
    ctx->uc.uc_stack.ss_sp = stack;
    ctx->uc.uc_stack.ss_size = size;
    ctx->uc.uc_link = NULL;
    makecontext(&ctx->uc, (void (*)(void))trampoline, 2, (unsigned)(bits >> 16 >> 16),
                (unsigned)bits);
}

void orx_sim_ctx_switch(orx_sim_ctx *from, orx_sim_ctx *to) {
    (void)swapcontext(&from->uc, &to->uc);
}

#else

/* Saves the callee-saved registers on the present stack and its top in *save, then takes the ones
 * that lie at load. */
void orx_sim_switch_stack(void **save, void *load);
/* Where a new context begins: moves its argument into place and calls its entry. */
void orx_sim_switch_start(void);

#if defined(__x86_64__)

__asm__(".text\n"
        ".globl orx_sim_switch_stack\n"
        ".hidden orx_sim_switch_stack\n"
        ".type orx_sim_switch_stack,@function\n"
        "orx_sim_switch_stack:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size orx_sim_switch_stack,.-orx_sim_switch_stack\n"
        ".globl orx_sim_switch_start\n"
        ".hidden orx_sim_switch_start\n"
        ".type orx_sim_switch_start,@function\n"
        "orx_sim_switch_start:\n"
        ".cfi_startproc\n"
        ".cfi_undefined rip\n"
        "    movq %r13, %rdi\n"
        "    call *%r12\n"
        "    ud2\n"
        ".cfi_endproc\n"
        ".size orx_sim_switch_start,.-orx_sim_switch_start\n");

enum { FRAME_WORDS = 9, ENTRY = 3, ARG = 2, RETURN_TO = 6 };

#else /* aarch64 */

__asm__(".text\n"
        ".globl orx_sim_switch_stack\n"
        ".hidden orx_sim_switch_stack\n"
        ".type orx_sim_switch_stack,%function\n"
        "orx_sim_switch_stack:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x2, sp\n"
        "    str x2, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size orx_sim_switch_stack,.-orx_sim_switch_stack\n"
        ".globl orx_sim_switch_start\n"
        ".hidden orx_sim_switch_start\n"
        ".type orx_sim_switch_start,%function\n"
        "orx_sim_switch_start:\n"
        ".cfi_startproc\n"
        ".cfi_undefined x30\n"
        "    mov x0, x20\n"
        "    blr x19\n"
        "    brk #1\n"
        ".cfi_endproc\n"
        ".size orx_sim_switch_start,.-orx_sim_switch_start\n");

enum { FRAME_WORDS = 20, ENTRY = 0, ARG = 1, RETURN_TO = 11 };

#endif

/* Lays out the frame that orx_sim_switch_stack takes off: on x86-64 r15 r14 r13 r12 rbx rbp and the
 * return address (the two words above align the stack for the call), on aarch64 x19 .. x30 and
 * d8 .. d15. */
void orx_sim_ctx_make(orx_sim_ctx *ctx, void *stack, size_t size, void (*entry)(void *arg),
                      void *arg) {
    uintptr_t words[FRAME_WORDS] = {0};
    words[ENTRY] = (uintptr_t)entry;
    words[ARG] = (uintptr_t)arg;
    words[RETURN_TO] = (uintptr_t)orx_sim_switch_start;
    char *top = (char *)stack + size;
    top -= (uintptr_t)top % 16;
    ctx->sp = memcpy(top - sizeof words, words, sizeof words);
}

void orx_sim_ctx_switch(orx_sim_ctx *from, orx_sim_ctx *to) {
    orx_sim_switch_stack(&from->sp, to->sp);
}

#endif
