#include "runtime/stores/redis_backup.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "runtime/data/utf8.hpp"
#include "runtime/stores/redis_dump.hpp"
#include "runtime/stores/redis_gathering.hpp"
#include "runtime/stores/redis_pattern.hpp"
#include "runtime/stores/redis_payload.hpp"
#include "runtime/stores/sql_text.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kPage = 200;          // keys
constexpr std::int64_t kSmall = 256 << 10;  // bytes of a key that is dumped with others
constexpr std::size_t kScans = 50;          // in one slice
constexpr std::size_t kChecksum = 8;        // bytes at the end of a payload

// As arguments in hexadecimal: what redis-cli reads is text.
constexpr std::string_view kRestore =
    "EVAL \"local function bytes(hex) return (hex:gsub('..', function(pair) return "
    "string.char(tonumber(pair, 16)) end)) end return redis.call('RESTORE', bytes(ARGV[1]), "
    "ARGV[2], bytes(ARGV[3]), 'ABSTTL')\" 0 ";

class RedisBackup final : public BackupSource {
 public:
  RedisBackup(Stores& stores, const plan::Plan& plan, plan::DatasetId dataset, KeyPattern pattern,
              std::string taken_at)
      : stores_(stores), plan_(plan), dataset_(dataset), pattern_(std::move(pattern)) {
    note_.dataset = plan.at(dataset).name;
    note_.store = plan.at(plan.at(dataset).store).name;
    note_.place = pattern_.text();
    note_.taken_at = std::move(taken_at);
  }

  Result<void> begin(BackupFile& file) override {
    MIG_ASSIGN(name, file.free_name(note_.dataset));
    note_.table = std::move(name);
    MIG_ASSIGN(table, quote_identifier(note_.table));
    table_ = table;
    MIG_TRY(file.database().execute(fmt::format(
        "CREATE TABLE {}(key PRIMARY KEY NOT NULL, kind TEXT, expiry INTEGER, payload BLOB)",
        table_)));
    file.restore(note_.store)
        .rows.push_back(fmt::format("SELECT {} || hex(key) || ' ' || coalesce(expiry, 0) || ' ' || "
                                    "hex(payload) AS line FROM {}",
                                    quote_text(kRestore), table_));
    return {};
  }

  Result<BackupPage> copy(BackupFile& file) override {
    MIG_ASSIGN(keys, next_keys());
    if (!keys) return BackupPage{};
    MIG_ASSIGN(dumped, dump(*keys));
    MIG_ASSIGN(insert,
               file.database().prepare(fmt::format("INSERT INTO {} VALUES(?, ?, ?, ?)", table_)));
    MIG_ASSIGN(transaction, Transaction::begin_write(file.database()));
    for (const DumpedKey& one : dumped) {
      insert.behind().bind(1, cell_of_key(one.key));
      bind_kind(insert, one.payload);
      if (one.expiry == kNoExpiry) {
        insert.bind_null(3);
      } else {
        insert.bind(3, one.expiry);
      }
      insert.bind_bytes(4, one.payload);
      MIG_TRY(insert.run());
    }
    MIG_TRY(transaction.commit());
    const BackupPage page{static_cast<std::int64_t>(dumped.size()), !after_};
    note_.rows += page.rows;
    if (page.is_last) file.note(note_);
    return page;
  }

  Result<bool> compare(const Database& file) override {
    if (!are_same_) return look_at_kept(file);
    return look_at_present(file);
  }

  bool can_go_on() const override { return false; }

 private:
  Result<RedisConnection*> redis() {
    MIG_ASSIGN(store, stores_.reading(plan_.at(dataset_).store));
    return store.redis();
  }

  // Some keys of the form behind those that were given last, which may be none; nothing while they
  // are being gathered. Behind the last page there is no `after_`.
  Result<std::optional<std::vector<std::string>>> next_keys() {
    using Keys = std::optional<std::vector<std::string>>;
    MIG_ASSIGN(connection, redis());
    if (!gathering_) {
      gathering_.emplace(*connection, pattern_.glob(), stores_.scratch());
      after_.reset();
    }
    MIG_ASSIGN(is_complete, gathering_->gather(kScans));
    if (!is_complete) return Keys();
    MIG_ASSIGN(gathered, gathering_->keys());
    std::vector<std::string> keys;
    MIG_TRY(gathered->range(after_, std::nullopt, kPage, keys));
    if (keys.size() < kPage) {
      after_.reset();
      gathering_.reset();
    } else {
      after_ = keys.back();
    }
    std::erase_if(keys, [&](const std::string& key) {
      return raw_key_of(pattern_.place_of(key)).has_value();
    });
    return Keys(std::move(keys));
  }

  // Each as it is now; what is gone is left out. A large one is dumped alone.
  Result<std::vector<DumpedKey>> dump(const std::vector<std::string>& keys) {
    MIG_ASSIGN(connection, redis());
    DumpPage page;
    MIG_TRY(dump_keys(*connection, keys, kSmall, page));
    std::vector<DumpedKey> dumped = std::move(page.keys);
    const std::vector<std::string> large = std::move(page.large);
    for (const std::string& key : large) {
      MIG_TRY(dump_keys(*connection, {key}, std::numeric_limits<std::int64_t>::max(), page));
      std::ranges::move(page.keys, std::back_inserter(dumped));
    }
    return dumped;
  }

