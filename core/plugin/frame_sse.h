/* frame_sse.h: server-sent events inside the framer, for this room only. */
#ifndef ORX_PLUGIN_FRAME_SSE_H
#define ORX_PLUGIN_FRAME_SSE_H

#include "plugin/frame.h"

void orx_framer_add_sse(orx_framer *f, orx_view bytes);

void orx_framer_emit(orx_framer *f, orx_view record, orx_view name, bool cut);
void orx_framer_keep(orx_framer *f, orx_str *buf, orx_view bytes, bool *cut);

#endif
