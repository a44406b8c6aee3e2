#include "runtime/sim/application.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

namespace mig::runtime::sim {
namespace {

using plan::Side;
using plan::WriteMode;

const char* word(Side side) {
  return side == Side::New ? "new" : "old";
}

Side other(Side side) {
  return side == Side::New ? Side::Old : Side::New;
}

}  // namespace

void Application::be_harmed(std::string how) {
  if (!harm_) harm_ = std::move(how);
}

void Application::strike(plan::Micros now) {
  const std::uint64_t requests = (world_.is_moving ? 5 : 1) + random_.below(3);
  Key key = random_.below(kKeys);
  for (std::uint64_t i = 0; i < requests; ++i) {
    // What was just written, or what is on its way, is what is most easily lost.
    const Keys moving = world_.pending() | world_.fenced;
    if (moving != 0 && random_.one_in(2)) {
      const auto turned = static_cast<int>(random_.below(kKeys));
      key = (static_cast<Key>(std::countr_zero(std::rotr(moving, turned))) +
             static_cast<Key>(turned)) %
            kKeys;
    } else if (random_.one_in(3)) {
      key = recent_[random_.below(recent_.size())];
    } else if (random_.one_in(2)) {
      key = random_.below(kKeys);
    }
    const std::uint64_t what = random_.below(10);
    if (what < 5) {
      write(key, now, what == 0);
      recent_[random_.below(recent_.size())] = key;
    } else {
      read(key, now);
    }
  }
}

void Application::live(plan::Micros now, std::uint64_t requests) {
  for (std::uint64_t i = 0; i < requests; ++i) {
    const Key key = random_.below(kKeys);
    if (i % 10 == 9) {
      write(key, now, false);
    } else {
      read(key, now);
    }
  }
}

void Application::write(Key key, plan::Micros now, bool deletes) {
  if (world_.is_stopped() || (world_.fenced & only(key)) != 0) return;  // refused, and nothing told
  const Side leads = world_.leader(key);
  if (!world_.at(leads).is_there())
    return be_harmed(
        fmt::format("a write goes to the {} side, whose tables are gone", word(leads)));
  const Version version = ++newest_;
  const Version row = deletes ? kNoRow : version;
  if (deletes) deleted_[key] = version;
  world_.at(leads).rows[key] = row;
  world_.changed |= only(key);
  if (!mirror(key, row, now)) return;
  ++acknowledged_;
  last_[key] = static_cast<std::uint8_t>((last_[key] + 1) % 4);
  told_[key][last_[key]] = Told{version, deletes, now};
}

// What happens on the other side before the client is answered. False: it never is.
bool Application::mirror(Key key, Version row, plan::Micros now) {
  const Side behind = other(world_.leader(key));
  if (world_.are_services()) {  // what services hold in common is their own affair
    world_.at(behind).rows[key] = row;
    return true;
  }
  const auto& mode = world_.writes().mirror;
  if (!mode) return true;
  if (!world_.at(behind).is_there()) {
    be_harmed(
        fmt::format("a write is mirrored to the {} side, whose tables are gone", word(behind)));
    return false;
  }
  const bool fails = random_.one_in(8);
  switch (*mode) {
    case WriteMode::Follow:
      break;
    case WriteMode::Transaction:
      world_.at(behind).rows[key] = row;
      return true;
    case WriteMode::App:
      if (!fails) world_.at(behind).rows[key] = row;  // else the client is lost in between
      break;
    case WriteMode::Sync: {
      if (!fails) {
        world_.at(behind).rows[key] = row;
        world_.intents &= ~only(key);
      } else if (world_.writes_route().on_mirror_error == plan::MirrorError::DeleteKey &&
                 world_.is_refillable()) {
        world_.at(behind).rows[key] = kNoRow;
      } else {
        world_.intents |= only(key);
      }
      return true;
    }
  }
  if (world_.at(world_.leader(key)).is_logged) {
    if (world_.touched == 0) world_.touched_at = now;
    world_.touched |= only(key);
  }
  if (world_.writes_route().ack == plan::Ack::Applied) world_.carry_over(only(key));
  return mode == WriteMode::Follow || !fails;
}

// The newest that was acknowledged at that moment; null where that is no longer known.
const Application::Told* Application::told_before(Key key, plan::Micros moment) const {
  const Told* found = nullptr;
  for (const Told& told : told_[key]) {
    if (told.at <= moment && (found == nullptr || told.version > found->version)) found = &told;
  }
  return found;
}

Version Application::refill(Key key, Side side) {
  const Told& told = newest_told(key);
  const Version row = told.is_deleted ? kNoRow : told.version;
  world_.at(side).rows[key] = row;
  return row;
}

// What the new side misses is answered by the old one, and with `reads through` copied forward.
Version Application::read_old_instead(Key key) {
  const plan::RouteReads& reads = world_.reads();
  const bool asks = reads.through || std::ranges::find(reads.fallback, plan::ReadFailure::Miss) !=
                                         reads.fallback.end();
  if (!asks || world_.leader(key) == Side::New || !world_.at(Side::Old).is_there()) return kNoRow;
  const Version row = world_.at(Side::Old).rows[key];
  if (reads.through) world_.at(Side::New).rows[key] = row;
  return row;
}

void Application::read(Key key, plan::Micros now) {
  ++reads_;
  Side side = world_.reader(key);
  if ((world_.intents & only(key)) != 0) side = world_.leader(key);
  if (!world_.at(side).is_there())
    return be_harmed(
        fmt::format("a read is sent to the {} side, whose tables are not there", word(side)));
  Version seen = world_.at(side).rows[key];
  if (seen == kNoRow && world_.is_refillable()) seen = refill(key, side);
  if (seen == kNoRow && side == Side::New) seen = read_old_instead(key);
  const bool is_behind = side != world_.leader(key);
  const plan::Micros allowed =
      is_behind
          ? std::chrono::duration_cast<std::chrono::microseconds>(world_.reads().stale_ok).count()
          : 0;
  if (const Told* told = told_before(key, now - allowed)) judge(key, side, seen, *told);
}

void Application::judge(Key key, Side side, Version seen, const Told& told) {
  if (seen >= kLeftover)
    return be_harmed(
        fmt::format("the {} side answers with a row of an earlier run (key {})", word(side), key));
  if (told.is_deleted) {
    if (seen == kNoRow || seen > told.version) return;
    return be_harmed(
        fmt::format("the row of key {} was deleted, and is on the {} side again", key, word(side)));
  }
  if (seen >= told.version) return;
  if (seen == kNoRow && deleted_[key] > told.version) return;
  be_harmed(seen == kNoRow
                ? fmt::format("the row of key {} is missing on the {} side", key, word(side))
                : fmt::format("an acknowledged write of key {} is missing on the {} side", key,
                              word(side)));
}

void Application::check_end(plan::Micros now) {
  if (harm_) return;
  if (world_.is_stopped()) return be_harmed("the run has ended, and nobody takes writes");
  for (Key key = 0; key < kKeys; ++key) {
    const Side leads = world_.leader(key);
    if (!world_.at(leads).is_there())
      return be_harmed(
          fmt::format("the {} side takes the writes, and its tables are gone", word(leads)));
    const Version seen = world_.at(leads).rows[key];
    if (seen == kNoRow && world_.is_refillable()) continue;
    const Told* told = told_before(key, now);
    if (told != nullptr) judge(key, leads, seen, *told);
  }
}

}  // namespace mig::runtime::sim
