#include "runtime/stores/stores.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/postgres_place.hpp"
#include "runtime/stores/postgres_slot_stream.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {
namespace {

// A third of a runner's lease.
constexpr std::chrono::seconds kIdleLimit{10};

Result<std::string> shown_server(plan::StoreKind kind, const std::string& url) {
  if (kind == plan::StoreKind::Postgres) return shown_postgres_place(url);
  MIG_ASSIGN(address, RedisAddress::parse(url));
  return address.shown;
}

}  // namespace

Stores::Stores(const plan::Plan& plan, std::vector<Place> places, std::filesystem::path scratch)
    : plan_(plan), places_(std::move(places)), scratch_(std::move(scratch)) {}

Result<Stores> Stores::find(const plan::Plan& plan, const std::filesystem::path& folder,
                            const EnvironmentLookup& environment) {
  std::vector<Place> places;
  for (const plan::Store& store : plan.stores) {
    std::string text = store.location.text;
    if (store.location.secret) {
      MIG_ASSIGN(secret, resolve_secret(store.location.text, environment));
      text = secret.reveal();
    }
    if (store.kind != plan::StoreKind::Sqlite) {
      std::string shown = store.location.secret ? store.location.text : store.name;
      if (!store.location.secret) {
        MIG_ASSIGN(place, shown_server(store.kind, text));
        shown = place;
      }
      places.push_back({std::move(text), std::move(shown)});
      continue;
    }
    std::filesystem::path joined = folder / text;
    std::error_code ignored;
    auto resolved = std::filesystem::weakly_canonical(joined, ignored);
    if (resolved.empty()) resolved = std::move(joined);
    std::string shown = store.location.secret ? store.location.text : resolved.string();
    places.push_back({resolved.string(), std::move(shown)});
  }
  return Stores(plan, std::move(places), folder / ".mig");
}

bool Stores::is_file(plan::StoreId store) const {
  return plan_.at(store).kind == plan::StoreKind::Sqlite;
}

bool Stores::is_redis(plan::StoreId store) const {
  return plan_.at(store).kind == plan::StoreKind::Redis;
}

bool Stores::exists(plan::StoreId store) const {
  std::error_code ignored;
  return !is_file(store) || std::filesystem::exists(path(store), ignored);
}

bool Stores::is_one_file(plan::StoreId left, plan::StoreId right) const {
  return left == right || (plan_.at(left).kind == plan_.at(right).kind &&
                           places_[left.index].text == places_[right.index].text);
}

Result<Database> Stores::open(plan::StoreId store, Mode mode) const {
  if (!is_file(store)) return open_server(store, mode);
  const plan::Store& declared = plan_.at(store);
  if (mode != Mode::Create && !exists(store)) {
    return fail(ErrorKind::Permanent,
                fmt::format("the store `{}` is missing: there is no file `{}`", declared.name,
                            shown_path(store)),
                "check the store's location in the plan, or create the file");
  }
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(declared.busy_timeout);
  return open_sqlite(path(store), mode,
                     {.busy_wait = wait,
                      .noun = fmt::format("store `{}`", declared.name),
                      .shown = shown_path(store)});
}

Result<Database> Stores::open_server(plan::StoreId store, Mode mode) const {
  const plan::Store& declared = plan_.at(store);
  if (declared.kind != plan::StoreKind::Postgres) {
    return fail(ErrorKind::Permanent, fmt::format("the store `{}` speaks no SQL", declared.name),
                "ask for what its kind can do; `mig check` says what that is");
  }
  PostgresOptions options{.noun = fmt::format("store `{}`", declared.name),
                          .shown = shown_path(store),
                          .writes = mode != Mode::ReadOnly};
  if (declared.lock_timeout) {
    options.lock_wait =
        std::chrono::duration_cast<std::chrono::milliseconds>(*declared.lock_timeout);
  }
  // A runner that stands still in the middle of a transaction keeps nobody from what it locked.
  if (options.writes) options.idle_limit = kIdleLimit;
  return open_postgres(places_[store.index].text, std::move(options));
}

// After a kill in the middle of a write SQLite has to put the old pages back before anybody can
// read, and only a connection that may write does it. Where this one may not, the reader says so.
void Stores::finish_recovery(plan::StoreId store) const {
  std::error_code ignored;
  if (!std::filesystem::exists(path(store).string() + "-journal", ignored)) return;
  const auto opened = open(store, Mode::ReadWrite);
  if (opened) static_cast<void>(opened->execute("PRAGMA schema_version"));
}

