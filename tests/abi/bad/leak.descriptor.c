/* Each instance opens a file and forgets it. */
#include "../validate_find.h"
#include <fcntl.h>

static inline void open_file(void) {
    int (*start)(const char *, int, ...) = NULL;
    find("open", &start);
    (void)start("/dev/null", O_RDONLY | O_CLOEXEC);
}
#define ON_CREATE open_file()
#include "../validate_module.h"
