// Writes typed rows under their keys by the copy's rule, and says what became of each.
//
// Inside one Effect, which it outlives not: what stands there is watched, read and compared, and
// the changes are queued, so they happen as decided or not at all. Rows that this effect has queued
// count as standing there. An expiry is a moment, never a time from now: of a row that expires the
// key does, and of one that does not the key loses what it had. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/data/fingerprint.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/redis_effect.hpp"
#include "runtime/stores/redis_rows.hpp"
#include "runtime/stores/row_writer.hpp"

namespace mig::runtime {

// As many rows as one effect should write that looks at their keys: Redis looks through all that a
// client watches for each further key, so that at a thousand this costs more than the writing.
inline constexpr std::size_t kMostRowsAnEffect = 250;

// What became of a row; a rejected one says why, by names and never by a value.
struct RowFate {
  Written written = Written::Changed;
  std::string field = {};
  std::string reason = {};
};

class RedisWriter {
 public:
  // `merged`: the fields of the dataset, kept as hashes, that a row takes over, with Merge.
  static Result<RedisWriter> open(RedisEffect& effect, const plan::Plan& plan,
                                  plan::DatasetId dataset, WriteRule rule,
                                  std::vector<std::uint32_t> merged = {});

  // Decides about these rows of the batch, in order, and queues what changes. `expiries`: when each
  // row of the batch expires, in Unix milliseconds or kNoExpiry; empty: none does. `fates` gets one
  // a selected row. Replace changes a key whose expiry alone differs, too.
  Result<void> write(const Batch& rows, std::span<const std::uint32_t> selected,
                     std::span<const std::int64_t> expiries, std::vector<RowFate>& fates);
  // The same under Keep, but without a look at what stands there: each row is a RESTORE that leaves
  // a key that is taken alone (RedisEffect::refused). `keys` gets the key of each, in their order.
  Result<void> claim(const Batch& rows, std::span<const std::uint32_t> selected,
                     std::span<const std::int64_t> expiries, std::vector<RowFate>& fates,
                     std::vector<std::string>& keys);
  // Queues the deletion of the rows at those places; gives how many of them there are.
  Result<std::int64_t> remove(const std::vector<std::string>& places);

  WriteRule rule() const { return rule_; }

 private:
  // What stands under a key, as far as the rule asks.
  struct Standing {
    bool is_there = false;
    bool is_readable = false;
    bool is_hash = false;                // of what is not readable, under Merge
    std::vector<Fingerprint> fields;     // of each field's value
    std::vector<bool> absent;            // of each field, under Merge
    std::vector<Fingerprint> canonical;  // of each field's canonical form
    std::string version;                 // sorts as versions do
    std::int64_t expiry = kNoExpiry;
  };
  // A row on its way.
  struct Candidate {
    std::uint32_t row = 0;
    std::string key;
    std::vector<std::string> words;
    std::int64_t expiry = kNoExpiry;
  };

  RedisWriter(RedisEffect& effect, const plan::Plan& plan, plan::DatasetId dataset, RedisRows rows,
              WriteRule rule, std::vector<std::uint32_t> merged);
  bool prepare(const Batch& rows, std::uint32_t row, Candidate& candidate, RowFate& fate) const;
  Result<void> look(const std::vector<std::string>& keys);
  Result<void> look_closely(const std::vector<std::string>& keys);
  std::vector<Standing> standings(const Batch& rows);
  RowFate decide(const Standing& there, const Standing& ours) const;
  RowFate agree(const Standing& there, const Standing& ours) const;
  Result<void> look_for_hashes(const std::vector<std::string>& keys);
  RowFate merge(const Standing& there, const Standing& ours) const;
  bool is_empty_after_merge(const Standing& there, const Standing& ours) const;
  void queue(const Candidate& candidate, bool is_there);
  void queue_merge(const Candidate& candidate);
  void take_over(Standing& there, const Standing& ours) const;

  RedisEffect* effect_;
  const plan::Plan* plan_;
  plan::DatasetId dataset_;
  RedisRows rows_;
  CanonicalForm form_;
  WriteRule rule_;
  std::vector<std::uint32_t> merged_;
  std::map<std::string, Standing, std::less<>> standing_;  // by key; of what was looked at
};

}  // namespace mig::runtime
