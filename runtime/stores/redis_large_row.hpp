// One row that is too large for a page, carried from one Redis server to another in parts, so that
// nobody has to have room for all of it and neither server stands still for it.
//
// The parts are put together under a key of mig's own, each inside an effect of the step, and the
// whole gets its name at the end, with its expiry, inside the effect that counts it; until then
// nobody sees any of it. Who begins again first takes away what an earlier attempt has left.
//
// A part of a hash is some of its fields, a part of a string a stretch of it: Redis gives no part
// of a field, and whether a text is JSON only the whole says, so these are read whole. As strict as
// the typed path: what is no row is told, and a value of another kind is not even read.
//
// The source's key is watched from the first part to the last: where somebody changed it meanwhile,
// the row begins again. Has a connection of its own to the source; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/redis_codec.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_effect.hpp"
#include "runtime/stores/redis_pattern.hpp"

namespace mig::runtime {

// What became of it.
struct LargeRowEnd {
  enum class Fate : std::uint8_t { Gone, Moved, Kept, Rejected };

  Fate fate = Fate::Moved;
  BadRow why;  // of a row that is rejected
};

class RedisLargeRow {
 public:
  // For a plan that changes nothing but the pattern of the keys (RedisPassage) and keeps what
  // stands in the target. `source`: a connection that nobody else uses.
  static Result<RedisLargeRow> open(RedisConnection source, const plan::Plan& plan);

  // Queues the next part of the row at that place in the effect, or its end, and says so. After an
  // effect that was not carried out, call `forget`.
  Result<std::optional<LargeRowEnd>> advance(RedisEffect& effect, const std::string& place);
  void forget() { place_.clear(); }

 private:
  using End = std::optional<LargeRowEnd>;

  RedisLargeRow(RedisConnection source, plan::Entity entity, KeyPattern from, KeyPattern to,
                RowCodec codec);
  Result<End> begin(RedisEffect& effect, std::string place);
  Result<End> begin_again(RedisEffect& effect);
  Result<End> look();
  Result<End> add_part(RedisEffect& effect);
  Result<End> add_fields(RedisEffect& effect);
  Result<End> add_stretch(RedisEffect& effect);
  Result<End> add_whole(RedisEffect& effect);
  Result<End> finish(RedisEffect& effect);
  Result<std::optional<std::int64_t>> expiry_if_unchanged();
  LargeRowEnd rejected(FieldReject reject) const;
  bool is_text() const { return value_type().base == plan::Base::Text; }
  bool has_stretches() const;
  const plan::Type& value_type() const;

  RedisConnection source_;
  plan::Entity entity_;
  KeyPattern from_;
  KeyPattern to_;
  RowCodec codec_;

  std::string place_;  // empty: nothing has begun
  std::string key_;
  std::string renamed_;
  std::string parts_;  // the key under which it is put together
  Batch row_;          // has its key
  int changes_ = 0;    // how often it began again, as somebody had changed it
  // Of a hash: how long each declared field is, and of how many it is known what they hold.
  std::vector<std::int64_t> lengths_;
  std::size_t next_field_ = 0;
  std::int64_t fields_ = 0;   // that it has
  std::int64_t present_ = 0;  // of those that are declared
  // Of a string.
  std::int64_t length_ = 0;
  std::int64_t at_ = 0;
  std::size_t code_points_ = 0;
  bool is_read_ = false;  // all of it
};

// Where a step's large row is put together; gone with the run at the latest.
std::string parts_key(const std::string& run, const std::string& step);

}  // namespace mig::runtime
