// SPDX-License-Identifier: 0BSD
// One description of State for both directions. Each struct is taken apart by a structured binding,
// so that a member added there does not compile here until it is stored.
#include "journal/snapshot_codec.hpp"

#include "journal/snapshot_stream.hpp"

namespace subnetd::journal {
namespace {

using namespace engine;

constexpr std::uint64_t magic = 0x50414e53'4e425331;
constexpr std::size_t block_rows = 8192;

template <class Io, class T, class Each>
void list(Io& io, T& values, Each each) {
  if constexpr (Io::reading) {
    const std::uint64_t size = io.count(1);
    values.clear();
    for (std::uint64_t i = 0; i < size && !io.error(); ++i) each(values.emplace_back());
  } else {
    io.numbers(std::uint64_t{values.size()});
    for (auto& value : values) each(value);
  }
}

template <class Io, class T>
void texts(Io& io, T& values) {
  list(io, values, [&](auto& text) { io.text(text); });
}

template <class Io, class T>
void number_set(Io& io, T& values) {
  if constexpr (Io::reading) {
    std::vector<std::uint32_t> sorted;
    io.column(sorted);
    values = std::set<std::uint32_t>(sorted.begin(), sorted.end());
  } else {
    io.column(std::vector<std::uint32_t>(values.begin(), values.end()));
  }
}

template <class Io, class T>
void pairs(Io& io, T& values) {
  std::vector<std::int64_t> first;
  std::vector<std::uint64_t> second;
  if constexpr (Io::reading) {
    io.column(first);
    io.column(second);
    for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i) {
      values.emplace_hint(values.end(), first[i], second[i]);
    }
  } else {
    for (const auto& [a, b] : values) {
      first.push_back(a);
      second.push_back(b);
    }
    io.column(first);
    io.column(second);
  }
}

// each(key, value) stores both.
template <class Io, class Map, class Each>
void dictionary(Io& io, Map& map, Each each) {
  if constexpr (Io::reading) {
    const std::uint64_t size = io.count(1);
    for (std::uint64_t i = 0; i < size && !io.error(); ++i) {
      typename Map::key_type key{};
      typename Map::mapped_type value{};
      each(key, value);
      map.emplace_hint(map.end(), std::move(key), std::move(value));
    }
  } else {
    io.numbers(std::uint64_t{map.size()});
    for (auto& [key, value] : map) each(key, value);
  }
}

template <class Io, class N>
void names(Io& io, N& out) {
  if constexpr (Io::reading) {
    std::vector<std::uint32_t> sizes;
    std::string all;
    io.column(sizes);
    io.text(all);
    std::string_view left = all;
    for (const std::uint32_t size : sizes) {
      out.put(left.substr(0, size));
      left.remove_prefix(std::min<std::size_t>(size, left.size()));
    }
    if (out.size() != sizes.size() + 1) io.fault(Error{Errc::corrupt, "a name is there twice", ""});
  } else {
    std::vector<std::uint32_t> sizes;
    std::string all;
    for (std::uint32_t i = 1; i < out.size(); ++i) {  // 0 is always ""
      sizes.push_back(static_cast<std::uint32_t>(out.at(i).size()));
      all += out.at(i);
    }
    io.column(sizes);
    io.text(all);
  }
}

template <class Io, class S>
void settings(Io& io, S& value, std::uint32_t version) {
  auto& [redundancy, moves_per_minute, interval_ms, deadline_ms, misses_max, min_score_ppm, median,
         budget_nano, epoch_ms, default_stake_nano, agent_types, tempo, netuid] = value;
  io.numbers(redundancy, moves_per_minute, interval_ms, deadline_ms, misses_max, min_score_ppm,
             median, budget_nano, epoch_ms, default_stake_nano);
  texts(io, agent_types);
  if (version >= 2) io.numbers(tempo, netuid);
}

template <class Io, class C>
void miner_columns(Io& io, C& columns) {
  auto& [state, type, owner, region, current, since_s, why, order] = columns;
  static_cast<void>(order);  // told by the rows
  io.column(state);
  io.column(type);
  io.column(owner);
  io.column(region);
  io.column(current);
  io.column(since_s);
  io.column(why);
}

// One member of the rows [first, end) as a column.
template <class Io, class Rows, class T>
void member(Io& io, Rows& rows, std::size_t first, std::size_t end, T MinerRow::* at) {
  std::array<T, block_rows> column;
  if constexpr (Io::reading) {
    io.raw(column.data(), (end - first) * sizeof(T));
    for (std::size_t i = first; i < end; ++i) rows[i].*at = column[i - first];
  } else {
    for (std::size_t i = first; i < end; ++i) column[i - first] = rows[i].*at;
    io.raw(column.data(), (end - first) * sizeof(T));
  }
}

template <class Io, class Rows>
void miner_block(Io& io, Rows& rows, std::size_t first, std::size_t end) {
  [[maybe_unused]] auto& [text, uid, order, updated_after_s, registered_at_ms, window,
                          confidence_ppm, reliability_ppm, previous_mean_ppm, ledger_head,
                          detector, status, reason, protocol, misses, skip, open,
                          marks] = rows[first];
  const auto each = [&](auto... members) { (member(io, rows, first, end, members), ...); };
  each(&MinerRow::uid, &MinerRow::order, &MinerRow::updated_after_s, &MinerRow::registered_at_ms,
       &MinerRow::window, &MinerRow::confidence_ppm, &MinerRow::reliability_ppm,
       &MinerRow::previous_mean_ppm, &MinerRow::ledger_head, &MinerRow::detector,
       &MinerRow::status, &MinerRow::reason, &MinerRow::protocol, &MinerRow::misses,
       &MinerRow::skip, &MinerRow::open, &MinerRow::marks);
}

constexpr std::size_t text_fields = 5;
using TextSizes = std::array<std::uint16_t, text_fields * block_rows>;

void text_block(SnapshotWriter& io, const State& s, std::size_t first, std::size_t end) {
  TextSizes sizes{};
  std::string all;
  for (std::size_t m = first; m < end; ++m) {
    if (!s.miner_alive(static_cast<std::uint32_t>(m))) continue;
    const auto [id, name_space, endpoint, method, task] =
        s.miner_text(static_cast<std::uint32_t>(m));
    std::uint16_t* size = &sizes[(m - first) * text_fields];
    for (std::string_view field : {id, name_space, endpoint, method, task}) {
      *size++ = static_cast<std::uint16_t>(field.size());
      all += field;
    }
  }
  io.raw(sizes.data(), (end - first) * text_fields * sizeof(std::uint16_t));
  io.text(all);
}

// Live texts move into a fresh arena, one after the other.
void text_block(SnapshotReader& io, State& s, std::size_t first, std::size_t end,
                std::string& all) {
  TextSizes sizes;
  io.raw(sizes.data(), (end - first) * text_fields * sizeof(std::uint16_t));
  io.text(all);
  std::string_view left = all;
  for (std::size_t m = first; m < end; ++m) {
    if (s.columns.state[m] == 0) continue;
    const std::uint16_t* size = &sizes[(m - first) * text_fields];
    std::array<std::string_view, text_fields> field;
    for (std::size_t f = 0; f < text_fields; ++f) {
      if (size[f] > left.size() || size[f] > 511) {
        return io.fault(Error{Errc::corrupt, "the text of a miner ends early", ""});
      }
      field[f] = left.substr(0, size[f]);
      left.remove_prefix(size[f]);
    }
    s.miners[m].text = s.text.put({field[0], field[1], field[2], field[3], field[4]});
  }
}

// Block by block, while the ids are still in the cache.
void index_block(State& s, std::size_t first, std::size_t end) {
  std::vector<std::uint32_t> live;
  for (std::size_t m = first; m < end; ++m) {
    if (s.columns.state[m] != 0) live.push_back(static_cast<std::uint32_t>(m));
  }
  s.miner_index.insert_all(live, [&s](std::uint32_t slot) { return s.miner_id(slot); });
}

void miners(SnapshotWriter& io, const State& s) {
  io.numbers(std::uint64_t{s.miners.size()}, s.miner_count);
  miner_columns(io, s.columns);
  for (std::size_t first = 0; first < s.miners.size(); first += block_rows) {
    const std::size_t end = std::min(first + block_rows, s.miners.size());
    miner_block(io, s.miners, first, end);
    text_block(io, s, first, end);
  }
}

void miners(SnapshotReader& io, State& s) {
  const std::uint64_t rows = io.count(1);
  io.numbers(s.miner_count);
  miner_columns(io, s.columns);
  const auto& [state, type, owner, region, current, since_s, why, order] = s.columns;
  const std::uint64_t copies = rows * s.settings.redundancy;
  const bool whole = state.size() == rows && type.size() == rows && owner.size() == rows &&
                     region.size() == rows && current.size() == copies &&
                     since_s.size() == copies && why.size() == copies && s.miner_count <= rows;
  if (!whole) return io.fault(Error{Errc::corrupt, "miner columns differ in length", ""});
  s.miners.resize(rows);
  s.miner_index.reserve(s.miner_count, [](std::uint32_t) { return std::string_view(); });
  std::string all;
  for (std::size_t first = 0; first < rows && !io.error(); first += block_rows) {
    const std::size_t end = std::min<std::size_t>(first + block_rows, rows);
    miner_block(io, s.miners, first, end);
    text_block(io, s, first, end, all);
    if (!io.error()) index_block(s, first, end);
  }
  if (!s.miners_in_order()) s.order_miners();
}

// The order within a bucket decides the order of requests.
template <class Io, class W>
void wheel(Io& io, W& buckets) {
  std::vector<std::uint32_t> sizes, slots;
  if constexpr (Io::reading) {
    io.column(sizes);
    io.column(slots);
    buckets.resize(sizes.size());
    std::size_t at = 0;
    for (std::size_t b = 0; b < sizes.size(); ++b) {
      if (sizes[b] > slots.size() - at) {
        return io.fault(Error{Errc::corrupt, "the wheel ends early", ""});
      }
      buckets[b].assign(slots.begin() + static_cast<std::ptrdiff_t>(at),
                        slots.begin() + static_cast<std::ptrdiff_t>(at + sizes[b]));
      at += sizes[b];
    }
  } else {
    for (const auto& bucket : buckets) {
      sizes.push_back(static_cast<std::uint32_t>(bucket.size()));
      slots.insert(slots.end(), bucket.begin(), bucket.end());
    }
    io.column(sizes);
    io.column(slots);
  }
}

template <class Io, class V>
void validator(Io& io, V& row, std::uint32_t version) {
  auto& [record, uid, order, registered_at_ms, last_update_ms, last_verdict_block, stake_nano,
         has_stake, reliability_ppm, status, reason, misses, backoff, probe_at_ms, load, open,
         types, owner, region, parent, parent_order, fee_bp] = row;
  auto& [id, key, name_space, endpoint, protocol, method, task, region_name, specializations,
         capacity] = record;
  for (auto* field : {&id, &key, &name_space, &endpoint, &protocol, &method, &task, &region_name}) {
    io.text(*field);
  }
  texts(io, specializations);
  io.numbers(capacity, uid, order, registered_at_ms, last_update_ms, last_verdict_block, stake_nano,
             has_stake, reliability_ppm, status, reason, misses, backoff, probe_at_ms, load, open,
             owner, region);
  io.column(types);
  if (version >= 3) io.numbers(parent, parent_order, fee_bp);
}

template <class Io, class S>
void validators(Io& io, S& s, std::uint32_t version) {
  list(io, s.validators, [&](auto& row) { validator(io, row, version); });
  if constexpr (Io::reading) {
    for (std::uint32_t v = 0; v < s.validators.size(); ++v) {
      if (s.validator_alive(v)) s.validator_index.emplace(s.validators[v].record.id, v);
    }
  }
}

template <class Io, class R>
void open_request(Io& io, R& request) {
  auto& [miner, copy, validator, reprobe, tried, seed, since_ms] = request;
  io.numbers(miner, copy, validator, reprobe, seed, since_ms);
  io.column(tried);
}

template <class Io, class L>
void ledger(Io& io, L& out) {
  auto& [cells, verdicts] = out;
  io.numbers(verdicts);
  list(io, cells, [&](auto& cell) {
    auto& [miner, validator, validator_order, count, sum_ppm, last_ms, next] = cell;
    io.numbers(miner, validator, validator_order, count, sum_ppm, last_ms, next);
  });
}

template <class Io, class E>
void epoch_clock(Io& io, E& epoch) {
  auto& [open, opened_at_ms, closed, closed_at_ms, closed_block, last_emitted, last_step_block,
         held, held_at_ms, held_reason, seed] = epoch;
  io.numbers(open, opened_at_ms, closed, closed_at_ms, closed_block, last_emitted, last_step_block,
             held, held_at_ms, seed);
  io.text(held_reason);
}

template <class Io, class E>
void epoch_step(Io& io, E& step) {
  auto& [order, permit, bonds] = step;
  auto& [row_at, col, val] = bonds;
  io.column(order);
  io.column(permit);
  io.column(row_at);
  io.column(col);
  io.column(val);
  if constexpr (Io::reading) {
    const bool none_left = order.empty() && permit.empty() && bonds == Csr16{};
    if (!none_left && (permit.size() != order.size() || !is_square(bonds, order.size()))) {
      io.fault(Error{Errc::corrupt, "bonds are no rows of their nodes", ""});
    }
  }
}

// `version` is what is being read, or the newest.
template <class Io, class S>
void whole_state(Io& io, S& s, std::uint32_t version) {
  auto& [genesis_ms, now_ms, facts, boot, digest, state_settings, types, declared, owners, regions,
         detectors, mappings, mapping_order, text, miner_rows, columns, miner_index, free_miners,
         miner_count, state_wheel, validator_rows, validator_index, free_validators,
         lost_validators, next_order, next_uid, free_uids, next_request, open, due_ms,
         rebalanced_ms, open_ledger, closed_ledger, epoch, step, idempotency, verdicts_total,
         signed_writes] = s;
  io.numbers(genesis_ms, now_ms, facts, boot, digest, mapping_order, next_order, next_uid,
             next_request, due_ms, rebalanced_ms, verdicts_total);
  settings(io, state_settings, version);
  texts(io, types);
  io.column(declared);
  for (auto* table : {&owners, &regions, &detectors}) names(io, *table);
  dictionary(io, mappings, [&](auto& pattern, auto& mapping) {
    auto& [mapped_pattern, type, order] = mapping;
    io.text(pattern);
    io.text(mapped_pattern);
    io.numbers(type, order);
  });
  miners(io, s);
  wheel(io, state_wheel);
  validators(io, s, version);
  for (auto* set : {&free_miners, &free_validators, &lost_validators, &free_uids}) {
    number_set(io, *set);
  }
  dictionary(io, open, [&](auto& number, auto& request) {
    io.numbers(number);
    open_request(io, request);
  });
  ledger(io, open_ledger);
  ledger(io, closed_ledger);
  epoch_clock(io, epoch);
  if (version >= 2) epoch_step(io, step);
  dictionary(io, idempotency, [&](auto& key, auto& write) {
    auto& [body, at_ms, role, id] = write;
    io.numbers(key, body, at_ms, role);
    io.text(id);
  });
  if (version >= 2) pairs(io, signed_writes);
}

}  // namespace

