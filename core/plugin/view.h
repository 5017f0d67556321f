/* view.h: texts on their way through the plugin interface, which has a view type of its own.
 *
 * Nothing is copied: a view lives as long as the structure it came in, which is the call.
 */
#ifndef ORX_PLUGIN_VIEW_H
#define ORX_PLUGIN_VIEW_H

#include "base/mem.h"
#include "base/view.h"

#include <orxaq/view.h>

/* A plugin's view as ours; impossible ones (no address, absurd length) become empty. */
static inline orx_view orx_view_in(orxaq_view v) {
    bool good = v.data && v.len <= ORX_ALLOC_MAX / 2;
    return good ? orx_view_mem(v.data, (size_t)v.len) : (orx_view){"", 0};
}

static inline orxaq_view orx_view_out(orx_view v) {
    return (orxaq_view){v.p, v.len};
}

#endif
