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
 * The list is long and dull on purpose; a test compares it with the headers, so that no member can
 * be forgotten.
 */
#ifndef ORXAQ_LAYOUT_H
#define ORXAQ_LAYOUT_H

#include <orxaq/config.h>
#include <orxaq/host.h>
#include <orxaq/provider.h>
#include <orxaq/router.h>
#include <orxaq/sink.h>

/* One member, and the short forms for two, three and four with consecutive numbers. */
#define ORXAQ_L1(n, type, a)                                                                       \
    ((uint64_t)(offsetof(struct type, a) + 1u) *                                                   \
     ((uint64_t)(n) * (uint64_t)(n)*40503u + 2u * (uint64_t)(n) + 1u))
#define ORXAQ_L2(n, type, a, b)       (ORXAQ_L1(n, type, a) + ORXAQ_L1((n) + 1, type, b))
#define ORXAQ_L3(n, type, a, b, c)    (ORXAQ_L2(n, type, a, b) + ORXAQ_L1((n) + 2, type, c))
#define ORXAQ_L4(n, type, a, b, c, d) (ORXAQ_L3(n, type, a, b, c) + ORXAQ_L1((n) + 3, type, d))

/* The members as of ABI 0.1, header by header. plugin.h, which includes this file,
 * defines the two tables of the last group. */
#define ORXAQ_LAYOUT_CONFIG_0_1                                                                    \
    (ORXAQ_L4(1, orxaq_config_key, type, flags, reserved, key) +                                   \
     ORXAQ_L4(5, orxaq_config_key, default_value, range, help, replaced_by))
#define ORXAQ_LAYOUT_HOST_0_1                                                                      \
    (ORXAQ_L4(9, orxaq_host, abi_major, abi_minor, reserved, version) +                            \
     ORXAQ_L2(13, orxaq_host, instance, service) +                                                 \
     ORXAQ_L3(15, orxaq_log_service, reserved, write, explain) +                                   \
     ORXAQ_L3(18, orxaq_clock_service, reserved, wall_ns, mono_ns) +                               \
     ORXAQ_L2(21, orxaq_random_service, reserved, fill) +                                          \
     ORXAQ_L2(23, orxaq_secret_service, reserved, handle) +                                        \
     ORXAQ_L4(25, orxaq_kv_service, reserved, get, put, remove) +                                  \
     ORXAQ_L4(29, orxaq_metrics_service, reserved, add, set, observe) +                            \
     ORXAQ_L4(33, orxaq_json_service, reserved, parse, kind, get) +                                \
     ORXAQ_L4(37, orxaq_json_service, count, first, next, name) +                                  \
     ORXAQ_L4(41, orxaq_json_service, text, integer, number, boolean) +                            \
     ORXAQ_L4(45, orxaq_json_service, writer, begin_map, end_map, begin_list) +                    \
     ORXAQ_L4(49, orxaq_json_service, end_list, key, put_text, put_integer) +                      \
     ORXAQ_L4(53, orxaq_json_service, put_number, put_boolean, put_null, put_value) +              \
     ORXAQ_L1(57, orxaq_json_service, finish))
#define ORXAQ_LAYOUT_EFFECT_0_1                                                                    \
    (ORXAQ_L4(58, orxaq_env, has_value, name, value, secret) +                                     \
     ORXAQ_L4(62, orxaq_file, reserved, path, bytes, max_bytes) +                                  \
     ORXAQ_L4(66, orxaq_exec, flags, argc, env_count, argv) +                                      \
     ORXAQ_L4(70, orxaq_exec, env, cwd, stdin_bytes, before) +                                     \
     ORXAQ_L4(74, orxaq_exec, after, before_count, after_count, stdout_framing) +                  \
     ORXAQ_L4(78, orxaq_exec, stderr_framing, max_frame, max_output, total_ns) +                   \
     ORXAQ_L4(82, orxaq_exec, idle_ns, first_byte_ns, grace_ns, stop) +                            \
     ORXAQ_L1(86, orxaq_exec, reserved) +                                                          \
     ORXAQ_L4(87, orxaq_header, reserved, name, value, secret) +                                   \
     ORXAQ_L4(91, orxaq_http, header_count, method, url, headers) +                                \
     ORXAQ_L4(95, orxaq_http, body, framing, reserved, max_frame) +                                \
     ORXAQ_L4(99, orxaq_http, max_body, total_ns, idle_ns, first_byte_ns) +                        \
     ORXAQ_L4(103, orxaq_write, target, bytes, eof, reserved) +                                    \
     ORXAQ_L4(107, orxaq_append, sync, path, bytes, rotate_bytes) +                                \
     ORXAQ_L2(111, orxaq_append, keep, reserved) +                                                 \
     ORXAQ_L4(113, orxaq_effect, kind, id, reserved, exec) +                                       \
     ORXAQ_L3(117, orxaq_effect, http, write, append))