  // A text where it is one, so that people find it.
  static SqlCell cell_of_key(std::string_view key) {
    const bool is_text = key.find('\0') == key.npos && count_code_points(key).has_value();
    return {.storage = is_text ? StorageClass::Text : StorageClass::Blob, .bytes = key};
  }

  void bind_kind(Statement& insert, std::string_view payload) {
    const auto kind = payload_.read(payload);
    if (!kind) return insert.bind_null(2);
    insert.bind_text(2, *kind == PayloadReader::Kind::Hash ? "hash" : "string");
  }

  // Equal where the values are: the server may lay out the same fields in another order.
  std::string image(std::string_view payload) {
    const auto kind = payload_.read(payload);
    if (!kind) return std::string(payload.substr(0, payload.size() - kChecksum));
    std::string made = *kind == PayloadReader::Kind::Hash ? "hash" : "string";
    if (*kind == PayloadReader::Kind::String) return made.append(payload_.text());
    auto fields = payload_.fields();
    std::ranges::sort(fields);
    for (const auto& [name, value] : fields)
      made += fmt::format("{}:{}{}:{}", name.size(), name, value.size(), value);
    return made;
  }

  // What the file holds, as it is read back, beside what the server holds now.
  Result<bool> look_at_kept(const Database& file) {
    if (!back_) {
      MIG_ASSIGN(prepared,
                 file.prepare(fmt::format("SELECT key, expiry, payload FROM {}", table_)));
      back_.emplace(std::move(prepared));
    }
    std::vector<DumpedKey> kept;
    std::int64_t bytes = 0;
    bool is_last = false;
    while (kept.size() < kPage && bytes < static_cast<std::int64_t>(kPage) * kSmall && !is_last) {
      MIG_ASSIGN(has_row, back_->step());
      is_last = !has_row;
      if (is_last) break;
      const bool stays = back_->storage_class(1) == StorageClass::Null;
      kept.push_back({std::string(back_->bytes(0)), std::string(back_->bytes(2)),
                      stays ? kNoExpiry : back_->integer(1)});
      bytes += static_cast<std::int64_t>(kept.back().payload.size());
    }
    kept_ += static_cast<std::int64_t>(kept.size());
    MIG_TRY(check(kept));
    if (!is_last) return false;
    back_.reset();
    if (kept_ != note_.rows) return differs();
    are_same_ = true;
    return false;
  }

  Result<void> check(const std::vector<DumpedKey>& kept) {
    std::vector<std::string> keys;
    for (const DumpedKey& one : kept)
      keys.push_back(one.key);
    MIG_ASSIGN(dumped, dump(keys));
    std::map<std::string_view, const DumpedKey*> present;
    for (const DumpedKey& one : dumped)
      present.emplace(one.key, &one);
    MIG_ASSIGN(now, server_time());
    for (const DumpedKey& one : kept) {
      const auto found = present.find(one.key);
      if (found == present.end()) {
        const bool has_expired = one.expiry != kNoExpiry && one.expiry <= now;
        if (!has_expired) return differs();
        continue;
      }
      const DumpedKey& other = *found->second;
      if (other.expiry != one.expiry || image(other.payload) != image(one.payload))
        return differs();
    }
    return {};
  }

  // In milliseconds, by the clock that keys expire by.
  Result<std::int64_t> server_time() {
    MIG_ASSIGN(connection, redis());
    MIG_ASSIGN(time, connection->call({"TIME"}));
    if (time.items.size() != 2) return std::unexpected(redis_error(time, connection->shown()));
    return std::stoll(time.items[0].text) * 1000 + std::stoll(time.items[1].text) / 1000;
  }

  // Keys that came since.
  Result<bool> look_at_present(const Database& file) {
    MIG_ASSIGN(keys, next_keys());
    if (!keys) return false;
    MIG_ASSIGN(find, file.prepare(fmt::format("SELECT 1 FROM {} WHERE key = ?", table_)));
    for (const std::string& key : *keys) {
      find.behind().bind(1, cell_of_key(key));
      MIG_ASSIGN(is_kept, find.step());
      find.reset();
      if (!is_kept) return differs();
    }
    return !after_;
  }

  std::unexpected<Error> differs() const {
    return fail(
        ErrorKind::Permanent,
        fmt::format("the backup of `{}` differs from the keys that are there", note_.dataset),
        "somebody writes to them, and Redis shows no moment that stands still; stop the "
        "writes, and run the step again");
  }

  Stores& stores_;
  const plan::Plan& plan_;
  plan::DatasetId dataset_;
  KeyPattern pattern_;
  BackupNote note_;
  std::string table_;  // quoted
  std::optional<RedisGathering> gathering_;
  std::optional<std::string> after_;
  PayloadReader payload_;
  std::optional<Statement> back_;
  std::int64_t kept_ = 0;
  bool are_same_ = false;  // what is kept, and what is there under those keys
};

}  // namespace

Result<std::unique_ptr<BackupSource>> redis_backup(Stores& stores, const plan::Plan& plan,
                                                   plan::DatasetId dataset, std::string taken_at) {
  MIG_ASSIGN(pattern, KeyPattern::parse(plan.entity_of(dataset), plan.at(dataset).place()));
  return std::unique_ptr<BackupSource>(std::make_unique<RedisBackup>(
      stores, plan, dataset, std::move(pattern), std::move(taken_at)));
}

}  // namespace mig::runtime
