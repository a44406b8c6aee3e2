#include "runtime/cli/preview/words.hpp"

#include <algorithm>
#include <cassert>
#include <vector>

#include <fmt/format.h>

#include "runtime/cli/observers.hpp"

namespace mig::cli {

std::string_view name(Risk risk) {
  switch (risk) {
    case Risk::None:
      return "none";
    case Risk::Low:
      return "low";
    case Risk::Medium:
      return "medium";
    case Risk::High:
      return "high";
  }
  assert(false && "every risk has a name");
  return {};
}

std::string_view name(Certainty certainty) {
  switch (certainty) {
    case Certainty::Fact:
      return "fact";
    case Certainty::Sample:
      return "sample";
    case Certainty::Estimate:
      return "estimate";
  }
  assert(false && "every certainty has a name");
  return {};
}

char mark(Sign sign) {
  switch (sign) {
    case Sign::Create:
      return '+';
    case Sign::Delete:
      return '-';
    case Sign::Change:
      return '~';
    case Sign::Move:
      return '>';
    case Sign::Compare:
      return '=';
    case Sign::Share:
      return '%';
    case Sign::Turn:
      return '*';
    case Sign::Wait:
      return '?';
    case Sign::Look:
      return '!';
  }
  assert(false && "every sign has a mark");
  return ' ';
}

std::string print(const std::optional<ShownTime>& time) {
  if (!time) return "-";
  if (time->kind == Certainty::Estimate) return "~" + rounded(time->ns);
  switch (time->bound) {
    case Bound::Exactly:
      return rounded(time->ns);
    case Bound::AtLeast:
      return ">" + rounded(time->ns);
    case Bound::AtMost:
      return "<" + rounded(time->ns);
  }
  assert(false && "every bound is written");
  return {};
}

std::string to_the_second(runtime::Instant at) {
  std::string text = runtime::print(std::chrono::floor<std::chrono::seconds>(at));
  const std::size_t point = text.find('.');
  if (point != std::string::npos) text.replace(point, std::string::npos, "Z");
  return text;
}

std::string seen(const ShownGate& gate) {
  std::string now = gate.now;
  std::ranges::replace(now, '_', ' ');
  std::vector<std::string> clauses;
  for (const ShownClause& clause : gate.clauses)
    clauses.push_back(clause.seen.empty() ? clause.text
                                          : fmt::format("{}: {}", clause.text, clause.seen));
  const bool was_looked_at = gate.now != "not_checked";
  return fmt::format("{}{}; {}", now, was_looked_at ? " now" : "", fmt::join(clauses, "; "));
}

std::string reads_new(const ShownChange& change) {
  if (change.fewest_reads_new == change.most_reads_new) return print(change.most_reads_new);
  const std::string least = print(change.fewest_reads_new);
  return fmt::format("{}..{}", least.substr(0, least.size() - 1), print(change.most_reads_new));
}

std::string rows(std::int64_t count) {
  return fmt::format("{} {}", grouped(count), count == 1 ? "row" : "rows");
}

std::string counted(const ShownNumber& count) {
  switch (count.kind) {
    case Certainty::Fact:
      return rows(count.value);
    case Certainty::Sample:
      return "about " + rows(count.value);
    case Certainty::Estimate:
      return "at most " + rows(count.value);
  }
  assert(false && "every certainty is said");
  return {};
}

std::string short_hash(std::string_view hash) {
  if (hash.size() < 12) return std::string(hash);
  return fmt::format("{} {} {}", hash.substr(0, 4), hash.substr(4, 4), hash.substr(8, 4));
}

std::string window_of(const Document& document, const ShownPhase& phase) {
  assert(!phase.window.empty());
  const std::string opens = phase.opens.empty() ? "open now" : "opens " + phase.opens;
  return fmt::format("only {}; {}", phase.window, document.is_live ? opens : "not checked");
}

std::vector<std::string> phases_of_no_return(const Document& document) {
  std::vector<std::string> names;
  for (const ShownPhase& phase : document.phases) {
    if (std::ranges::any_of(phase.changes, &ShownChange::is_point_of_no_return))
      names.push_back(phase.name);
  }
  return names;
}

std::string deletions(const Document& document) {
  std::string texts;
  for (const ShownPhase& phase : document.phases) {
    for (const ShownChange& change : phase.changes) {
      if (!change.is_destructive) continue;
      texts += (texts.empty() ? "" : "; ") + change.what;
    }
  }
  return texts;
}

std::string finish(const Document& document) {
  static constexpr std::size_t kNamed = 4;
  std::string text = "about " + rounded(document.finish.takes.ns);
  std::vector<std::string> without = document.finish.without;
  if (without.empty()) return text;
  const std::size_t more = without.size() > kNamed ? without.size() - kNamed : 0;
  if (more > 0) without.resize(kNamed);
  text += fmt::format(", without {}", fmt::join(without, ", "));
  return more > 0 ? fmt::format("{} and {} more", text, more) : text;
}

}  // namespace mig::cli