#define ORXAQ_LAYOUT_FEED_0_1                                                                      \
    (ORXAQ_L4(120, orxaq_feed, kind, effect, stream, code) +                                       \
     ORXAQ_L4(124, orxaq_feed, signal, reason, flags, data) +                                      \
     ORXAQ_L2(128, orxaq_feed, name, elapsed_ns))
#define ORXAQ_LAYOUT_EVENT_0_1                                                                     \
    (ORXAQ_L4(130, orxaq_text, channel, delta, reserved, text) +                                   \
     ORXAQ_L4(134, orxaq_tool_call, phase, ok, reserved, id) +                                     \
     ORXAQ_L3(138, orxaq_tool_call, name, arguments, result) +                                     \
     ORXAQ_L4(141, orxaq_usage, scope, mode, provenance, key) +                                    \
     ORXAQ_L4(145, orxaq_usage, model_asked, model_answered, input_tokens, cache_read_tokens) +    \
     ORXAQ_L4(149, orxaq_usage, cache_write_tokens, output_tokens, reasoning_tokens, requests) +   \
     ORXAQ_L1(153, orxaq_usage, cost_nano_usd) + ORXAQ_L2(154, orxaq_session, reserved, id) +      \
     ORXAQ_L4(156, orxaq_progress, reserved, done, total, unit) +                                  \
     ORXAQ_L1(160, orxaq_progress, note) +                                                         \
     ORXAQ_L4(161, orxaq_outcome, kind, retry, status, stop) +                                     \
     ORXAQ_L4(165, orxaq_outcome, http_status, retry_after_ms, message, summary) +                 \
     ORXAQ_L4(169, orxaq_outcome, commit, blocker, validations, next_actions) +                    \
     ORXAQ_L2(173, orxaq_outcome, validation_count, next_action_count) +                           \
     ORXAQ_L4(175, orxaq_probe, ready, program, version, account) +                                \
     ORXAQ_L4(179, orxaq_model, loaded, id, family, context_tokens) +                              \
     ORXAQ_L2(183, orxaq_model, output_tokens, size_bytes) +                                       \
     ORXAQ_L4(185, orxaq_embedding, index, count, reserved, values) +                              \
     ORXAQ_L4(189, orxaq_events, reserved, text, tool_call, usage) +                               \
     ORXAQ_L4(193, orxaq_events, session, progress, outcome, probe) +                              \
     ORXAQ_L2(197, orxaq_events, model, embedding))
#define ORXAQ_LAYOUT_JOB_0_1                                                                       \
    (ORXAQ_L4(199, orxaq_job, reserved, open, next, feed) + ORXAQ_L2(203, orxaq_job, cancel, close))
#define ORXAQ_LAYOUT_PROVIDER_0_1                                                                  \
    (ORXAQ_L2(205, orxaq_probe_args, reserved, files_dir) +                                        \
     ORXAQ_L4(207, orxaq_model_args, reserved, model, files_dir, context_tokens) +                 \
     ORXAQ_L4(211, orxaq_task_args, sandbox, access, reserved, prompt) +                           \
     ORXAQ_L4(215, orxaq_task_args, model, repo, schema_path, schema) +                            \
     ORXAQ_L4(219, orxaq_task_args, session, files_dir, effort, task_id) +                         \
     ORXAQ_L4(223, orxaq_task_args, max_cost_nano_usd, max_turns, total_ns, idle_ns) +             \
     ORXAQ_L4(227, orxaq_past_call, reserved, id, name, arguments) +                               \
     ORXAQ_L4(231, orxaq_message, role, text, call_id, calls) +                                    \
     ORXAQ_L2(235, orxaq_message, call_count, reserved) +                                          \
     ORXAQ_L4(237, orxaq_tool, reserved, name, help, parameters) +                                 \
     ORXAQ_L4(241, orxaq_turn_args, message_count, tool_count, reserved, messages) +               \
     ORXAQ_L4(245, orxaq_turn_args, tools, model, schema, effort) +                                \
     ORXAQ_L4(249, orxaq_turn_args, files_dir, max_output_tokens, total_ns, idle_ns) +             \
     ORXAQ_L1(253, orxaq_turn_args, temperature) +                                                 \
     ORXAQ_L4(254, orxaq_embed_args, text_count, texts, model, files_dir) +                        \
     ORXAQ_L4(258, orxaq_provider, reserved, ops, features, job))
