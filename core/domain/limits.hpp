// SPDX-License-Identifier: 0BSD
// Every cap in one place. Each has a test that hits it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace subnetd::limits {

// Nodes
inline constexpr std::uint16_t fee_bp_max = 10'000;  // all of the dividends
inline constexpr std::size_t id_bytes_max = 64;
inline constexpr std::size_t key_bytes_max = 64;
inline constexpr std::size_t namespace_bytes_max = 128;
inline constexpr std::size_t endpoint_bytes_max = 256;
inline constexpr std::size_t method_bytes_max = 64;
inline constexpr std::size_t task_bytes_max = 64;
inline constexpr std::size_t region_bytes_max = 32;
inline constexpr std::size_t model_type_bytes_max = 64;
inline constexpr std::size_t model_types_max = 1024;
inline constexpr std::size_t specializations_max = 64;
inline constexpr std::uint32_t capacity_max = 10'000'000;
inline constexpr std::size_t miners_max = 16'000'000;
inline constexpr std::size_t validators_max = 1'000'000;
inline constexpr std::size_t mappings_max = 100'000;
inline constexpr std::size_t pattern_bytes_max = 128;
inline constexpr std::uint32_t redundancy_max = 8;
inline constexpr std::uint32_t misses_max = 255;  // in a row, before a node is inactive
inline constexpr std::size_t validation_retries_max = 3;  // other validators asked in one round

// The engine's turn
inline constexpr std::size_t inputs_queued_max = 65'536;
inline constexpr std::size_t inputs_per_turn = 1'024;
inline constexpr std::uint32_t redetect_slots = 4'096;  // in one input
inline constexpr std::size_t read_rows_max = 1'000;
inline constexpr std::size_t idempotency_key_bytes_max = 128;
inline constexpr std::size_t idempotency_keys_max = 1'000'000;
inline constexpr std::int64_t idempotency_ms = 24ll * 3600 * 1000;

// Signed requests
inline constexpr std::int64_t signed_age_ms_max = 120'000;    // an older timestamp is stale
inline constexpr std::int64_t signed_ahead_ms_max = 120'000;  // one further ahead is refused
inline constexpr std::size_t signed_writes_max = 1'000'000;   // remembered until they are stale
inline constexpr std::size_t rate_buckets_max = 65'536;       // keys, and addresses, told apart
inline constexpr std::size_t key_list_max = 1'024;            // keys on an allow or deny list

// HTTP, server side
inline constexpr std::size_t http_header_bytes_max = 8 * 1024;
inline constexpr std::size_t http_header_fields_max = 100;
inline constexpr std::size_t http_target_bytes_max = 2 * 1024;
inline constexpr std::size_t http_body_bytes_max = 64 * 1024;
inline constexpr std::size_t http_connections_max = 16'384;
inline constexpr std::size_t http_connections_per_ip_max = 8'192;
inline constexpr std::size_t http_requests_per_connection_max = 100'000;
inline constexpr std::size_t http_fds_reserved = 16;
inline constexpr std::int64_t http_header_deadline_ms = 5'000;
inline constexpr std::size_t http_body_rate_min = 1'000;  // bytes a second, after the first 5 s
inline constexpr std::int64_t http_write_deadline_ms = 10'000;
inline constexpr std::int64_t http_idle_ms = 30'000;
inline constexpr std::int64_t tls_handshake_ms = 5'000;
inline constexpr std::size_t sse_clients_max = 256;

// HTTP, client side
inline constexpr std::size_t reply_bytes_max = 1024 * 1024;
inline constexpr std::size_t probes_in_flight_max = 10'000;
inline constexpr std::size_t probes_per_endpoint_max = 16;
inline constexpr std::int64_t probe_deadline_ms_max = 600'000;

// JSON
inline constexpr std::size_t json_depth_max = 32;

// Keys
inline constexpr std::size_t key_file_bytes_max = 16 * 1024;
inline constexpr std::size_t key_files_max = 4'096;  // of one folder
inline constexpr std::size_t key_name_bytes_max = 64;

// Plugins
inline constexpr std::size_t plugin_failures_max =
    3;  // own faults in a row before an instance is disabled
inline constexpr std::size_t plugin_steps_max = 64;  // probes of one validation request
inline constexpr std::size_t plugin_file_bytes_max = 256 * 1024 * 1024;
inline constexpr std::uint64_t plugin_log_lines_per_s = 100;  // of one instance
inline constexpr std::uint64_t plugin_bonds_max =
    64'000'000;  // entries an emission policy may ask room for
inline constexpr std::size_t plugin_text_bytes_max =
    4 * 1024;  // one line a plugin writes for people

// Journal
inline constexpr std::size_t fact_json_bytes_max =
    64 * 1024;  // above: JSON header and zstd column blob

}  // namespace subnetd::limits
