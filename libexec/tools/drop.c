/* What only root has. When orxaq runs as root, so do the commands of a model; what goes beyond
 * reading and writing files is taken from them: tracing other processes (and so answering in the
 * server's place), opening files by handle instead of by name, making devices, raising limits,
 * mounting. It goes with the next execve(2), which takes its capabilities from the bounding set. */
#include "tools.h"

#include <linux/capability.h>
#include <sys/prctl.h>

void tools_drop_privileges(void) {
    static const int kept[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID,
                               CAP_KILL,  CAP_SETGID,       CAP_SETUID};
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        bool keep = false;
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
            keep = keep || kept[i] == cap;
        /* CAP_SETPCAP itself, which this needs, stays effective until then. */
        if (!keep)
            (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    }
}
