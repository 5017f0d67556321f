#include "platform/terminal.h"

#include <unistd.h>

bool orx_stdout_is_terminal(void) {
    return isatty(STDOUT_FILENO) == 1;
}

void orx_self_path(orx_str *out) {
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n > 0 && (size_t)n < sizeof path)
        orx_str_add(out, path, (size_t)n);
}
