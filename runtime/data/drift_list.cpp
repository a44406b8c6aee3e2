#include "runtime/data/drift_list.hpp"

#include <cerrno>
#include <fstream>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/full_disk.hpp"

namespace mig::runtime {
namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == text.npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

constexpr std::string_view kOrphans = "SELECT dataset, key, place, name, value FROM orphan";

Orphan read_orphan(const Statement& rows) {
  return {plan::DatasetId{static_cast<std::uint32_t>(rows.integer(0))}, std::string(rows.text(1)),
          std::string(rows.text(2)), std::string(rows.text(3)), std::string(rows.text(4))};
}

RowDifference read_difference(const Statement& rows) {
  return {plan::DatasetId{static_cast<std::uint32_t>(rows.integer(1))},
          static_cast<DriftClass>(rows.integer(2)),
          std::string(rows.text(3)),
          std::string(rows.text(4)),
          std::string(rows.text(5)),
          split(rows.text(6))};
}

void write_line(std::ofstream& list, const nlohmann::json& line) {
  list << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void write_line(std::ofstream& list, const plan::Plan& plan, const RowDifference& difference) {
  write_line(list, {{"dataset", plan.at(difference.dataset).name},
                    {"class", name(difference.kind)},
                    {"key", difference.key},
                    {"fields", difference.fields}});
}

void write_line(std::ofstream& list, const plan::Plan& plan, const Orphan& orphan) {
  write_line(list, {{"dataset", plan.at(orphan.dataset).name},
                    {"class", "orphan"},
                    {"key", orphan.key},
                    {"constraint", orphan.constraint},
                    {"value", orphan.value}});
}

void write_line(std::ofstream& list, const plan::Plan& plan, const Reconciliation& result,
                const SequenceState& sequence) {
  write_line(list, {{"dataset", plan.at(sequence.dataset).name},
                    {"class", "sequence behind"},
                    {"field", sequence.field},
                    {"sequence", sequence.name},
                    {"next", *sequence.next},
                    {"highest", *sequence.highest},
                    {"is_wrong", result.is_behind_wrong},
                    {"mend", sequence.mend}});
}

}  // namespace

std::string joined_fields(const RowDifference& difference) {
  return fmt::format("{}", fmt::join(difference.fields, ","));
}

Result<std::vector<RowDifference>> read_differences(const DriftScratch& scratch, std::int64_t after,
                                                    std::size_t limit) {
  std::vector<RowDifference> found;
  MIG_ASSIGN(rows, scratch.database.prepare(
                       "SELECT id, dataset, kind, key, place, source, fields FROM difference "
                       "WHERE id > ?1 ORDER BY id LIMIT ?2"));
  rows.bind(1, after);
  rows.bind(2, static_cast<std::int64_t>(limit));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return found;
    found.push_back(read_difference(rows));
  }
}

Result<std::vector<Orphan>> read_orphans(const DriftScratch& scratch, std::int64_t after,
                                         std::size_t limit) {
  std::vector<Orphan> found;
  MIG_ASSIGN(rows, scratch.database.prepare(std::string(kOrphans) + " WHERE id > ?1 ORDER BY id "
                                                                    "LIMIT ?2"));
  rows.bind(1, after);
  rows.bind(2, static_cast<std::int64_t>(limit));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return found;
    found.push_back(read_orphan(rows));
  }
}

Result<void> write_findings(const DriftScratch& scratch, const plan::Plan& plan,
                            const Reconciliation& result, const std::filesystem::path& path) {
  errno = 0;
  std::ofstream list(path, std::ios::trunc);
  MIG_ASSIGN(rows, scratch.database.prepare("SELECT id, dataset, kind, key, place, source, "
                                            "fields FROM difference ORDER BY id"));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) break;
    write_line(list, plan, read_difference(rows));
  }
  MIG_ASSIGN(orphans, scratch.database.prepare(std::string(kOrphans) + " ORDER BY id"));
  while (true) {
    MIG_ASSIGN(has_row, orphans.step());
    if (!has_row) break;
    write_line(list, plan, read_orphan(orphans));
  }
  for (const SequenceState& sequence : result.behind)
    write_line(list, plan, result, sequence);
  list.flush();
  if (list) return {};
  const Cause cause = is_disk_full(errno) ? Cause::DiskFull : Cause::Other;
  return fail(ErrorKind::Permanent,
              fmt::format("the list of differences cannot be written to `{}`", path.string()),
              "choose another file, or free space on its disk", cause);
}

}  // namespace mig::runtime
