// Sessions of an application, in a Redis under another prefix, or out of a table into Redis.
//
// In Redis some rows expire; a row that is read has to be of one write, its expiry included, or the
// reader throws. Writes watch the guard and their rows, as runtime/stores/redis_guard.hpp asks.
// Some rows live for a moment only and are in no history: whatever is left of one must still
// expire.
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "tests/app/redis_connection.hpp"
#include "tests/app/side.hpp"

namespace mig::app {
namespace {

constexpr const char* kGuard = "mig:ctl:{mig}:guard";
// Milliseconds; the year 2100.
constexpr std::int64_t kFarAway = 4'102'444'800'000;

// What a session with that value looks like.
class Session {
 public:
  explicit Session(std::int64_t value) : value_(value) {}

  std::string owner() const { return std::to_string(value_ % 1000); }
  std::string note() const { return fmt::format("n{} \"quoted\" zoë", value_); }
  std::optional<std::string> place() const {
    if (value_ % 3 == 0) return std::nullopt;
    return fmt::format("Peru {}", value_ % 100);
  }
  // When it expires, in a store where rows do; 0: never.
  std::int64_t expiry() const { return value_ % 4 == 0 ? kFarAway + value_ % 1'000'000 : 0; }

 private:
  std::int64_t value_;
};

struct Seen {
  std::string owner;
  std::string note;
  std::optional<std::string> place;
  std::int64_t expiry = 0;
};

std::int64_t value_of(const std::string& key, const Seen& seen, bool expires) {
  if (seen.note.size() > 1) {
    const std::int64_t value = std::stoll(seen.note.substr(1));
    const Session whole(value);
    const std::int64_t expiry = expires ? whole.expiry() : 0;
    if (seen.owner == whole.owner() && seen.note == whole.note() && seen.place == whole.place() &&
        seen.expiry == expiry)
      return value;
  }
  throw std::runtime_error(fmt::format("session {} is not as any write left it: {} {} {} {}", key,
                                       seen.owner, seen.note, seen.place.value_or("-"),
                                       seen.expiry));
}

// JSON of the forms that the two sides write.
class Json {
 public:
  static std::string text(const std::string& value) {
    std::string written = "\"";
    for (const char letter : value) {
      if (letter == '"') written += '\\';
      written += letter;
    }
    return written + '"';
  }
  static std::string print(const Session& session) {
    std::string object =
        fmt::format(R"({{"owner":{},"note":{})", session.owner(), text(session.note()));
    if (const auto place = session.place()) object += ", \"place\": " + text(*place);
    return object + "}";
  }
  // The member's text; nothing where there is none.
  static std::optional<std::string> member(const std::string& object, const std::string& name) {
    std::size_t at = object.find("\"" + name + "\":");
    if (at == object.npos) return std::nullopt;
    at = object.find_first_not_of(" ", at + name.size() + 3);
    if (object[at] != '"') return object.substr(at, object.find_first_of(",}", at) - at);
    std::string value;
    for (++at; object.at(at) != '"'; ++at) {
      if (object[at] == '\\') ++at;
      value += object.at(at);
    }
    return value;
  }
};

// `sess:{id}` as hashes, or `s:{id}` as hashes or JSON.
class KeptSessions final : public Side {
 public:
  KeptSessions(RedisConnection& redis, std::string prefix, bool is_json, bool expires)
      : redis_(redis), prefix_(std::move(prefix)), is_json_(is_json), expires_(expires) {}

  Connection& connection() override { return redis_; }

