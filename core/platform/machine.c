#include "platform/machine.h"

static int none(orx_err *err) {
    return orx_err_set(err, ORX_E_UNSUPPORTED, "there is no machine to look at");
}

int orx_machine_look(orx_platform *p, orx_machine *ret_machine, orx_err *err) {
    if (!p->machine)
        return none(err);
    p->machine->look(p, ret_machine);
    return 0;
}

int orx_machine_disk(orx_platform *p, const char *path, orx_disk *ret_disk, orx_err *err) {
    return p->machine ? p->machine->disk(p, path, ret_disk, err) : none(err);
}
