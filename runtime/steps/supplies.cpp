#include "runtime/steps/supplies.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/machine/schedule.hpp"
#include "runtime/amounts.hpp"
#include "runtime/steps/feeds.hpp"
#include "runtime/steps/slots.hpp"
#include "runtime/stores/postgres_slot.hpp"
#include "runtime/stores/redis_server_facts.hpp"

namespace mig::runtime {
namespace {

// A server that cannot answer a look is not waited for.
constexpr const char* kPatience = "SET statement_timeout = '2s'";
// A `-wal` file is worth a word from here on.
constexpr std::uintmax_t kLargeWal = 100'000'000;

struct Disk {
  dev_t device = 0;
  std::int64_t free = 0;
  std::int64_t whole = 0;
  std::vector<std::string> users;
  std::vector<std::string> logs;
};

Result<Disk> disk_at(const std::filesystem::path& path) {
  // A file that the run has yet to make will lie where its folder does.
  std::error_code ignored;
  std::filesystem::path there = path;
  while (!std::filesystem::exists(there, ignored) && there.has_relative_path())
    there = there.parent_path();
  if (there.empty()) there = ".";
  struct stat file {};
  struct statvfs disk {};
  if (::stat(there.c_str(), &file) != 0 || ::statvfs(there.c_str(), &disk) != 0) {
    return fail(ErrorKind::Transient,
                fmt::format("nobody can tell how much room there is at {}: {}", there.string(),
                            std::strerror(errno)),
                "let mig read that folder");
  }
  const auto bytes = [&](auto blocks) {
    return static_cast<std::int64_t>(blocks) * static_cast<std::int64_t>(disk.f_frsize);
  };
  return Disk{file.st_dev, bytes(disk.f_bavail), bytes(disk.f_blocks), {}, {}};
}

Result<void> add_disk(const std::filesystem::path& path, const std::string& user,
                      std::vector<Disk>& disks) {
  MIG_ASSIGN(disk, disk_at(path));
  auto known = std::ranges::find(disks, disk.device, &Disk::device);
  if (known == disks.end()) known = disks.insert(disks.end(), disk);
  known->users.push_back(user);
  std::error_code ignored;
  const auto log = std::filesystem::file_size(path.string() + "-wal", ignored);
  if (!ignored && log >= kLargeWal)
    known->logs.push_back(fmt::format("the `-wal` file of {} takes {} of it", user,
                                      size(static_cast<std::int64_t>(log))));
  return {};
}

plan::DatasetId leading(const plan::Plan& plan, plan::Side leads) {
  return leads == plan::Side::Old ? plan.from : plan.to.front();
}

std::string counted(std::int64_t entries) {
  return fmt::format("{} {}", entries, entries == 1 ? "entry" : "entries");
}

}  // namespace

std::string stand_of(const Supply& supply) {
  if (supply.kind == SupplyKind::Disk) {
    return fmt::format("{} has {} left of {}", supply.what,
                       size(std::max<std::int64_t>(supply.limit.value() - supply.used, 0)),
                       size(*supply.limit));
  }
  const bool is_counted = supply.kind == SupplyKind::Changelog;
  const auto shown = [&](std::int64_t amount) {
    return is_counted ? counted(amount) : size(amount);
  };
  if (!supply.limit) return fmt::format("{} holds {}", supply.what, shown(supply.used));
  return fmt::format("{} holds {} of at most {}", supply.what, shown(supply.used),
                     is_counted ? fmt::format("{}", *supply.limit) : size(*supply.limit));
}

Result<std::vector<Supply>> look_at_disks(const Stores& stores,
                                          const std::filesystem::path& journal) {
  std::vector<Disk> disks;
  if (!journal.empty()) MIG_TRY(add_disk(journal, "the journal", disks));
  for (const plan::StoreId store : files_of(stores)) {
    if (!stores.is_file(store)) continue;
    MIG_TRY(add_disk(stores.path(store), fmt::format("`{}`", stores.plan().at(store).name), disks));
  }
  std::vector<Supply> found;
  for (const Disk& disk : disks) {
    std::string advice = "make room there: a run whose disk is full pauses";
    if (!disk.logs.empty()) advice += fmt::format("; {}", fmt::join(disk.logs, ", "));
    // What is kept for the system is nobody's to use.
    found.push_back({SupplyKind::Disk, fmt::format("the disk of {}", fmt::join(disk.users, ", ")),
                     disk.whole - disk.free, disk.whole, std::move(advice)});
  }
  return found;
}

Result<std::vector<Supply>> Supplies::look(const plan::Plan& view, const plan::RunState& state,
                                           Stores& stores, std::optional<std::int64_t> position) {
  auto found = read(view, state, stores, position);
  // A connection may be what failed; the next look opens it anew.
  if (!found) connections_.clear();
  return found;
}

Result<std::vector<Supply>> Supplies::read(const plan::Plan& view, const plan::RunState& state,
                                           Stores& stores, std::optional<std::int64_t> position) {
  Found found;
  if (view.are_services()) return found;
  MIG_TRY(add_memory(view, stores, found));
  const auto stream = plan::stream(view, state);
  if (!stream) return found;
  // The slot of the old side stays while the new one leads.
  for (const plan::Side side : {plan::Side::Old, plan::Side::New})
    if (leads_through_slot(view, side)) MIG_TRY(add_slot(view, stores, side, found));
  const plan::Side leads = stream->leads();
  if (leads_in_redis(view, leads)) {
    MIG_TRY(add_backlog(view, stores, leads, position, found));
  } else if (!leads_through_slot(view, leads)) {
    MIG_TRY(add_changelog(view, stores, leads, position, found));
  }
  return found;
}

// A look that fails would end a transaction of whoever shares its connection; a file has no such
// rule.
Result<const Database*> Supplies::sql(Stores& stores, plan::StoreId store) {
  if (stores.is_file(store)) return stores.reader(store);
  std::optional<Database>& own = connections_[store.index].sql;
  if (own && own->is_lost()) own.reset();
  if (!own) {
    MIG_ASSIGN(opened, stores.another_reader(store));
    MIG_TRY(opened.execute(kPatience));
    own.emplace(std::move(opened));
  }
  return &*own;
}

Result<RedisConnection*> Supplies::redis(const Stores& stores, plan::StoreId store) {
  std::optional<RedisConnection>& own = connections_[store.index].redis;
  if (own && own->is_lost()) own.reset();
  if (!own) {
    MIG_ASSIGN(opened, stores.another_redis(store));
    own.emplace(std::move(opened));
  }
  return &*own;
}

Result<void> Supplies::add_slot(const plan::Plan& view, Stores& stores, plan::Side leads,
                                Found& found) {
  // Without a way back nothing ever leads from there.
  if (leads == plan::Side::New && !plan::leads_back(view)) return {};
  const plan::StoreId store = view.at(leading(view, leads)).store;
  MIG_ASSIGN(log, log_of(view, leads));
  MIG_ASSIGN(database, sql(stores, store));
  MIG_ASSIGN(slot, PostgresSlot::of(*database, log));
  MIG_ASSIGN(kept, slot.kept_log(*database));
  if (!kept) return {};
  found.push_back({SupplyKind::SlotLog,
                   fmt::format("the log that the server of `{}` keeps for the slot `{}`",
                               view.at(store).name, slot.name()),
                   kept->used, kept->limit,
                   kept->limit ? "beyond that the server throws away what is not carried over yet, "
                                 "and every row is compared anew; end old transactions there "
                                 "(`mig why` names them), or raise `max_slot_wal_keep_size`"
                               : "it grows until the disk of that server is full; end old "
                                 "transactions there (`mig why` names them)"});
  return {};
}

Result<void> Supplies::add_changelog(const plan::Plan& view, Stores& stores, plan::Side leads,
                                     std::optional<std::int64_t> position, Found& found) {
  const plan::Dataset& dataset = view.at(leading(view, leads));
  const plan::Store& store = view.at(dataset.store);
  MIG_ASSIGN(log, log_of(view, leads));
  MIG_ASSIGN(database, sql(stores, dataset.store));
  MIG_ASSIGN(waiting, log.waiting(*database, position.value_or(0)));
  std::optional<std::int64_t> limit;
  if (store.max_changelog) limit = store.max_changelog->value;
  found.push_back(
      {SupplyKind::Changelog,
       fmt::format("the changelog of `{}` in `{}`", dataset.name, store.name), waiting.entries,
       limit,
       fmt::format("what waits there{} is yet to be carried over; `mig why` says what "
                   "holds it up",
                   waiting.bytes > 0 ? fmt::format(", {},", size(waiting.bytes)) : "")});
  return {};
}

// How far behind its server a follower is, of what that keeps for whoever was cut off.
Result<void> Supplies::add_backlog(const plan::Plan& view, Stores& stores, plan::Side leads,
                                   std::optional<std::int64_t> position, Found& found) {
  if (!position) return {};
  const plan::StoreId store = view.at(leading(view, leads)).store;
  MIG_ASSIGN(server, redis(stores, store));
  MIG_ASSIGN(facts, read_server_facts(*server));
  if (facts.backlog == 0) return {};
  found.push_back({SupplyKind::Backlog,
                   fmt::format("the replication backlog of `{}`", view.at(store).name),
                   std::max<std::int64_t>(facts.replication_offset - *position, 0), facts.backlog,
                   "beyond that a follower that is cut off has lost its place, and every row is "
                   "compared anew; raise `repl-backlog-size` there"});
  return {};
}

Result<void> Supplies::add_memory(const plan::Plan& view, Stores& stores, Found& found) {
  const plan::StoreId store = view.at(view.to.front()).store;
  if (view.at(store).kind != plan::StoreKind::Redis) return {};
  MIG_ASSIGN(server, redis(stores, store));
  MIG_ASSIGN(facts, read_server_facts(*server));
  // A cache lets go of what it likes.
  if (facts.max_memory == 0 || facts.eviction.starts_with("allkeys-")) return {};
  const bool evicts = facts.eviction != "noeviction";
  found.push_back({SupplyKind::Memory, fmt::format("the memory of `{}`", view.at(store).name),
                   facts.used_memory, facts.max_memory,
                   fmt::format("beyond that it {}; raise `maxmemory` there, or delete what is not "
                               "needed",
                               evicts ? "deletes keys that expire one day" : "takes no writes")});
  return {};
}

}  // namespace mig::runtime
