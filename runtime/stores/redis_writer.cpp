#include "runtime/stores/redis_writer.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "runtime/data/key_code.hpp"
#include "runtime/stores/redis_claim.hpp"

namespace mig::runtime {

RedisWriter::RedisWriter(RedisEffect& effect, const plan::Plan& plan, plan::DatasetId dataset,
                         RedisRows rows, WriteRule rule, std::vector<std::uint32_t> merged)
    : effect_(&effect),
      plan_(&plan),
      dataset_(dataset),
      rows_(std::move(rows)),
      form_(plan, dataset),
      rule_(rule),
      merged_(std::move(merged)) {}

Result<RedisWriter> RedisWriter::open(RedisEffect& effect, const plan::Plan& plan,
                                      plan::DatasetId dataset, WriteRule rule,
                                      std::vector<std::uint32_t> merged) {
  assert((merged.empty() || plan.at(dataset).keys->codec == plan::Codec::Hash) &&
         "fields are checked to be those of hashes");
  assert((rule != WriteRule::Newer || plan.entity_of(dataset).version_field()) &&
         "`newer` is checked to have a version");
  MIG_ASSIGN(rows, RedisRows::open(effect.connection(), plan, dataset, {}));
  return RedisWriter(effect, plan, dataset, std::move(rows), rule, std::move(merged));
}

// False where the row has no key or no form there.
bool RedisWriter::prepare(const Batch& rows, std::uint32_t row, Candidate& candidate,
                          RowFate& fate) const {
  candidate.row = row;
  auto reject = print_row(plan_->entity_of(dataset_), rows_.pattern(), rows_.codec(), rows, row,
                          candidate.key, candidate.words);
  if (reject) fate = {Written::Rejected, std::move(reject->field), std::move(reject->reason)};
  return !reject;
}

// What stands under these keys, watched first: a decision must rest on what still holds.
Result<void> RedisWriter::look(const std::vector<std::string>& keys) {
  std::vector<std::string> unknown;
  for (const std::string& key : keys) {
    if (standing_.find(key) == standing_.end()) unknown.push_back(key);
  }
  if (unknown.empty()) return {};
  MIG_TRY(effect_->watch(unknown));
  if (rule_ != WriteRule::Keep) return look_closely(unknown);
  RedisConnection& redis = effect_->connection();
  for (const std::string& key : unknown)
    redis.append({"EXISTS", key});
  for (const std::string& key : unknown) {
    MIG_ASSIGN(found, redis.value());
    standing_[key] = {.is_there = found.integer == 1};
  }
  return {};
}

Result<void> RedisWriter::look_closely(const std::vector<std::string>& keys) {
  std::vector<std::string> places;
  for (const std::string& key : keys) {
    places.push_back(rows_.pattern().place_of(key));
    standing_[key] = {.is_there = true};  // and unreadable, unless it is found below
  }
  Page page;
  std::vector<std::string> gone;
  MIG_TRY(rows_.read_each(places, page, gone));
  for (const std::string& place : gone)
    standing_[*rows_.pattern().key_at(place)].is_there = false;
  std::vector<Standing> found = standings(page.rows);
  for (std::size_t row = 0; row < page.rows.rows; ++row) {
    found[row].expiry = page.expiries[row];
    standing_[*rows_.pattern().key_at(page.keys[row])] = std::move(found[row]);
  }
  return rule_ == WriteRule::Merge ? look_for_hashes(keys) : Result<void>();
}

// A hash that is no row yet, because it lacks a field or has a strange one, can take fields over.
Result<void> RedisWriter::look_for_hashes(const std::vector<std::string>& keys) {
  std::vector<Standing*> unread;
  RedisConnection& redis = effect_->connection();
  for (const std::string& key : keys) {
    Standing& standing = standing_.at(key);
    if (!standing.is_there || standing.is_readable) continue;
    redis.append({"TYPE", key});
    unread.push_back(&standing);
  }
  for (Standing* standing : unread) {
    MIG_ASSIGN(type, redis.value());
    standing->is_hash = type.text == "hash";
  }
  return {};
}

// Of every row of a batch.
std::vector<RedisWriter::Standing> RedisWriter::standings(const Batch& rows) {
  std::vector<Standing> all(rows.rows);
  const auto version = plan_->entity_of(dataset_).version_field();
  const bool merges = rule_ == WriteRule::Merge;
  const bool compares = rule_ == WriteRule::Replace || rule_ == WriteRule::Shared || merges;
  const bool has_form = rule_ == WriteRule::Shared && !plan_->at(dataset_).canonical.empty();
  const auto form = has_form ? form_.of(rows) : std::span<const Column>();
  std::string memory;
  for (std::size_t row = 0; row < rows.rows; ++row) {
    Standing& standing = all[row];
    standing.is_there = true;
    standing.is_readable = true;
    for (std::size_t i = 0; compares && i < rows.columns.size(); ++i)
      standing.fields.push_back(fingerprint(std::span(&rows.columns[i], 1), row, memory));
    for (std::size_t i = 0; merges && i < rows.columns.size(); ++i)
      standing.absent.push_back(rows.columns[i].is_null(row));
    for (const Column& column : form)
      standing.canonical.push_back(fingerprint(std::span(&column, 1), row, memory));
    if (rule_ == WriteRule::Newer) append_key_field(standing.version, rows.columns[*version], row);
  }
  return all;
}

RowFate RedisWriter::agree(const Standing& there, const Standing& ours) const {
  const plan::Entity& entity = plan_->entity_of(dataset_);
  if (there.is_readable && there.fields == ours.fields) return {Written::Kept};
  const bool is_same_form = !ours.canonical.empty() && there.canonical == ours.canonical;
  if (there.is_readable && is_same_form) return {Written::Kept};
  std::size_t different = entity.key().front();
  if (there.is_readable) {
    const auto found = std::ranges::mismatch(there.fields, ours.fields);
    different = static_cast<std::size_t>(found.in1 - there.fields.begin());
  }
  const std::string& field = entity.fields[different].name;
  return {Written::Rejected, field,
          fmt::format("differs from the shared row of an earlier one in `{}`", field)};
}

RowFate RedisWriter::decide(const Standing& there, const Standing& ours) const {
  if (!there.is_there) return {Written::Changed};
  switch (rule_) {
    case WriteRule::Keep:
      return {Written::Kept};
    case WriteRule::Replace:
      if (!there.is_readable) return {Written::Changed};
      if (there.fields == ours.fields && there.expiry == ours.expiry) return {Written::Kept};
      return {Written::Changed};
    case WriteRule::Newer:
      if (there.is_readable)
        return {ours.version > there.version ? Written::Changed : Written::Kept};
      return {Written::Rejected, plan_->entity_of(dataset_).name,
              "the row that is there cannot be read, so nobody knows which is newer"};
    case WriteRule::Merge:
      return merge(there, ours);
    case WriteRule::Shared:
      return agree(there, ours);
  }
  assert(false && "every rule decides");
  return {};
}

RowFate RedisWriter::merge(const Standing& there, const Standing& ours) const {
  if (merged_.empty()) return {Written::Kept};
  const plan::Entity& entity = plan_->entity_of(dataset_);
  if (!there.is_readable && !there.is_hash)
    return {Written::Rejected, entity.name, "what is there is no hash, and has no fields"};
  const bool is_same = there.is_readable && std::ranges::all_of(merged_, [&](std::uint32_t i) {
                         return there.fields[i] == ours.fields[i];
                       });
  if (is_same) return {Written::Kept};
  if (!is_empty_after_merge(there, ours)) return {Written::Changed};
  return {Written::Rejected, entity.fields[merged_.front()].name,
          "a row without any value, which no hash can be"};
}

// A hash without fields is gone, and its expiry with it.
bool RedisWriter::is_empty_after_merge(const Standing& there, const Standing& ours) const {
  const plan::Entity& entity = plan_->entity_of(dataset_);
  for (std::uint32_t i = 0; i < entity.fields.size(); ++i) {
    const bool is_taken = std::ranges::find(merged_, i) != merged_.end();
    if (is_taken && !ours.absent[i]) return false;
    if (!is_taken && !entity.fields[i].key && there.is_readable && !there.absent[i]) return false;
  }
  return true;
}

// What is taken over, without a moment in which nothing is there.
void RedisWriter::queue_merge(const Candidate& candidate) {
  std::vector<std::string> set = {"HSET", candidate.key};
  std::vector<std::string> removed = {"HDEL", candidate.key};
  for (const std::uint32_t field : merged_) {
    const std::string& name = rows_.codec().names()[field];
    std::size_t at = 0;
    while (at < candidate.words.size() && candidate.words[at] != name)
      at += 2;
    if (at == candidate.words.size()) {
      removed.push_back(name);
    } else {
      set.insert(set.end(), {name, candidate.words[at + 1]});
    }
  }
  for (const auto* words : {&set, &removed}) {
    if (words->size() == 2) continue;
    effect_->writes().begin_command(words->size());
    for (const std::string& word : *words)
      effect_->writes().add_word(word);
  }
}

// What stands there once it has been merged; of a hash that could not be read nothing is known.
void RedisWriter::take_over(Standing& there, const Standing& ours) const {
  if (!there.is_readable) return;
  for (const std::uint32_t field : merged_) {
    there.fields[field] = ours.fields[field];
    there.absent[field] = ours.absent[field];
  }
}

// A hash is replaced as a whole: fields of the older row must not shine through.
void RedisWriter::queue(const Candidate& candidate, bool is_there) {
  RedisCommands& writes = effect_->writes();
  const std::string expiry = std::to_string(candidate.expiry);
  if (rows_.codec().kind() != plan::Codec::Hash) {
    if (candidate.expiry == kNoExpiry) {
      writes.append({"SET", candidate.key, candidate.words[0]});
    } else {
      writes.append({"SET", candidate.key, candidate.words[0], "PXAT", expiry});
    }
    return;
  }
  if (is_there) writes.append({"DEL", candidate.key});
  writes.begin_command(2 + candidate.words.size());
  writes.add_word("HSET");
  writes.add_word(candidate.key);
  for (const std::string& word : candidate.words)
    writes.add_word(word);
  if (candidate.expiry != kNoExpiry) writes.append({"PEXPIREAT", candidate.key, expiry});
}

Result<void> RedisWriter::write(const Batch& rows, std::span<const std::uint32_t> selected,
                                std::span<const std::int64_t> expiries,
                                std::vector<RowFate>& fates) {
  assert((expiries.empty() || expiries.size() == rows.rows) && "one a row, or none at all");
  fates.assign(selected.size(), {});
  std::vector<Candidate> candidates(selected.size());
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < selected.size(); ++i) {
    if (!prepare(rows, selected[i], candidates[i], fates[i])) continue;
    if (!expiries.empty()) candidates[i].expiry = expiries[selected[i]];
    keys.push_back(candidates[i].key);
  }
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  MIG_TRY(look(keys));
  std::vector<Standing> ours = standings(rows);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (fates[i].written == Written::Rejected) continue;
    Standing mine = ours[candidates[i].row];
    mine.expiry = candidates[i].expiry;
    Standing& there = standing_.at(candidates[i].key);
    fates[i] = decide(there, mine);
    if (fates[i].written != Written::Changed) continue;
    if (rule_ == WriteRule::Merge && there.is_there) {
      queue_merge(candidates[i]);
      take_over(there, mine);
      continue;
    }
    queue(candidates[i], there.is_there);
    there = std::move(mine);
  }
  return {};
}

