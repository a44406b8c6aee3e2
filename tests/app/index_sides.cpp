// The package index of examples/01_package_index, as an application reads and writes it.
#include <filesystem>

#include <fmt/format.h>

#include "tests/app/side.hpp"

namespace mig::app {
namespace {

// What a package with that value looks like. Two values differ in every column that may differ.
struct Package {
  explicit Package(std::int64_t value) : value_(value) {}

  std::string version() const { return fmt::format("1.{}", value_); }
  std::string section() const { return value_ % 5 == 0 ? "libs" : "utils"; }
  std::int64_t kib() const { return value_ % 9000; }
  std::int64_t bytes() const { return value_ * 7; }
  std::string maintainer_name() const { return fmt::format("Team {}", value_ % 7); }
  std::string maintainer_email() const { return fmt::format("team{}@example.org", value_ % 7); }
  SqlValue homepage() const {
    if (value_ % 3 == 0) return nullptr;
    return fmt::format("https://example.org/{}", value_);
  }
  std::string summary() const { return fmt::format("value {}", value_); }
  std::string second() const { return fmt::format("{:02}", value_ % 60); }

  struct Need {
    std::string needs;
    SqlValue otherwise = nullptr;
    SqlValue bound = nullptr;
    std::string text() const {
      std::string written = needs;
      if (const auto* version = std::get_if<std::string>(&bound)) written += " (" + *version + ")";
      if (const auto* other = std::get_if<std::string>(&otherwise)) written += " | " + *other;
      return written;
    }
  };
  std::vector<Need> needs() const {
    std::vector<Need> all;
    for (std::int64_t i = 0; i < value_ % 4; ++i) {
      Need need{fmt::format("lib{}-{}", i, value_ % 50)};
      if (i != 1) need.bound = fmt::format(">= 1.{}", i);
      if (i == 2) need.otherwise = "libother | libthird";
      all.push_back(std::move(need));
    }
    return all;
  }
  SqlValue depends() const {
    std::string text;
    for (const Need& need : needs())
      text += (text.empty() ? "" : ", ") + need.text();
    return text;
  }

 private:
  std::int64_t value_;
};

Cell value_of(const std::vector<SqlRow>& rows) {
  if (rows.empty()) return std::nullopt;
  return std::stoll(std::get<std::string>(rows[0][0]).substr(std::string("value ").size()));
}

constexpr std::string_view kKeys = "app-%";

class LegacyIndex final : public Side {
 public:
  explicit LegacyIndex(const std::string& path) : connection_(open_connection(path)) {}

  Connection& connection() override { return *connection_; }
  void lock(const std::vector<std::string>&) override {}  // a file has one writer at a time
  Cell read(const std::string& key) override {
    return value_of(
        connection_->run(R"(SELECT "Summary" FROM packages WHERE "Package" = ?1)", {key}));
  }
  bool insert(const std::string& key, std::int64_t value) override {
    return put("INSERT OR IGNORE", key, value);
  }
  void replace(const std::string& key, std::int64_t value) override {
    put("INSERT OR REPLACE", key, value);
  }
  bool update(const std::string& key, std::int64_t value) override {
    return rename(key, key, value);
  }
  bool rename(const std::string& key, const std::string& to, std::int64_t value) override {
    SqlRow values = row(to, value);
    values.emplace_back(key);
    connection_->run(R"(UPDATE OR IGNORE packages SET "Package" = ?1, "Version" = ?2,
      "Architecture" = ?3, "Section" = ?4, "Installed-Size" = ?5, "Download Size" = ?6,
      "Maintainer" = ?7, "Depends" = ?8, "Homepage" = ?9, "Summary" = ?10, "Last Update" = ?11
      WHERE "Package" = ?12)",
                     values);
    return connection_->changes() > 0;
  }
  bool remove(const std::string& key) override {
    connection_->run(R"(DELETE FROM packages WHERE "Package" = ?1)", {key});
    return connection_->changes() > 0;
  }
  std::vector<std::pair<std::string, std::int64_t>> all() override {
    std::vector<std::pair<std::string, std::int64_t>> found;
    for (const SqlRow& row :
         connection_->run(R"(SELECT "Package", "Summary" FROM packages WHERE "Package" LIKE ?1)",
                          {std::string(kKeys)}))
      found.emplace_back(std::get<std::string>(row[0]), *value_of({{row[1]}}));
    return found;
  }

 private:
  static SqlRow row(const std::string& key, std::int64_t value) {
    const Package package(value);
    return {key,
            package.version(),
            "all",
            package.section(),
            std::to_string(package.kib()),
            std::to_string(package.bytes()),
            fmt::format("{} <{}>", package.maintainer_name(), package.maintainer_email()),
            package.depends(),
            package.homepage(),
            package.summary(),
            fmt::format("2026-01-02 03:04:{}", package.second())};
  }
  bool put(std::string_view verb, const std::string& key, std::int64_t value) {
    connection_->run(fmt::format("{} INTO packages VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                                 "?11)",
                                 verb),
                     row(key, value));
    return connection_->changes() > 0;
  }

  std::unique_ptr<Connection> connection_;
};

class Catalog final : public Side {
 public:
  explicit Catalog(const std::string& place) : connection_(open_connection(place)) {}