#define ORXAQ_LAYOUT_ROUTER_0_1                                                                    \
    (ORXAQ_L4(262, orxaq_task_features, priority, attempt, last_kind, task_id) +                   \
     ORXAQ_L4(266, orxaq_task_features, owner, role, title, text) +                                \
     ORXAQ_L4(270, orxaq_task_features, model_wanted, prompt_tokens, embedding, embedding_count) + \
     ORXAQ_L1(274, orxaq_task_features, reserved) +                                                \
     ORXAQ_L4(275, orxaq_candidate, local, deployment, provider, model) +                          \
     ORXAQ_L4(279, orxaq_candidate, account, features, context_tokens, input_price) +              \
     ORXAQ_L4(283, orxaq_candidate, output_price, in_flight, limit, calls) +                       \
     ORXAQ_L3(287, orxaq_candidate, success_ppm, latency_ns, cost_nano_usd) +                      \
     ORXAQ_L4(290, orxaq_budget, reserved, task_nano_usd, day_nano_usd, tokens) +                  \
     ORXAQ_L1(294, orxaq_budget, time_ns) +                                                        \
     ORXAQ_L4(295, orxaq_route_request, candidate_count, task, candidates, budget) +               \
     ORXAQ_L2(299, orxaq_route_request, seed, deadline_ns) +                                       \
     ORXAQ_L4(301, orxaq_route_attempt, candidate, escalation, reserved, model) +                  \
     ORXAQ_L3(305, orxaq_route_attempt, max_cost_nano_usd, max_tokens, timeout_ns) +               \
     ORXAQ_L4(308, orxaq_route_reason, reserved, objective, reason, propensity) +                  \
     ORXAQ_L4(312, orxaq_plan, reserved, attempt, score, reason) +                                 \
     ORXAQ_L4(316, orxaq_route_feedback, kind, verified, reserved, task_id) +                      \
     ORXAQ_L4(320, orxaq_route_feedback, deployment, model, reason, cost_nano_usd) +               \
     ORXAQ_L2(324, orxaq_route_feedback, tokens, duration_ns) +                                    \
     ORXAQ_L3(326, orxaq_router, reserved, select, feedback))
#define ORXAQ_LAYOUT_SINK_0_1                                                                      \
    (ORXAQ_L4(329, orxaq_record, schema, seq, wall_ns, kind) +                                     \
     ORXAQ_L4(333, orxaq_record, origin, task, attempt, call) +                                    \
     ORXAQ_L1(337, orxaq_record, body) +                                                           \
     ORXAQ_L3(338, orxaq_flush_args, record_count, records, files_dir) +                           \
     ORXAQ_L3(341, orxaq_sink, reserved, wants, job))
#define ORXAQ_LAYOUT_PLUGIN_0_1                                                                    \
    (ORXAQ_L4(344, orxaq_host_abi, abi_major, min_minor, max_minor, fingerprint) +                 \
     ORXAQ_L4(348, orxaq_plugin, magic, abi_major, abi_minor, min_host_minor) +                    \
     ORXAQ_L4(352, orxaq_plugin, config_count, layout, id, name) +                                 \
     ORXAQ_L4(356, orxaq_plugin, version, vendor, licence, summary) +                              \
     ORXAQ_L4(360, orxaq_plugin, config, capability, create, destroy))
#define ORXAQ_LAYOUT_0_1                                                                           \
    (ORXAQ_LAYOUT_CONFIG_0_1 + ORXAQ_LAYOUT_HOST_0_1 + ORXAQ_LAYOUT_EFFECT_0_1 +                   \
     ORXAQ_LAYOUT_FEED_0_1 + ORXAQ_LAYOUT_EVENT_0_1 + ORXAQ_LAYOUT_JOB_0_1 +                       \
     ORXAQ_LAYOUT_PROVIDER_0_1 + ORXAQ_LAYOUT_ROUTER_0_1 + ORXAQ_LAYOUT_SINK_0_1 +                 \
     ORXAQ_LAYOUT_PLUGIN_0_1)

/* The word of the headers in hand: what a new module states, with min_host_minor 1. */
#define ORXAQ_LAYOUT ORXAQ_LAYOUT_0_1

#endif
