// SPDX-License-Identifier: 0BSD
// Clients that send a write until it is answered, and the nodes they speak for.
#include <algorithm>
#include <iterator>

#include "sim/world.hpp"

namespace subnetd::sim {

using namespace engine;

namespace {

std::string key_number(std::uint64_t n) {
  return std::string(47, 'k') + static_cast<char>('1' + n % 9);
}

}  // namespace

void World::plan_clients() {
  const std::int64_t end = options_.faults_ms;
  for (std::uint64_t i = 0; i < options_.validators; ++i) {
    plan_registration(Role::validator, i, rng_.between(0, rng_.percent(80) ? 3000 : end));
  }
  for (std::uint64_t i = 0; i < options_.miners; ++i) {
    plan_registration(Role::miner, i, rng_.between(0, rng_.percent(80) ? 5000 : end));
  }
  for (std::uint64_t i = 0; i < options_.changes; ++i) plan_change(rng_.between(3000, end));
}

std::string World::random_type() {
  return "t" + std::to_string(rng_.below(options_.types));
}

NodeRecord World::random_record(Role role, const std::string& id) {
  NodeRecord r;
  r.id = id;
  r.name_space = "space-" + std::to_string(rng_.below(12));
  r.endpoint = "http://" + id + ".example:80";
  if (options_.keys > 0 && rng_.percent(60)) r.key = key_number(rng_.below(options_.keys));
  if (rng_.percent(20)) r.region = "region-" + std::to_string(rng_.below(3));
  if (rng_.percent(20)) r.protocol = "openai";
  if (rng_.percent(10)) r.task = "task " + std::string(rng_.below(50), 'x');
  if (rng_.percent(10)) r.method = "infer";
  if (role == Role::miner) return r;
  r.capacity = static_cast<std::uint32_t>(1 + rng_.below(options_.capacity_max));
  if (rng_.percent(15)) {
    r.specializations = {any_type};
    return r;
  }
  for (std::uint64_t t = 0; t < options_.types; ++t) {
    if (rng_.percent(60)) r.specializations.push_back("t" + std::to_string(t));
  }
  if (r.specializations.empty()) r.specializations = {"t0"};
  return r;
}

Register World::random_registration(Role role, const std::string& id) {
  Register in;
  in.role = role;
  in.record = random_record(role, id);
  in.detection.model_type = rng_.percent(5)   ? "unknown"
                            : rng_.percent(3) ? "made up"
                                              : random_type();
  in.detection.confidence_ppm = 900'000;
  in.detection.detector = "sim";
  in.idempotency = Idempotency{rng_.next() | 1, rng_.next()};
  return in;
}

void World::plan_registration(Role role, std::uint64_t number, std::int64_t at_ms) {
  const bool miner = role == Role::miner;
  const std::string id = (miner ? "m" : "v") + std::to_string(number);
  (miner ? miner_ids_ : validator_ids_).push_back(id);
  kinds_[id] =
      rng_.percent(options_.bad_node_percent) ? static_cast<Kind>(rng_.between(1, 6)) : Kind::good;
  send(at_ms, random_registration(role, id), [this, id](const Result<Answer>& answer) {
    // Someone who came back first under this id may keep it.
    require(answer || returned_.contains(id), "a good registration was refused");
    if (!leaving_.contains(id)) present_.insert(id);
  });
}

Update World::random_update(Role role, const std::string& id) {
  Update u;
  u.role = role;
  u.id = id;
  u.detection.model_type = random_type();
  u.detection.detector = "sim";
  const NodeRecord other = random_record(Role::validator, id);
  for (std::int64_t fields = rng_.percent(80) ? 1 : rng_.between(2, 5); fields > 0; --fields) {
    switch (rng_.below(role == Role::miner ? 9 : 12)) {
      case 0: u.status = static_cast<Status>(rng_.below(3)); break;
      case 1: u.status = Status::active; break;
      case 2: u.key = other.key; break;
      case 3: u.name_space = other.name_space; break;
      case 4: u.endpoint = other.endpoint + "/" + std::to_string(rng_.below(9)); break;
      case 5: u.protocol = other.protocol; break;
      case 6: u.method = other.method; break;
      case 7: u.task = other.task; break;
      case 8: u.region = other.region; break;
      case 9: u.capacity = other.capacity; break;
      case 10: u.specializations = other.specializations; break;
      default: u.stake_nano = rng_.next();
    }
  }
  return u;
}

void World::plan_change(std::int64_t at_ms) {
  const Role role = rng_.percent(60) ? Role::miner : Role::validator;
  const auto& ids = role == Role::miner ? miner_ids_ : validator_ids_;
  const std::string id = ids[rng_.below(ids.size())];
  switch (rng_.below(20)) {
    case 0:
    case 1:
    case 2: return plan_removal(role, id, at_ms);
    case 3: return plan_close(at_ms);
    case 4:
    case 5: return plan_mapping(at_ms);
    case 6:
    case 7: return plan_validation(at_ms);
    case 8: return plan_bad_write(at_ms);
    case 9: return plan_contested(at_ms);
    default:
      send(at_ms, random_update(role, id), [](const Result<Answer>& answer) {
        require(answer || answer.error().code == Errc::not_found, "a good update was refused");
      });
  }
}

void World::plan_removal(Role role, const std::string& id, std::int64_t at_ms) {
  const bool returns = rng_.percent(40);
  send(at_ms, Remove{role, id}, [this, role, id, returns](const Result<Answer>& answer) {
    // Not there also counts: the answer to a try before may have been lost.
    require(answer || answer.error().code == Errc::not_found, "a removal was refused");
    if (!returns && answer && !returned_.contains(id)) removed_.insert(id);
    if (!returns || returned_.contains(id) || !faulty()) return;
    // A late copy of the removal may still take it away again.
    returned_.insert(id);
    removed_.erase(id);
    Register back = random_registration(role, id);  // drawn apart: arguments have no order
    send(rng_.between(0, 5000), std::move(back), [](const Result<Answer>& again) {
      require(again || again.error().code == Errc::conflict, "a node may not come back");
    });
  });
}

void World::plan_close(std::int64_t at_ms) {
  send(at_ms, CloseEpoch{seed()}, [this](const Result<Answer>& answer) {
    require(answer && answer->epoch > 0 && answer->epoch <= epochs_closed_,
            "an epoch was not closed as it was said");
  });
}

void World::plan_mapping(std::int64_t at_ms) {
  static constexpr const char* globs[] = {"space-*", "space-1*", "*-?", "space-1?", "*"};
  const std::string pattern = rng_.percent(50) ? "space-" + std::to_string(rng_.below(12))
                                               : globs[rng_.below(std::size(globs))];
  if (rng_.percent(30)) {
    return send(at_ms, UnmapNamespace{pattern, {}}, [](const Result<Answer>& answer) {
      require(answer || answer.error().code == Errc::not_found, "a mapping would not go");
    });
  }
  send(at_ms, MapNamespace{pattern, random_type()},
       [](const Result<Answer>& answer) { require(answer.has_value(), "a mapping was refused"); });
}

void World::plan_validation(std::int64_t at_ms) {
  const std::string id = miner_ids_[rng_.below(miner_ids_.size())];
  send(at_ms, Validate{id, seed()}, [this](const Result<Answer>& answer) {
    if (!answer) {
      const Errc code = answer.error().code;
      return require(code == Errc::not_found || code == Errc::refused, "no validation, no reason");
    }
    require(answer->request > 0 && answer->request < durable_.next_request,
            "a validation was promised that is not owed");
  });
}

// Writes that must be refused, each for its own reason, whatever else is going on.
void World::plan_bad_write(std::int64_t at_ms) {
  const auto refused = [](Errc code) {
    return [code](const Result<Answer>& answer) {
      require(!answer && answer.error().code == code, "a bad write was not refused as it should");
    };
  };
  Register node = random_registration(Role::validator, "bad");
  Update nobody = random_update(Role::validator, "nobody");
  switch (rng_.below(9)) {
    case 0: node.record.id = "two words"; return send(at_ms, node, refused(Errc::malformed));
    case 1: node.record.capacity = 0; return send(at_ms, node, refused(Errc::malformed));
    case 2:
      node.record.specializations = {"undeclared"};
      return send(at_ms, node, refused(Errc::refused));
    case 3: node.role = Role::miner; return send(at_ms, node, refused(Errc::malformed));
    case 4: return send(at_ms, nobody, refused(Errc::not_found));
    case 5: return send(at_ms, Remove{Role::miner, "nobody"}, refused(Errc::not_found));
    case 6: return send(at_ms, MapNamespace{"*", "undeclared"}, refused(Errc::refused));
    case 7: return send(at_ms, UnmapNamespace{"nobody", {}}, refused(Errc::not_found));
    default: return send(at_ms, Validate{"nobody", seed()}, refused(Errc::not_found));
  }
}

// A node that stays, and then those who want its id, its flag or its Idempotency-Key.
void World::plan_contested(std::int64_t at_ms) {
  const Register in = random_registration(Role::miner, "x" + std::to_string(contested_++));
  const std::uint64_t kind = rng_.below(4);
  send(at_ms, in, [this, in, kind](const Result<Answer>& answer) {
    require(answer.has_value(), "a good registration was refused");
    present_.insert(in.record.id);
    Register again = in;
    Update flag;
    flag.role = Role::miner;
    flag.id = in.record.id;
    flag.status = Status::flagged;
    const auto refused = [](Errc code) {
      return [code](const Result<Answer>& told) {
        require(!told && told.error().code == code, "a contested write was not refused");
      };
    };
    switch (kind) {
      case 0: again.idempotency->body ^= 1; return send(0, again, refused(Errc::refused));
      case 1:
        again.record.endpoint += "/other";
        again.idempotency.reset();
        return send(0, again, refused(Errc::conflict));
      case 2: return send(0, flag, refused(Errc::refused));
      default:
        again.idempotency = Idempotency{rng_.next() | 1, rng_.next()};
        return send(0, again, [](const Result<Answer>& told) {
          require(told && !told->created, "a registration was not recognised");
        });
    }
  });
}

void World::send(std::int64_t at_ms, Write write) {
  const std::size_t number = writes_.size();
  writes_.push_back(std::move(write));
  after(at_ms, [this, number] { try_write(number); });
}

void World::try_write(std::size_t number) {
  Write& write = writes_[number];
  if (write.answered) return;
  if (const auto* remove = std::get_if<Remove>(&write.input.body)) {
    leaving_.insert(remove->id);
    present_.erase(remove->id);
  }
  const auto deliver = [this, number] { arrive({writes_[number].input, number}); };
  const bool lost = faulty() && rng_.percent(options_.drop_percent);
  if (lost) seen_.add(Seen::writes_lost);
  if (!lost) after(rng_.between(0, options_.delay_ms_max), deliver);
  if (faulty() && rng_.percent(options_.twice_percent)) {
    seen_.add(Seen::writes_twice);
    after(rng_.between(0, 10 * options_.delay_ms_max), deliver);
  }
  after(3000 + rng_.between(0, 2 * options_.delay_ms_max), [this, number] { try_write(number); });
}

void World::answer_write(std::size_t number, Result<Answer> answer) {
  if (!answer && answer.error().code == Errc::unavailable) return;  // it will try again
  if (faulty() && rng_.percent(options_.drop_percent)) {
    seen_.add(Seen::answers_lost);
    return;
  }
  if (!answer) {
    switch (answer.error().code) {
      case Errc::malformed: seen_.add(Seen::answers_malformed); break;
      case Errc::refused: seen_.add(Seen::answers_refused); break;
      case Errc::conflict: seen_.add(Seen::answers_conflict); break;
      case Errc::not_found: seen_.add(Seen::answers_not_found); break;
      default: throw Violation("a write got an answer that no write gets");
    }
  }
  if (writes_[number].answered) return;  // to a copy of it
  writes_[number].answered = true;
  const Told told = std::move(writes_[number].told);  // it may send more
  told(answer);
}

World::Kind World::kind_of(const std::string& id) const {
  if (!faulty()) return Kind::good;
  const auto it = kinds_.find(id);
  if (it == kinds_.end()) return Kind::good;
  if (it->second == Kind::flapping) return time_ms_ / 15'000 % 2 == 0 ? Kind::good : Kind::dead;
  return it->second;
}

ValidationDone World::judged(const OpenRequest& request, std::int64_t& latency_ms) {
  const std::int64_t deadline_ms = live_.settings.deadline_ms;
  latency_ms = rng_.between(1, deadline_ms / 2);
  ValidationDone done;
  done.by_agent = request.validator == none;
  const Kind miner = kind_of(std::string(live_.miner_id(request.miner)));
  const Kind judge =
      done.by_agent ? Kind::good : kind_of(live_.validators[request.validator].record.id);
  for (const Kind kind : {miner, judge}) {
    if (kind == Kind::slow) seen_.add(Seen::slow_nodes);
    if (kind == Kind::dead) seen_.add(Seen::dead_nodes);
    if (kind == Kind::lying) seen_.add(Seen::lying_nodes);
    if (kind == Kind::garbage) seen_.add(Seen::garbage_nodes);
    if (kind == Kind::byzantine) seen_.add(Seen::byzantine_nodes);
  }
  done.outcome = VerdictOutcome::scored;
  done.score_ppm = static_cast<Ppm>(700'000 + rng_.below(300'001));
  switch (miner) {
    case Kind::slow: latency_ms = rng_.between(1, deadline_ms * 3 / 2); break;
    case Kind::dead: done.outcome = VerdictOutcome::miner_failed; break;
    case Kind::lying:
    case Kind::garbage: done.score_ppm = static_cast<Ppm>(rng_.below(350'000)); break;
    case Kind::byzantine: done.score_ppm = rng_.percent(50) ? 0 : ppm_one; break;
    default: break;
  }
  switch (judge) {
    case Kind::slow: latency_ms = rng_.between(deadline_ms / 2, deadline_ms * 2); break;
    case Kind::dead: latency_ms = deadline_ms + 1; break;
    case Kind::garbage: done.outcome = VerdictOutcome::validator_failed; break;
    case Kind::lying: done.score_ppm = static_cast<Ppm>(rng_.below(ppm_one + 1)); break;
    case Kind::byzantine:
      done.by_agent = done.by_agent || rng_.percent(10);
      done.outcome = static_cast<VerdictOutcome>(rng_.below(5));
      done.score_ppm = static_cast<Ppm>(rng_.below(UINT32_MAX));
      break;
    default: break;
  }
  return done;
}

// What clients were told is so.
void World::check_promises() const {
  const auto here = [this](const std::string& id) {
    return durable_.find_miner(id) != none || durable_.find_validator(id) != none;
  };
  for (const std::string& id : present_) require(here(id), "an acknowledged node is gone");
  for (const std::string& id : removed_) require(!here(id), "a removed node is back");
}

}  // namespace subnetd::sim
