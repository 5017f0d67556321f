#include "platform/procstat.h"

/* Field numbers of proc(5) counted from the state, which is field 3. */
enum { FIELD_STATE = 3, FIELD_PPID = 4, FIELD_START = 22 };

bool orx_procstat_parse(orx_view text, orx_procstat *ret) {
    const char *close = text.len ? memrchr(text.p, ')', text.len) : NULL;
    if (!close || close + 2 > text.p + text.len)
        return false;
    orx_view rest = {close + 2, (size_t)(text.p + text.len - close) - 2};
    orx_procstat st = {0};
    orx_view field;
    for (int n = FIELD_STATE; n <= FIELD_START; n++) {
        if (!orx_view_split(&rest, ' ', &field))
            return false;
        if (n == FIELD_STATE && field.len == 1)
            st.state = field.p[0];
        else if (n == FIELD_PPID && !orx_view_to_i64(field, &st.ppid))
            return false;
        else if (n == FIELD_START && !orx_view_to_i64(field, &st.start))
            return false;
    }
    if (!st.state)
        return false;
    *ret = st;
    return true;
}
