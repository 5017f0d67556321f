/* Starts a process when it is loaded, one that ends with us. */
#include "../validate_find.h"
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

static inline void start_child(void) {
    int (*start)(void) = NULL;
    find("fork", &start);
    if (start() == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            (void)pause();
    }
}
#define ON_LOAD start_child()
#include "../validate_module.h"
