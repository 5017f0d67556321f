/* orxaq/layout.h: the proof that host and module mean the same bytes.
 *
 * Two sides can agree on a version number and still disagree about where a member lies: a header
 * was edited, a compiler was told to pack, a member was inserted in the middle by mistake. So the
 * compiler reduces the offset of every member of every table to one number, the layout word, which
 * the module puts into its descriptor and the host compares with its own before it reads anything
 * else. A module with a moved member is refused instead of misread.
 *
 * Each released minor version has a word of its own, made of the members that existed then. Since
 * tables only grow at the end, a later header computes the same old words, and a module states the
 * word of the oldest host it accepts (min_host_minor), which every host that may load it knows.
 * Appended members therefore never change a word; they get a new macro when their version is
 * released.
 *
 * How: each member n in this list contributes (offset + 1) times an odd-looking factor that is
 * different for each n, added up modulo 2^64. Swapping or shifting members changes the sum. The
 * numbers n are fixed with the version; nothing else depends on them. struct_size itself is left
 * out: it is always at 0, which the host checks by reading it.
 *
 * The lists are long and dull on purpose; a test compares them with the headers, so that no member
 * can be forgotten. plugin.h includes this header and defines the last two tables of the list: the
 * macros mean something only where it is included, which is where a descriptor is written.
 */
#ifndef ORXAQ_LAYOUT_H
#define ORXAQ_LAYOUT_H

#include <orxaq/config.h>
#include <orxaq/host.h>
#include <orxaq/ingest.h>
#include <orxaq/provider.h>
#include <orxaq/responder.h>
#include <orxaq/router.h>
#include <orxaq/sink.h>

/* One member, and the short forms for two, three and four with consecutive numbers. */
#define ORXAQ_L1(n, type, a)                                                                       \
    ((uint64_t)(offsetof(struct type, a) + 1u) *                                                   \
     ((uint64_t)(n) * (uint64_t)(n)*40503u + 2u * (uint64_t)(n) + 1u))
#define ORXAQ_L2(n, type, a, b)       (ORXAQ_L1(n, type, a) + ORXAQ_L1((n) + 1, type, b))
#define ORXAQ_L3(n, type, a, b, c)    (ORXAQ_L2(n, type, a, b) + ORXAQ_L1((n) + 2, type, c))
#define ORXAQ_L4(n, type, a, b, c, d) (ORXAQ_L3(n, type, a, b, c) + ORXAQ_L1((n) + 3, type, d))

/* One list for each released version. A list is data, made once and then left alone; it stands in a
 * file of its own so that nobody is tempted to edit it. */
#include <orxaq/layout_0_1.def>

#include <orxaq/layout_0_2.def>

/* What a new module states, with min_host_minor 1: it then works with every host. A module that
 * cannot do without a later minor version states that one's word with its number. */
#define ORXAQ_LAYOUT ORXAQ_LAYOUT_0_1

#endif
