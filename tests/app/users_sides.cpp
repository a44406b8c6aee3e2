// The users of examples/02_users_split, as an application reads and writes them.
//
// Both sides and the routing document may stand in one store; one connection does everything then.
// A row that is read has to be of one write, in every column, or the reader throws.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "tests/app/side.hpp"

namespace mig::app {
namespace {

// What a user with that value looks like. Names, e-mail and address differ between two values;
// every third user has no address, and every fifth one name only.
class User {
 public:
  explicit User(std::int64_t value) : value_(value) {}

  std::string first_name() const { return fmt::format("Ada{}", value_ % 11); }
  std::string last_name() const {
    if (value_ % 5 == 0) return {};
    return fmt::format("de la Cruz {}", value_);
  }
  std::string full_name() const {
    const std::string last = last_name();
    return last.empty() ? first_name() : first_name() + " " + last;
  }
  std::string email() const { return fmt::format("u{}@example.org", value_); }
  // As the old application stores it.
  std::string written_email() const { return fmt::format("U{}@Example.org", value_); }
  bool has_address() const { return value_ % 3 != 0; }
  SqlValue line() const { return of_address(fmt::format("{} High Street", value_)); }
  SqlValue city() const { return of_address(value_ % 2 == 0 ? "Rotterdam" : "Peru"); }
  SqlValue zip() const {
    if (value_ % 4 == 0) return nullptr;
    return of_address(fmt::format("{:05}", value_ % 100'000));
  }
  std::string created_at() const {
    return fmt::format("2026-01-02T03:04:{:02}.000000Z", value_ % 60);
  }

 private:
  SqlValue of_address(const std::string& part) const {
    return has_address() ? SqlValue(part) : SqlValue(nullptr);
  }

  std::int64_t value_;
};

// The value of `id, full name, e-mail, line, city, zip, created at`.
std::int64_t value_of(const SqlRow& row) {
  const auto& email = std::get<std::string>(row[2]);
  const std::int64_t value = std::stoll(email.substr(1));
  const User user(value);
  const SqlRow whole = {row[0],      user.full_name(), user.email(),     user.line(),
                        user.city(), user.zip(),       user.created_at()};
  if (row == whole) return value;
  throw std::runtime_error(
      fmt::format("user {} is not as any write left it", std::get<std::int64_t>(row[0])));
}

std::int64_t id_of(const std::string& key) {
  return std::stoll(key);
}

// What both sides have in common: `columns` and `tables` give the users as value_of takes them,
// with the time to be added.
class UsersSide : public Side {
 public:
  UsersSide(Connection& connection, const std::string& columns, const std::string& tables)
      : connection_(connection),
        rows_(fmt::format("SELECT {}, {} FROM {}", columns,
                          connection.is_server() ? "to_char(created_at AT TIME ZONE 'UTC', "
                                                   "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
                                                 : "created_at",
                          tables)) {}

  Connection& connection() override { return connection_; }
  void lock(const std::vector<std::string>& keys) override {
    if (!connection_.is_server()) return;
    std::vector<std::int64_t> ids;
    std::ranges::transform(keys, std::back_inserter(ids), id_of);
    std::ranges::sort(ids);
    for (const std::int64_t id : ids)
      connection_.run("SELECT 1 FROM pg_advisory_xact_lock(?1)", {id});
  }
  Cell read(const std::string& key) override {
    const auto rows = connection_.run(rows_ + " WHERE id = ?1", {id_of(key)});
    return rows.empty() ? Cell() : Cell(value_of(rows[0]));
  }
  std::vector<std::pair<std::string, std::int64_t>> all() override {
    std::vector<std::pair<std::string, std::int64_t>> found;
    for (const SqlRow& row : connection_.run(rows_ + " WHERE id % 10 = 5"))
      found.emplace_back(std::to_string(std::get<std::int64_t>(row[0])), value_of(row));
    return found;
  }

 protected:
  bool run(std::string_view sql, const SqlRow& values) {
    connection_.run(sql, values);
    return connection_.changes() > 0;
  }

 private:
  Connection& connection_;
  std::string rows_;
};

class WideUsers final : public UsersSide {
 public:
  explicit WideUsers(Connection& connection)
      : UsersSide(connection, "id, full_name, lower(email), addr_line, addr_city, addr_zip",
                  "users") {}

  bool insert(const std::string& key, std::int64_t value) override {
    if (connection().is_server()) {
      return run("INSERT INTO users VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
                 row(key, value));
    }
    return run("INSERT OR IGNORE INTO users VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", row(key, value));
  }
  bool update(const std::string& key, std::int64_t value) override {
    return rename(key, key, value);
  }
  void replace(const std::string& key, std::int64_t value) override {
    if (connection().is_server()) {
      run("INSERT INTO users VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET "
          "full_name = excluded.full_name, email = excluded.email, addr_line = excluded.addr_line, "
          "addr_city = excluded.addr_city, addr_zip = excluded.addr_zip, "
          "created_at = excluded.created_at",
          row(key, value));
      return;
    }
    run("INSERT OR REPLACE INTO users VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", row(key, value));
  }
  bool remove(const std::string& key) override {
    return run("DELETE FROM users WHERE id = ?1", {id_of(key)});
  }
  bool rename(const std::string& key, const std::string& to, std::int64_t value) override {
    if (key != to && connection().is_server() && read(to)) return false;
    SqlRow values = row(to, value);
    values.emplace_back(id_of(key));
    return run(fmt::format("UPDATE {} users SET id = ?1, full_name = ?2, email = ?3, "
                           "addr_line = ?4, addr_city = ?5, addr_zip = ?6, created_at = ?7 "
                           "WHERE id = ?8",
                           connection().is_server() ? "" : "OR IGNORE"),
               values);
  }

 private:
  static SqlRow row(const std::string& key, std::int64_t value) {
    const User user(value);
    return {id_of(key),  user.full_name(), user.written_email(), user.line(),
            user.city(), user.zip(),       user.created_at()};
  }
};

class SplitUsers final : public UsersSide {
 public:
  explicit SplitUsers(Connection& connection)
      : UsersSide(connection, "id, trim(first_name || ' ' || last_name), email, line, city, zip",
                  "users_v2 LEFT JOIN user_addresses ON user_id = id") {}

  bool insert(const std::string& key, std::int64_t value) override {
    const User user(value);
    if (!run("INSERT INTO users_v2(id, first_name, last_name, email, created_at) "
             "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
             row(key, user)))
      return false;
    put_address(key, user);
    return true;
  }
  bool update(const std::string& key, std::int64_t value) override {
    const User user(value);
    if (!run("UPDATE users_v2 SET first_name = ?2, last_name = ?3, email = ?4, created_at = ?5 "
             "WHERE id = ?1",
             row(key, user)))
      return false;
    if (!user.has_address()) {
      forget_address(key);
    } else if (!run("UPDATE user_addresses SET line = ?2, city = ?3, zip = ?4 WHERE user_id = ?1",
                    {id_of(key), user.line(), user.city(), user.zip()})) {
      put_address(key, user);
    }
    return true;
  }
  void replace(const std::string& key, std::int64_t value) override {
    remove(key);
    insert(key, value);
  }
  bool remove(const std::string& key) override {
    forget_address(key);
    return run("DELETE FROM users_v2 WHERE id = ?1", {id_of(key)});
  }
  bool rename(const std::string& key, const std::string& to, std::int64_t value) override {
    if (key != to && read(to)) return false;
    if (!remove(key)) return false;
    return insert(to, value);
  }

 private:
  static SqlRow row(const std::string& key, const User& user) {
    return {id_of(key), user.first_name(), user.last_name(), user.email(), user.created_at()};
  }
  void put_address(const std::string& key, const User& user) {
    if (!user.has_address()) return;
    run("INSERT INTO user_addresses(user_id, line, city, zip) VALUES(?1, ?2, ?3, ?4)",
        {id_of(key), user.line(), user.city(), user.zip()});
  }
  void forget_address(const std::string& key) {
    run("DELETE FROM user_addresses WHERE user_id = ?1", {id_of(key)});
  }
};

class Users final : public Sides {
 public:
  explicit Users(const Places& places)
      : places_(places), old_connection_(open_connection(places.old_side)), old_(*old_connection_) {
    if (is_one_store()) new_.emplace(*old_connection_);
  }

  Side& old_side() override { return old_; }
  Side* new_side() override {
    const bool is_there = places_.new_side.find("://") != std::string::npos ||
                          std::filesystem::exists(places_.new_side);
    if (!new_ && is_there) {
      new_connection_ = open_connection(places_.new_side);
      new_.emplace(*new_connection_);
    }
    return new_ ? &*new_ : nullptr;
  }
  bool is_one_store() const override { return places_.old_side == places_.new_side; }
  // The loaded users have round ids; these stand between them.
  std::string key(std::int64_t number) const override { return std::to_string(number * 500 + 5); }

 private:
  Places places_;
  std::unique_ptr<Connection> old_connection_;
  WideUsers old_;
  std::unique_ptr<Connection> new_connection_;
  std::optional<SplitUsers> new_;
};

}  // namespace

std::unique_ptr<Sides> open_users(const Places& places) {
  return std::make_unique<Users>(places);
}

}  // namespace mig::app