  Connection& connection() override { return *connection_; }
  // Packages share maintainers, so whoever writes one writes alone.
  void lock(const std::vector<std::string>&) override {
    if (connection_->is_server()) connection_->run("SELECT 1 FROM pg_advisory_xact_lock(1)");
  }
  Cell read(const std::string& key) override {
    return value_of(connection_->run("SELECT summary FROM packages WHERE name = ?1", {key}));
  }
  bool insert(const std::string& key, std::int64_t value) override {
    if (read(key)) return false;
    put("INSERT", key, value);
    return true;
  }
  void replace(const std::string& key, std::int64_t value) override {
    if (connection_->is_server()) {
      remove(key);
      return put("INSERT", key, value);
    }
    const auto before = maintainer_of(key);
    connection_->run("DELETE FROM dependencies WHERE package = ?1", {key});
    put("INSERT OR REPLACE", key, value);
    forget(before);
  }
  bool update(const std::string& key, std::int64_t value) override {
    if (!read(key)) return false;
    const auto before = maintainer_of(key);
    const Package package(value);
    know(package);
    SqlRow values = row(key, value);
    connection_->run(
        "UPDATE packages SET version = ?2, architecture = ?3, section = ?4, "
        "installed_kib = ?5, download_bytes = ?6, maintainer_email = ?7, "
        "maintainer_name = ?8, homepage = ?9, summary = ?10, updated_at = ?11 "
        "WHERE name = ?1",
        values);
    connection_->run("DELETE FROM dependencies WHERE package = ?1", {key});
    put_needs(key, package);
    forget(before);
    return true;
  }
  bool rename(const std::string& key, const std::string& to, std::int64_t value) override {
    if (!read(key) || (key != to && read(to))) return false;
    remove(key);
    put("INSERT", to, value);
    return true;
  }
  bool remove(const std::string& key) override {
    const auto before = maintainer_of(key);
    connection_->run("DELETE FROM dependencies WHERE package = ?1", {key});
    connection_->run("DELETE FROM packages WHERE name = ?1", {key});
    const bool is_gone = connection_->changes() > 0;
    forget(before);
    return is_gone;
  }
  std::vector<std::pair<std::string, std::int64_t>> all() override {
    std::vector<std::pair<std::string, std::int64_t>> found;
    for (const SqlRow& row : connection_->run(
             "SELECT name, summary FROM packages WHERE name LIKE ?1", {std::string(kKeys)}))
      found.emplace_back(std::get<std::string>(row[0]), *value_of({{row[1]}}));
    return found;
  }

 private:
  static SqlRow row(const std::string& key, std::int64_t value) {
    const Package package(value);
    return {key,
            package.version(),
            "all",
            package.section(),
            package.kib(),
            package.bytes(),
            package.maintainer_email(),
            package.maintainer_name(),
            package.homepage(),
            package.summary(),
            fmt::format("2026-01-02T03:04:{}.000000Z", package.second())};
  }
  void put(std::string_view verb, const std::string& key, std::int64_t value) {
    const Package package(value);
    know(package);
    connection_->run(fmt::format("{} INTO packages VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                                 "?11)",
                                 verb),
                     row(key, value));
    put_needs(key, package);
  }
  void put_needs(const std::string& key, const Package& package) {
    std::int64_t position = 0;
    for (const Package::Need& need : package.needs()) {
      connection_->run("INSERT INTO dependencies VALUES(?1, ?2, ?3, ?4, ?5)",
                       {key, position++, need.needs, need.otherwise, need.bound});
    }
  }
  void know(const Package& package) {
    connection_->run("INSERT INTO maintainers VALUES(?1, ?2) ON CONFLICT DO NOTHING",
                     {package.maintainer_email(), package.maintainer_name()});
  }
  std::vector<SqlRow> maintainer_of(const std::string& key) {
    return connection_->run(
        "SELECT maintainer_email, maintainer_name FROM packages WHERE name = ?1", {key});
  }
  // Nobody keeps a maintainer without a package.
  void forget(const std::vector<SqlRow>& maintainer) {
    if (maintainer.empty()) return;
    connection_->run(
        "DELETE FROM maintainers WHERE email = ?1 AND name = ?2 AND NOT EXISTS (SELECT "
        "1 FROM packages WHERE maintainer_email = ?1 AND maintainer_name = ?2)",
        maintainer.front());
  }

  std::unique_ptr<Connection> connection_;
};

class Index final : public Sides {
 public:
  explicit Index(const Places& places) : old_(places.old_side), new_place_(places.new_side) {}

  Side& old_side() override { return old_; }
  Side* new_side() override {
    const bool is_there =
        new_place_.find("://") != std::string::npos || std::filesystem::exists(new_place_);
    if (!new_ && is_there) new_.emplace(new_place_);
    return new_ ? &*new_ : nullptr;
  }
  bool is_one_store() const override { return false; }
  std::string key(std::int64_t number) const override { return fmt::format("app-{}", number); }

 private:
  LegacyIndex old_;
  std::string new_place_;
  std::optional<Catalog> new_;
};

}  // namespace

std::unique_ptr<Sides> open_index(const Places& places) {
  return std::make_unique<Index>(places);
}

}  // namespace mig::app
