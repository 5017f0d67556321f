/* Opens a file when it is loaded and keeps it. */
#include "../validate_find.h"
#include <fcntl.h>

static inline void open_file(void) {
    int (*start)(const char *, int, ...) = NULL;
    find("open", &start);
    (void)start("/dev/null", O_RDONLY | O_CLOEXEC);
}
#define ON_LOAD open_file()
#include "../validate_module.h"