Result<OpenStore> Stores::reading(plan::StoreId store) {
  if (is_redis(store)) return redis(store, &Connections::redis_reader);
  MIG_ASSIGN(database, reader(store));
  return OpenStore(*database);
}

Result<OpenStore> Stores::writing(plan::StoreId store, IfMissing if_missing) {
  if (is_redis(store)) return redis(store, &Connections::redis_writer);
  MIG_ASSIGN(database, writer(store, if_missing));
  return OpenStore(*database);
}

Result<OpenStore> Stores::redis(plan::StoreId store,
                                std::unique_ptr<RedisConnection> Connections::*which) {
  std::unique_ptr<RedisConnection>& connection = connections_[places_[store.index].text].*which;
  if (connection != nullptr && connection->is_lost()) lost_redis_.push_back(std::move(connection));
  if (connection == nullptr) {
    MIG_ASSIGN(opened, another_redis(store));
    connection = std::make_unique<RedisConnection>(std::move(opened));
  }
  return OpenStore(*connection);
}

Result<RedisConnection> Stores::another_redis(plan::StoreId store) const {
  auto opened = RedisConnection::open(places_[store.index].text);
  if (opened) return opened;
  Error why = std::move(opened).error();
  why.message = fmt::format("the store `{}`: {}", plan_.at(store).name, why.message);
  return std::unexpected(std::move(why));
}

Result<Database> Stores::another_stream(plan::StoreId store) const {
  const plan::Store& declared = plan_.at(store);
  return open_postgres(places_[store.index].text, {.noun = fmt::format("store `{}`", declared.name),
                                                   .shown = shown_path(store),
                                                   .streams = true});
}

Result<const Database*> Stores::reader(plan::StoreId store) {
  std::unique_ptr<Database>& reader = connections_[places_[store.index].text].reader;
  if (reader != nullptr && reader->is_lost()) lost_.push_back(std::move(reader));
  if (reader == nullptr) {
    if (is_file(store)) finish_recovery(store);
    MIG_ASSIGN(opened, open(store, Mode::ReadOnly));
    reader = std::make_unique<Database>(std::move(opened));
  }
  return reader.get();
}

Result<Database> Stores::another_reader(plan::StoreId store) const {
  return open(store, Mode::ReadOnly);
}

Result<const Database*> Stores::writer(plan::StoreId store, IfMissing if_missing) {
  std::unique_ptr<Database>& writer = connections_[places_[store.index].text].writer;
  if (writer != nullptr && writer->is_lost()) lost_.push_back(std::move(writer));
  if (writer == nullptr) {
    const Mode mode = if_missing == IfMissing::Create ? Mode::Create : Mode::ReadWrite;
    MIG_ASSIGN(opened, open_writer(store, mode));
    writer = std::make_unique<Database>(std::move(opened));
  }
  return writer.get();
}

Result<Database> Stores::own_writer(plan::StoreId store) const {
  return open_writer(store, Mode::ReadWrite);
}

Result<Database> Stores::open_writer(plan::StoreId store, Mode mode) const {
  MIG_ASSIGN(opened, open(store, mode));
  if (is_file(store)) MIG_TRY(opened.execute("PRAGMA foreign_keys = ON"));
  return std::move(opened);
}

void Stores::close() {
  streams_.clear();
  connections_.clear();
  lost_.clear();
  lost_redis_.clear();
}

std::vector<plan::DatasetId> datasets_in(const Stores& stores, plan::StoreId store) {
  std::vector<plan::DatasetId> found;
  for (std::uint32_t i = 0; i < stores.plan().datasets.size(); ++i) {
    if (stores.is_one_file(stores.plan().datasets[i].store, store)) found.push_back({i});
  }
  return found;
}

std::vector<plan::StoreId> files_of(const Stores& stores) {
  std::vector<plan::StoreId> found;
  for (std::uint32_t i = 0; i < stores.plan().stores.size(); ++i) {
    const plan::StoreId store{i};
    const bool is_new = std::ranges::none_of(
        found, [&](plan::StoreId other) { return stores.is_one_file(other, store); });
    if (is_new) found.push_back(store);
  }
  return found;
}

}  // namespace mig::runtime