  void lock(const std::vector<std::string>& keys) override {
    Words watched = {"WATCH", kGuard};
    for (const std::string& key : keys)
      watched.push_back(prefix_ + key);
    redis_.ask(watched);
    if (redis_.ask({"HEXISTS", kGuard, prefix_ + "{id}"}).number == 1)
      throw SqlError(SqlFailure::Refused, "the guard stands");
  }
  Cell read(const std::string& key) override {
    const std::string name = prefix_ + key;
    const Words row = is_json_ ? Words{"GET", name} : Words{"HGETALL", name};
    const Words expiry = {"PEXPIRETIME", name};
    if (!redis_.is_in_transaction()) {
      const auto both = redis_.ask_together({row, expiry});
      return cell(key, both[0], both[1].number);
    }
    // Watched, so nothing comes of what another client changes between the two; outside of a
    // transaction both are read at once, and no misfit is forgiven.
    const RedisAnswer found = redis_.ask(row);
    const std::int64_t at = redis_.ask(expiry).number;
    try {
      return cell(key, found, at);
    } catch (const SqlError&) {
      throw;
    } catch (const std::runtime_error&) {
      throw SqlError(SqlFailure::Refused, "what was watched has changed");
    }
  }
  bool insert(const std::string& key, std::int64_t value) override {
    if (exists(key)) return false;
    put(key, value);
    fleeting(key);
    return true;
  }
  bool update(const std::string& key, std::int64_t value) override {
    if (!exists(key)) return false;
    put(key, value);
    return true;
  }
  void replace(const std::string& key, std::int64_t value) override {
    redis_.queue({"DEL", prefix_ + key});
    put(key, value);
  }
  bool remove(const std::string& key) override {
    if (!exists(key)) return false;
    redis_.queue({"UNLINK", prefix_ + key});
    return true;
  }
  bool rename(const std::string& key, const std::string& to, std::int64_t value) override {
    if (!exists(key) || (key != to && exists(to))) return false;
    if (key != to) redis_.queue({"RENAME", prefix_ + key, prefix_ + to});
    put(to, value);
    return true;
  }
  std::vector<std::pair<std::string, std::int64_t>> all() override {
    std::set<std::string> keys;
    std::string cursor = "0";
    do {
      const RedisAnswer page = redis_.ask({"SCAN", cursor, "MATCH", prefix_ + "*", "COUNT", "500"});
      for (const RedisAnswer& key : page.items.at(1).items)
        keys.insert(key.text.substr(prefix_.size()));
      cursor = page.items.at(0).text;
    } while (cursor != "0");
    std::vector<std::pair<std::string, std::int64_t>> found;
    for (const std::string& key : keys) {
      if (key.ends_with('7') && redis_.ask({"PTTL", prefix_ + key}).number == -1)
        throw std::runtime_error("session " + key + " has lost its expiry");
      if (!key.ends_with('5')) continue;
      if (const Cell value = read(key)) found.emplace_back(key, *value);
    }
    return found;
  }

 private:
  bool exists(const std::string& key) { return redis_.ask({"EXISTS", prefix_ + key}).number == 1; }

  void put(const std::string& key, std::int64_t value) {
    const Session session(value);
    const std::string name = prefix_ + key;
    if (is_json_) {
      redis_.queue({"SET", name, Json::print(session)});
    } else {
      redis_.queue({"HSET", name, "owner", session.owner(), "note", session.note()});
      const auto place = session.place();
      redis_.queue(place ? Words{"HSET", name, "place", *place} : Words{"HDEL", name, "place"});
      redis_.queue({"PERSIST", name});
    }
    if (expires_ && session.expiry() > 0)
      redis_.queue({"PEXPIREAT", name, std::to_string(session.expiry())});
  }
  // Beside the row, one that goes by itself.
  void fleeting(const std::string& key) {
    if (!expires_) return;
    const std::string name = prefix_ + key.substr(0, key.size() - 1) + "7";
    const Session session(7);
    if (is_json_) {
      redis_.queue({"SET", name, Json::print(session), "PX", "400"});
    } else {
      redis_.queue({"DEL", name});
      redis_.queue({"HSET", name, "owner", session.owner(), "note", session.note()});
      redis_.queue({"PEXPIRE", name, "400"});
    }
  }

  Cell cell(const std::string& key, const RedisAnswer& row, std::int64_t expiry) const {
    if (row.is_absent || (!is_json_ && row.items.empty())) return {};
    Seen seen{.expiry = expiry == -1 ? 0 : expiry};
    if (is_json_) {
      seen.owner = Json::member(row.text, "owner").value_or("");
      seen.note = Json::member(row.text, "note").value_or("");
      seen.place = Json::member(row.text, "place");
    }
    for (std::size_t i = 0; i + 1 < row.items.size(); i += 2) {
      const std::string& name = row.items[i].text;
      const std::string& value = row.items[i + 1].text;
      if (name == "owner") seen.owner = value;
      if (name == "note") seen.note = value;
      if (name == "place") seen.place = value;
    }
    return value_of(key, seen, expires_);
  }

  RedisConnection& redis_;
  std::string prefix_;
  bool is_json_;
  bool expires_;
};

// A table of PostgreSQL's.
class TableSessions final : public Side {
 public:
  explicit TableSessions(Connection& connection) : connection_(connection) {}

