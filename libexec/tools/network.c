/* No sockets, by a seccomp filter over system calls (seccomp(2)): this process and all it starts
 * cannot make one of any family. Not only the Internet's: behind a Unix socket may be a daemon that
 * does anything. Pairs of connected sockets (socketpair) stay, which programs use instead of pipes.
 *
 * Ways around the one call are closed with it: io_uring makes sockets by itself, and another
 * machine's calling convention has other numbers. A network namespace would leave a loopback, but
 * needs a user namespace, which many machines refuse and our Landlock rules do not go with. */
#include "tools.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OWN_ARCH AUDIT_ARCH_RISCV64
#endif

#ifndef __NR_io_uring_setup
#define __NR_io_uring_setup 425
#endif

#ifdef OWN_ARCH

#define X32_BIT   0x40000000U
#define REFUSE(e) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (e))

bool tools_no_network(orx_str *out) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0),
        REFUSE(ENOSYS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
        REFUSE(ENOSYS),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 1),
        REFUSE(EACCES),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
        REFUSE(ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        return true;
    return tools_fail(out,
                      "commands cannot be kept off the network: %s; a kernel with seccomp filters "
                      "is needed, or the operator allows the network",
                      strerror(errno));
}

#else

bool tools_no_network(orx_str *out) {
    return tools_fail(out, "commands cannot be kept off the network on this kind of machine; the "
                           "operator has to allow the network");
}

#endif