Result<void> RedisWriter::claim(const Batch& rows, std::span<const std::uint32_t> selected,
                                std::span<const std::int64_t> expiries, std::vector<RowFate>& fates,
                                std::vector<std::string>& keys) {
  assert(rule_ == WriteRule::Keep && "other rules compare");
  fates.assign(selected.size(), {});
  RedisClaim claim(plan_->entity_of(dataset_), rows_.pattern(), rows_.codec());
  for (std::size_t i = 0; i < selected.size(); ++i) {
    const std::int64_t expiry = expiries.empty() ? kNoExpiry : expiries[selected[i]];
    auto reject = claim.append(rows, selected[i], expiry, effect_->writes());
    if (reject) {
      fates[i] = {Written::Rejected, std::move(reject->field), std::move(reject->reason)};
    } else {
      keys.push_back(claim.key());
    }
  }
  return {};
}

Result<std::int64_t> RedisWriter::remove(const std::vector<std::string>& places) {
  RedisConnection& redis = effect_->connection();
  std::vector<std::string> keys;
  for (const std::string& place : places) {
    if (auto key = rows_.pattern().key_at(place)) keys.push_back(std::move(*key));
  }
  MIG_TRY(effect_->watch(keys));
  for (const std::string& key : keys)
    redis.append({"EXISTS", key});
  std::int64_t found = 0;
  for (const std::string& key : keys) {
    MIG_ASSIGN(exists, redis.value());
    const auto known = standing_.find(key);
    const bool is_there = known != standing_.end() ? known->second.is_there : exists.integer == 1;
    standing_[key] = {};
    if (!is_there) continue;
    ++found;
    effect_->writes().append({"DEL", key});
  }
  return found;
}

}  // namespace mig::runtime
