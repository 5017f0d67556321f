/* The drift alarm. A threshold was made so that a certain share of tasks goes to the strong model;
 * when the share of the last 1,000 decisions is 5 points away from that, the traffic or the models
 * are no longer those that it was made from. With 1,000 draws of 30 % a share is that far off by
 * chance less than once in a thousand times.
 *
 * The window lives in the kv service: a byte that says whether the alarm was given, where the next
 * decision goes and how many there are (two bytes each, the low one first), and a bit for each. It
 * is read before every decision, since other processes decide, too, and written by the feedback,
 * since a decision must not wait for a disk. A decision that two processes make at the same time
 * may be counted once. */
#include "routellm.h"

#include <stdio.h>

#define KEY  "drift"
#define SIZE (5 + RL_WINDOW / 8)

static uint32_t number_at(const unsigned char *p) {
    return p[0] | (uint32_t)p[1] << 8;
}

static void put_number(unsigned char *p, uint32_t v) {
    p[0] = (unsigned char)v;
    p[1] = (unsigned char)(v >> 8);
}

static void load(routellm *r) {
    orxaq_view value;
    if (r->drift_unsaved || r->kv->get(r->host, orxaq_str(KEY), &value) != 1)
        return;
    const unsigned char *p = (const unsigned char *)value.data;
    if (value.len == SIZE && p[0] <= 1 && number_at(p + 1) < RL_WINDOW &&
        number_at(p + 3) <= RL_WINDOW)
        memcpy(r->drift, p, SIZE);
}

static uint32_t count_strong(const unsigned char *bits) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < RL_WINDOW; i++)
        n += bits[i / 8] >> i % 8 & 1;
    return n;
}

static void tell(routellm *r, double share) {
    char text[256];
    double away = share > r->share ? share - r->share : r->share - share;
    int alarm = away >= RL_DRIFT;
    r->metrics->set(r->host, "strong_share_ppm", (int64_t)(share * 1e6));
    r->metrics->set(r->host, "strong_share_expected_ppm", (int64_t)(r->share * 1e6));
    r->metrics->set(r->host, "drift_alarm", alarm);
    if (alarm && !r->drift[0]) {
        (void)snprintf(
            text, sizeof text,
            "drift: the strong model got %.1f %% of the last %d tasks, expected %.1f %%; "
            "tasks or models have changed, train again",
            100 * share, RL_WINDOW, 100 * r->share);
        r->log->write(r->host, ORXAQ_LOG_WARNING, orxaq_str(text));
    }
    r->drift[0] = (unsigned char)alarm;
}

void rl_drift_note(routellm *r, int strong) {
    if (!r->kv || !r->metrics || r->share < 0)
        return;
    load(r);
    uint32_t at = number_at(r->drift + 1);
    uint32_t count = number_at(r->drift + 3);
    unsigned char *byte = r->drift + 5 + at / 8;
    unsigned char bit = (unsigned char)(1 << at % 8);
    *byte = (unsigned char)(strong ? *byte | bit : *byte & ~bit);
    count += count < RL_WINDOW;
    put_number(r->drift + 1, (at + 1) % RL_WINDOW);
    put_number(r->drift + 3, count);
    r->drift_unsaved = 1;
    if (count == RL_WINDOW)
        tell(r, (double)count_strong(r->drift + 5) / RL_WINDOW);
}

int32_t rl_feedback(void *instance, const orxaq_route_feedback *feedback) {
    routellm *r = instance;
    (void)feedback; /* outcomes are in the journal, from where they are learned */
    if (!r->drift_unsaved)
        return ORXAQ_OK;
    r->drift_unsaved = 0;
    return r->kv->put(r->host, orxaq_str(KEY), orxaq_view_of(r->drift, SIZE));
}
