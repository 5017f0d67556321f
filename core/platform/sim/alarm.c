#include "platform/sim/alarm.h"

static bool before(const orx_sim_alarm *a, const orx_sim_alarm *b) {
    return a->due < b->due || (a->due == b->due && a->seq < b->seq);
}

static void place(orx_sim_alarms *all, size_t i, orx_sim_alarm *a) {
    all->heap.items[i] = a;
    a->at = i + 1;
}

static void rise(orx_sim_alarms *all, size_t i, orx_sim_alarm *a) {
    while (i > 0 && before(a, all->heap.items[(i - 1) / 2])) {
        place(all, i, all->heap.items[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(all, i, a);
}

static void sink(orx_sim_alarms *all, size_t i, orx_sim_alarm *a) {
    size_t n = all->heap.len;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n)
            break;
        if (child + 1 < n && before(all->heap.items[child + 1], all->heap.items[child]))
            child++;
        if (!before(all->heap.items[child], a))
            break;
        place(all, i, all->heap.items[child]);
        i = child;
    }
    place(all, i, a);
}

void orx_sim_alarm_set(orx_sim_alarms *all, orx_sim_alarm *a, int64_t due) {
    orx_sim_alarm_cancel(all, a);
    a->due = due;
    a->seq = all->seq++;
    orx_vec_push(&all->heap, a);
    rise(all, all->heap.len - 1, a);
}

void orx_sim_alarm_cancel(orx_sim_alarms *all, orx_sim_alarm *a) {
    if (!a->at)
        return;
    size_t i = a->at - 1;
    a->at = 0;
    orx_sim_alarm *last = all->heap.items[--all->heap.len];
    if (last == a)
        return;
    if (i > 0 && before(last, all->heap.items[(i - 1) / 2]))
        rise(all, i, last);
    else
        sink(all, i, last);
}

void orx_sim_alarms_free(orx_sim_alarms *all) {
    orx_vec_free(&all->heap);
}