Snapshot encode_snapshot(const State& state) {
  SnapshotWriter io;
  io.numbers(magic, snapshot_version);
  whole_state(io, state, snapshot_version);
  io.numbers(magic);
  Snapshot out{state.facts, state.digest.value(), io.finish()};
  Digest bytes;
  for (const std::string& part : out.parts) bytes.add(part);
  out.hash = bytes.value();
  return out;
}

Result<State> decode_snapshot(std::uint64_t parts, const NextPart& next_part) {
  SnapshotReader io(parts, next_part);
  std::uint64_t first = 0, last = 0;
  std::uint32_t version = 0;
  io.numbers(first, version);
  if (!io.error() && first == magic && (version < 1 || version > snapshot_version)) {
    return fail(Errc::config,
                "a snapshot of version " + std::to_string(version) +
                    " was written by a newer subnetd; this one reads up to version " +
                    std::to_string(snapshot_version),
                "run the newer subnetd on this journal, or restore a backup made before it");
  }
  State state;
  if (!io.error() && first == magic) {
    whole_state(io, state, version);
    io.numbers(last);
  }
  if (!io.error() && (last != magic || !io.at_end())) {
    io.fault(Error{Errc::corrupt, "does not end where it should", ""});
  }
  if (!io.error()) return state;
  Error error = *io.error();
  error.message = "snapshot: " + error.message;
  return std::unexpected<Error>(std::move(error));
}

}  // namespace subnetd::journal
