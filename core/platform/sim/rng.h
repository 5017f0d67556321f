/* rng.h: the generator behind every draw of a simulation.
 *
 * xoshiro256** 1.0 (Blackman and Vigna 2018), its state filled by splitmix64 as they advise. One
 * seed gives any number of streams: two streams with different numbers share nothing, so a draw
 * taken from one never moves another.
 *
 * Threads: values.
 */
#ifndef ORX_PLATFORM_SIM_RNG_H
#define ORX_PLATFORM_SIM_RNG_H

#include <stdint.h>

typedef struct orx_sim_rng {
    uint64_t s[4];
} orx_sim_rng;

/* The mixing step of splitmix64: every input bit changes about half of the output bits. */
static inline uint64_t orx_sim_mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

static inline void orx_sim_rng_seed(orx_sim_rng *r, uint64_t seed, uint64_t stream) {
    uint64_t x = orx_sim_mix(seed) ^ orx_sim_mix(~stream);
    for (int i = 0; i < 4; i++) {
        x += 0x9e3779b97f4a7c15ULL;
        r->s[i] = orx_sim_mix(x);
    }
}

static inline uint64_t orx_sim_rotl(uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
}

static inline uint64_t orx_sim_next(orx_sim_rng *r) {
    uint64_t result = orx_sim_rotl(r->s[1] * 5, 7) * 9;
    uint64_t t = r->s[1] << 17;
    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = orx_sim_rotl(r->s[3], 45);
    return result;
}

/* 0 .. bound-1 (0 for bound 0) by the high half of a 64 x 64 multiplication. The bias is below
 * bound / 2^64. */
static inline uint64_t orx_sim_below(orx_sim_rng *r, uint64_t bound) {
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)(((wide)orx_sim_next(r) * bound) >> 64);
}

#endif
