/* Powers of root that would lead around the confinement. */
#include "exec.h"

#include <linux/capability.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38 /* Linux 5.8 */
#endif

/* The host's key stands in the host's environment. Landlock keeps a confined process from looking
 * into others, but each of these is stronger: the first opens every process, and either of the rest
 * is enough for the kernel (6.15 and later) to show another's memory, of which its environment is a
 * part, without asking Landlock. */
static const unsigned powers[] = {CAP_SYS_PTRACE, CAP_PERFMON, CAP_SYS_ADMIN};

void orx_exec_drop_powers(void) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &head, sets) != 0)
        return;
    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
        struct __user_cap_data_struct *set = &sets[powers[i] / 32];
        unsigned keep = ~(1U << (powers[i] % 32));
        (void)prctl(PR_CAPBSET_DROP, powers[i], 0, 0, 0);
        set->effective &= keep;
        set->permitted &= keep;
        set->inheritable &= keep;
    }
    /* Giving up what one has is never refused. */
    (void)syscall(SYS_capset, &head, sets);
}