  Connection& connection() override { return connection_; }
  void lock(const std::vector<std::string>& keys) override {
    std::set<std::int64_t> ids;
    for (const std::string& key : keys)
      ids.insert(std::stoll(key));
    for (const std::int64_t id : ids)
      connection_.run("SELECT 1 FROM pg_advisory_xact_lock(?1)", {id});
  }
  Cell read(const std::string& key) override {
    const auto rows = connection_.run(kRows + " WHERE id = ?1", {std::stoll(key)});
    return rows.empty() ? Cell() : Cell(value(rows[0]));
  }
  bool insert(const std::string& key, std::int64_t value) override {
    return run("INSERT INTO sessions VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
               row(key, value));
  }
  bool update(const std::string& key, std::int64_t value) override {
    return run("UPDATE sessions SET owner = ?2, note = ?3, place = ?4 WHERE id = ?1",
               row(key, value));
  }
  void replace(const std::string& key, std::int64_t value) override {
    run("INSERT INTO sessions VALUES(?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET "
        "owner = excluded.owner, note = excluded.note, place = excluded.place",
        row(key, value));
  }
  bool remove(const std::string& key) override {
    return run("DELETE FROM sessions WHERE id = ?1", {std::stoll(key)});
  }
  bool rename(const std::string& key, const std::string& to, std::int64_t value) override {
    if (key != to && read(to)) return false;
    SqlRow values = row(to, value);
    values.emplace_back(std::int64_t{std::stoll(key)});
    return run("UPDATE sessions SET id = ?1, owner = ?2, note = ?3, place = ?4 WHERE id = ?5",
               values);
  }
  std::vector<std::pair<std::string, std::int64_t>> all() override {
    std::vector<std::pair<std::string, std::int64_t>> found;
    for (const SqlRow& one : connection_.run(kRows + " WHERE id % 10 = 5"))
      found.emplace_back(std::to_string(std::get<std::int64_t>(one[0])), value(one));
    return found;
  }

 private:
  inline static const std::string kRows = "SELECT id, owner, note, place FROM sessions";

  static SqlRow row(const std::string& key, std::int64_t value) {
    const Session session(value);
    const auto place = session.place();
    return {std::int64_t{std::stoll(key)}, std::int64_t{std::stoll(session.owner())},
            session.note(), place ? SqlValue(*place) : SqlValue(nullptr)};
  }
  static std::int64_t value(const SqlRow& row) {
    Seen seen{.owner = std::to_string(std::get<std::int64_t>(row[1])),
              .note = std::get<std::string>(row[2])};
    if (const auto* place = std::get_if<std::string>(&row[3])) seen.place = *place;
    return value_of(std::to_string(std::get<std::int64_t>(row[0])), seen, false);
  }
  bool run(std::string_view sql, const SqlRow& values) {
    connection_.run(sql, values);
    return connection_.changes() > 0;
  }

  Connection& connection_;
};

class Sessions final : public Sides {
 public:
  // The new place may say `#json` behind it; otherwise rows are hashes there.
  explicit Sessions(const Places& places) {
    const bool is_table = places.old_side.starts_with("postgresql://");
    const std::size_t mark = places.new_side.find("#json");
    if (is_table) {
      table_ = open_connection(places.old_side);
      old_ = std::make_unique<TableSessions>(*table_);
    } else {
      old_redis_ = std::make_unique<RedisConnection>(places.old_side);
      old_ = std::make_unique<KeptSessions>(*old_redis_, "sess:", false, true);
    }
    new_redis_ = std::make_unique<RedisConnection>(places.new_side.substr(0, mark));
    new_ = std::make_unique<KeptSessions>(*new_redis_, "s:", mark != std::string::npos, !is_table);
  }

  Side& old_side() override { return *old_; }
  Side* new_side() override { return new_.get(); }
  bool is_one_store() const override { return false; }
  // Between the loaded ones, whose ids are round.
  std::string key(std::int64_t number) const override { return std::to_string(number * 50 + 5); }

 private:
  std::unique_ptr<Connection> table_;
  std::unique_ptr<RedisConnection> old_redis_;
  std::unique_ptr<RedisConnection> new_redis_;
  std::unique_ptr<Side> old_;
  std::unique_ptr<Side> new_;
};

}  // namespace

std::unique_ptr<Sides> open_sessions(const Places& places) {
  return std::make_unique<Sessions>(places);
}

}  // namespace mig::app
