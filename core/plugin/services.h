/* services.h: what an instance is made of and what it offers to its plugin; for this room only. */
#ifndef ORX_PLUGIN_SERVICES_H
#define ORX_PLUGIN_SERVICES_H

#include "base/list.h"
#include "base/map.h"
#include "base/vec.h"
#include "plugin/instance.h"
#include "plugin/settings.h"
#include "plugin/view.h"

#define ORX_LOG_TEXT_MAX   4096
#define ORX_LOG_LINES      1000
#define ORX_METRIC_NAMES   64
#define ORX_JSON_BYTES_MAX ((size_t)16 << 20)
#define ORX_RANDOM_MAX     65536
#define ORX_CALL_ARENA_MAX ((size_t)256 << 20) /* what one call may hold from services */

struct orx_instance {
    orxaq_host host; /* first: the plugin's handle is the instance */
    orx_plugins *all;
    const orx_plugin *plugin;
    orx_arena arena;
    const char *name;
    const char *stored; /* "PLUGIN/NAME": whose stored keys they are */
    const orx_node *settings;
    const orx_node *given;         /* what the operator wrote, for secret references */
    const char *own_secret;        /* reference, or NULL */
    void *object;                  /* NULL until create returned it */
    orx_map settled;               /* files appended to whose names are durable */
    orx_map wants;                 /* event kind -> answer; see orx_instance_wants */
    orx_map metrics;               /* names in use */
    ORX_VEC(const char *) secrets; /* references; handle = index + 1 */
    int64_t log_window;            /* start of the present minute */
    int log_lines;
    int depth;        /* calls into the plugin that are running */
    orx_arena call;   /* memory of the outermost of them */
    orx_list writers; /* JSON texts being written in it */
    orx_str explained;
};

static inline orx_instance *orx_instance_of(const orxaq_host *host) {
    return (orx_instance *)host;
}

extern const orxaq_log_service orx_service_log;
extern const orxaq_clock_service orx_service_clock;
extern const orxaq_random_service orx_service_random;
extern const orxaq_secret_service orx_service_secret;
extern const orxaq_kv_service orx_service_kv;
extern const orxaq_metrics_service orx_service_metrics;
extern const orxaq_json_service orx_service_json;

/* The service function of an orxaq_host. */
const void *orx_service_find(const orxaq_host *host, const char *id);

/* The writing half of the json service (json_write.c). */
orxaq_writer *orx_writer_new(const orxaq_host *host);
void orx_writer_begin_map(orxaq_writer *w);
void orx_writer_end_map(orxaq_writer *w);
void orx_writer_begin_list(orxaq_writer *w);
void orx_writer_end_list(orxaq_writer *w);
void orx_writer_key(orxaq_writer *w, orxaq_view name);
void orx_writer_text(orxaq_writer *w, orxaq_view text);
void orx_writer_integer(orxaq_writer *w, int64_t value);
void orx_writer_number(orxaq_writer *w, double value);
void orx_writer_boolean(orxaq_writer *w, int32_t value);
void orx_writer_null(orxaq_writer *w);
void orx_writer_value(orxaq_writer *w, const orxaq_value *value);
int32_t orx_writer_finish(orxaq_writer *w, orxaq_view *ret_text);

/* Releases the texts of a call. */
void orx_writers_free(orx_list *writers);

#endif
