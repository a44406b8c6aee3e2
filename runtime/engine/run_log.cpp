#include "runtime/engine/run_log.hpp"

#include <algorithm>
#include <cassert>
#include <map>

#include <fmt/format.h>

#include "compiler/plan/codec.hpp"
#include "compiler/plan/machine/apply.hpp"
#include "compiler/plan/machine/record_codec.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kPage = 512;
constexpr std::string_view kRunKey = "{\"run\":\"";

// Every body begins with the run it belongs to, so that one journal holds many runs. A run's id is
// letters, digits and hyphens: nothing in it needs escaping.
std::string body_of(const std::string& run, const plan::Record& record) {
  const std::string body = plan::encode_body(record);
  assert(body.starts_with('{'));
  const std::string_view rest = std::string_view(body).substr(1);
  return fmt::format("{}{}\"{}{}", kRunKey, run, rest == "}" ? "" : ",", rest);
}

std::optional<std::string> run_of(const std::string& body) {
  if (!body.starts_with(kRunKey)) return std::nullopt;
  const std::size_t end = body.find('"', kRunKey.size());
  if (end == std::string::npos) return std::nullopt;
  return body.substr(kRunKey.size(), end - kRunKey.size());
}

Error damaged(std::int64_t seq, std::string_view why) {
  return Error{ErrorKind::Permanent,
               fmt::format("record {} of the journal does not fit: {}", seq, why),
               "keep a copy of the journal; `mig log` shows what can be read"};
}

plan::Micros micros(Instant at) {
  return at.time_since_epoch().count();
}

// Calls `visit` for every record, page by page.
Result<void> for_each(Journal& journal,
                      const std::function<Result<void>(const JournalRecord&)>& visit) {
  std::int64_t seq = 0;
  while (true) {
    MIG_ASSIGN(page, journal.read(seq, kPage));
    if (page.empty()) return {};
    for (const JournalRecord& record : page) {
      MIG_TRY(visit(record));
      seq = record.seq;
    }
  }
}

}  // namespace

Result<StoredEntry> decode(const JournalRecord& record) {
  const auto run = run_of(record.body);
  if (!run) return std::unexpected(damaged(record.seq, "it names no run"));
  auto decoded = plan::decode_record(record.kind, record.body);
  if (!decoded) return std::unexpected(damaged(record.seq, decoded.error()));
  return StoredEntry{*run, plan::Entry{record.seq, micros(record.at), record.epoch, record.actor,
                                       std::move(*decoded)}};
}

RunLog::RunLog(Journal& journal, plan::RunCreated created, plan::Plan plan)
    : journal_(&journal),
      created_(std::move(created)),
      plan_(std::move(plan)),
      state_(plan::initial_state(plan_)) {}

Result<RunLog> RunLog::create(Journal& journal, const Lease& lease, const plan::RunCreated& created,
                              const std::string& actor, const Clock& clock) {
  auto plan = plan::decode(created.plan);
  assert(plan.has_value());  // the codec's law: what was encoded decodes
  RunLog log(journal, created, std::move(*plan));
  MIG_TRY(log.append(lease, {created}, actor, clock));
  return log;
}

Result<RunLog> RunLog::open(Journal& journal, const std::string& run) {
  std::optional<RunLog> log;
  MIG_TRY(for_each(journal, [&](const JournalRecord& record) -> Result<void> {
    if (run_of(record.body) != run) return {};
    MIG_ASSIGN(stored, decode(record));
    if (const auto* created = std::get_if<plan::RunCreated>(&stored.entry.record)) {
      auto plan = plan::decode(created->plan);
      if (!plan) return std::unexpected(damaged(record.seq, plan.error()));
      log.emplace(RunLog(journal, *created, std::move(*plan)));
    }
    if (!log) return std::unexpected(damaged(record.seq, "its run was never created"));
    const auto applied = plan::apply(log->plan_, log->state_, stored.entry);
    if (!applied) return std::unexpected(damaged(record.seq, applied.error()));
    return {};
  }));
  if (!log)
    return fail(ErrorKind::Permanent, fmt::format("there is no run `{}` in the journal", run));
  return std::move(*log);
}

Result<std::vector<RunSummary>> RunLog::list(Journal& journal) {
  std::vector<RunLog> logs;
  std::map<std::string, std::size_t> positions;
  MIG_TRY(for_each(journal, [&](const JournalRecord& record) -> Result<void> {
    MIG_ASSIGN(stored, decode(record));
    if (const auto* created = std::get_if<plan::RunCreated>(&stored.entry.record)) {
      auto plan = plan::decode(created->plan);
      if (!plan) return std::unexpected(damaged(record.seq, plan.error()));
      positions[stored.run] = logs.size();
      logs.push_back(RunLog(journal, *created, std::move(*plan)));
    }
    const auto found = positions.find(stored.run);
    if (found == positions.end())
      return std::unexpected(damaged(record.seq, "its run was never created"));
    RunLog& log = logs[found->second];
    const auto applied = plan::apply(log.plan_, log.state_, stored.entry);
    if (!applied) return std::unexpected(damaged(record.seq, applied.error()));
    return {};
  }));
  std::vector<RunSummary> runs;
  runs.reserve(logs.size());
  for (RunLog& log : logs) {
    runs.push_back(RunSummary{log.created_.run, log.created_.plan_name, log.created_.env,
                              log.state_, std::move(log.plan_), log.created_.plan_hash,
                              log.created_.source_hash});
  }
  return runs;
}

Result<void> RunLog::append(const Lease& lease, const std::vector<plan::Record>& records,
                            const std::string& actor, const Clock& clock) {
  plan::RunState next = state_;
  std::vector<NewRecord> stored;
  std::vector<plan::Entry> entries;
  for (const plan::Record& record : records) {
    const plan::Entry entry{next.seq + 1, micros(clock.now()), lease.epoch, actor, record};
    const auto applied = plan::apply(plan_, next, entry);
    assert(applied.has_value());  // whoever appends has asked the machine what may follow
    stored.push_back({std::string(plan::name(record)), body_of(created_.run, record), actor});
    entries.push_back(entry);
  }
  MIG_ASSIGN(last, journal_->append(lease, stored));
  // Other runs may have written in between: the journal numbers all of them.
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].seq = last - static_cast<std::int64_t>(entries.size() - 1 - i);
  }
  next.seq = last;
  state_ = std::move(next);
  for (const plan::Entry& entry : entries) {
    if (observer_) observer_(entry);
  }
  return {};
}

}  // namespace mig::runtime
