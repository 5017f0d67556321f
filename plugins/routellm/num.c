/* Numbers: random ones, and the few sums everything here is made of. */
#include "routellm.h"

#include <math.h>

uint64_t rl_next(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

double rl_uniform(uint64_t *state) {
    return (double)(rl_next(state) >> 11) * 0x1.0p-53;
}

double rl_normal(uint64_t *state) {
    double r = sqrt(-2 * log(1 - rl_uniform(state)));
    return r * cos(6.283185307179586 * rl_uniform(state));
}

uint64_t rl_hash(const char *bytes, size_t len, uint64_t seed) {
    uint64_t h = 14695981039346656037u ^ seed;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)bytes[i]) * 1099511628211u;
    return rl_next(&h); /* FNV leaves the upper bits of short texts alike */
}

double rl_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

double rl_logit(double p) {
    p = p < 1e-6 ? 1e-6 : p > 1 - 1e-6 ? 1 - 1e-6 : p;
    return log(p / (1 - p));
}

/* Eight sums side by side: a compiler may not reorder a sum of floats, so it is done here. */
float rl_dot(const float *a, const float *b, uint32_t n) {
    float sum[8] = {0};
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (uint32_t j = 0; j < 8; j++)
            sum[j] += a[i + j] * b[i + j];
    for (; i < n; i++)
        sum[0] += a[i] * b[i];
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

void rl_add_scaled(float *restrict a, const float *restrict b, float scale, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        a[i] += scale * b[i];
}

void rl_unit(float *v, uint32_t n) {
    double length = sqrt((double)rl_dot(v, v, n));
    if (length > 0)
        for (uint32_t i = 0; i < n; i++)
            v[i] = (float)((double)v[i] / length);
}

int rl_all_finite(const float *v, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return 0;
    return 1;
}

void rl_shuffle(uint32_t *items, uint32_t n, uint64_t *state) {
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)(rl_next(state) % i);
        uint32_t kept = items[i - 1];
        items[i - 1] = items[j];
        items[j] = kept;
    }
}
