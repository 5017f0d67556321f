/* offsets.c: compiles only when every public member lies where offsets.def says. Both a C and a C++
 * compiler are asked (headers.sh). */
#include <orxaq/orxaq.h>

#ifdef __cplusplus
#define CHECK(condition, text) static_assert(condition, text)
#else
#define CHECK(condition, text) _Static_assert(condition, text)
#endif

#define SIZE(table, bytes) CHECK(sizeof(struct table) == (bytes), #table " has another size");
#define MEMBER(table, member, offset)                                                              \
    CHECK(offsetof(struct table, member) == (offset), #table "." #member " has moved");

#include "offsets.def"

CHECK(ORXAQ_LAYOUT_0_1 == ORXAQ_EXPECTED_LAYOUT_0_1, "the layout word of ABI 0.1 has changed");
