#include "runtime/engine/takeover.hpp"

#include <fmt/format.h>

#include "runtime/stores/effect.hpp"

namespace mig::runtime {
namespace {

Result<std::optional<std::string>> ahead_in(const RunLog& log, const OpenStore& store,
                                            const Authority& authority) {
  MIG_ASSIGN(fences, read_fences(store));
  for (const Fence& fence : fences) {
    const bool ours = fence.journal == authority.journal && fence.run == authority.run;
    if (ours && fence.head_seq > log.state().seq) {
      return fmt::format(
          "{} was written under record {} of the journal, and the journal ends at record {}",
          store.shown_place(), fence.head_seq, log.state().seq);
    }
    if (ours && fence.epoch > authority.epoch) {
      return fmt::format(
          "{} was written under epoch {}, and the journal has granted no later one than {}",
          store.shown_place(), fence.epoch, authority.epoch);
    }
  }
  for (std::uint32_t i = 0; i < log.plan().steps.size(); ++i) {
    const plan::Step& step = log.plan().steps[i];
    MIG_ASSIGN(applied, read_applied(store, authority.run, step.name));
    if (applied && log.state().steps[i].started == 0) {
      return fmt::format("{} holds the step `{}`, which the journal never started",
                         store.shown_place(), step.name);
    }
  }
  return std::optional<std::string>();
}

// The last part of an identity is the inode, the second the file's own id. A device's number may
// change with a restart of the machine; a file that mig had not written to yet has no id of its
// own.
bool is_same_file(const std::string& recorded, const std::string& present) {
  const auto part = [](const std::string& text, int index) {
    std::size_t begin = 0;
    for (int i = 0; i < index; ++i)
      begin = text.find(':', begin) + 1;
    return text.substr(begin, text.find(':', begin) - begin);
  };
  const bool same_inode = part(recorded, 3) == part(present, 3);
  const bool same_id = part(recorded, 1) == "new" || part(recorded, 1) == part(present, 1);
  return same_inode && same_id;
}

}  // namespace

Result<std::optional<std::string>> target_ahead_of(const RunLog& log, Stores& stores,
                                                   const Authority& authority) {
  for (const plan::StoreId store : files_of(stores)) {
    if (!stores.exists(store)) continue;
    MIG_ASSIGN(opened, stores.reading(store));
    MIG_ASSIGN(ahead, ahead_in(log, opened, authority));
    if (ahead) return ahead;
  }
  return std::optional<std::string>();
}

Result<std::optional<std::string>> changed_store(const RunLog& log, Stores& stores) {
  const auto& recorded = log.state().identities;
  for (std::uint32_t i = 0; i < recorded.size(); ++i) {
    const plan::StoreId store{i};
    if (recorded[i].empty()) continue;  // the run makes this file itself
    const std::string file = stores.shown_path(store);
    if (!stores.exists(store)) {
      return fmt::format("the store `{}` is gone: there is no file {}", log.plan().at(store).name,
                         file);
    }
    MIG_ASSIGN(opened, stores.reading(store));
    MIG_ASSIGN(present, identity(opened));
    if (!is_same_file(recorded[i], present)) {
      return fmt::format("{} is another file than the one this run began with", file);
    }
  }
  return std::optional<std::string>();
}

namespace {

Result<void> release_in(Stores& stores, plan::StoreId store, const FinishedRun& finished) {
  MIG_ASSIGN(opened, stores.writing(store));
  return release(opened, finished);
}

}  // namespace

Result<void> release_stores(const RunLog& log, Stores& stores, const Authority& authority,
                            const Clock& clock, const std::string& outcome) {
  const FinishedRun finished{authority.journal,       authority.run,     log.created().plan_name,
                             log.created().plan_hash, log.created().env, outcome,
                             print(clock.now())};
  // A file that the run made stays, though it may be empty now. An application may have it open,
  // and what it writes into a file without a name is lost without a word.
  for (const plan::StoreId store : files_of(stores)) {
    if (!stores.exists(store)) continue;
    auto released = release_in(stores, store, finished);
    // That a connection was lost while nobody used it is found out now; the next one is a new one,
    // and to release again changes nothing.
    if (!released && released.error().kind == ErrorKind::Transient)
      released = release_in(stores, store, finished);
    if (!released) return released;
  }
  return {};
}

}  // namespace mig::runtime
