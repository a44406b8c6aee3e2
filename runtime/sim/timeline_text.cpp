#include <algorithm>

#include <fmt/format.h>

#include "runtime/sim/timeline.hpp"

namespace mig::runtime::sim {
namespace {

constexpr std::size_t kColumns = 100;

// Code points, as a terminal counts columns.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// The next word of a text; one that is longer than a line is cut.
std::string_view next_word(std::string_view text, std::size_t room) {
  std::size_t end = std::min(text.find(' '), text.size());
  if (width(text.substr(0, end)) <= room) return text.substr(0, end);
  end = 0;
  for (std::size_t taken = 0; taken < room; ++taken) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
      ++end;
  }
  return text.substr(0, end);
}

void wrap(std::string& out, std::string_view text, std::size_t indent) {
  const std::size_t room = kColumns - indent;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::string_view word = next_word(text, room);
    if (column > 0 && column + 1 + width(word) > room) {
      out += "\n" + std::string(indent, ' ');
      column = 0;
    }
    if (column > 0) out += ' ', ++column;
    out += word;
    column += width(word);
    text.remove_prefix(word.size());
    while (!text.empty() && text.front() == ' ')
      text.remove_prefix(1);
  }
  out += "\n";
}

// Where requests go at that moment; of several resources nothing, since each has its own line.
const Routed* routed_at(const Report& report, const Event& event, std::size_t resource) {
  const Routed* found = nullptr;
  for (std::size_t i = 0; i < event.routes; ++i) {
    if (report.routes[i].resource == resource) found = &report.routes[i];
  }
  return found;
}

std::string print_routes(const Routed* routed) {
  if (routed == nullptr) return std::string(17, ' ');
  const std::string writes = routed->is_stopped                    ? "none"
                             : routed->writes_new == plan::Ratio{} ? "old"
                             : routed->writes_new == plan::Ratio::percent(100)
                                 ? "new"
                                 : print(routed->writes_new);
  return fmt::format("r {:>5}  w {:<6}", print(routed->reads_new), writes);
}

}  // namespace

std::string since_start(const Report& report, plan::Micros at) {
  const std::int64_t seconds = (at - report.started_at) / 1'000'000;
  return fmt::format("+{}d {:02}:{:02}:{:02}", seconds / 86'400, seconds / 3'600 % 24,
                     seconds / 60 % 60, seconds % 60);
}

std::string ending_of(const Report& report) {
  if (!report.ending) return "stuck";
  if (*report.ending == plan::Ending::RolledBack) return "rolled back";
  return std::string(name(*report.ending));
}

std::string text_timeline(const plan::Plan& plan, const Report& report) {
  std::string out = fmt::format(
      "{}, simulated (env {}, seed {}): r = reads answered by new, w = who takes writes\n\n",
      plan.name, plan.env, report.seed);
  std::size_t time = 0;
  std::size_t phase = 3;
  for (const Event& event : report.events) {
    time = std::max(time, since_start(report, event.at).size());
    if (event.phase) phase = std::max(phase, plan.at(*event.phase).name.size());
  }
  phase = std::min<std::size_t>(phase, 20);
  for (const Event& event : report.events) {
    const auto resource = event.phase ? plan.at(*event.phase).resource : std::nullopt;
    const bool has_routes = plan.resources.empty() || resource;
    const Routed* routed =
        has_routes ? routed_at(report, event, resource ? resource->index : 0) : nullptr;
    const std::string_view where = event.phase ? std::string_view(plan.at(*event.phase).name) : "";
    const std::string head = fmt::format("{:<{}}  {:<{}}  {}  ", since_start(report, event.at),
                                         time, where.substr(0, phase), phase, print_routes(routed));
    out += head;
    wrap(out, event.text, width(head));
  }
  out += fmt::format("\nended: {} after {}; {} looks of gates, {} records\n", ending_of(report),
                     since_start(report, report.ended_at).substr(1), report.looks, report.records);
  if (report.violation) {
    wrap(out,
         fmt::format("violated at {}: {}", since_start(report, report.violation->at),
                     report.violation->what),
         2);
  } else {
    out += fmt::format(
        "{} reads and {} acknowledged writes of simulated clients, none of them wrong\n",
        report.reads, report.acknowledged);
  }
  for (const std::string& line : report.never_happened)
    wrap(out, fmt::format("never happened: {}", line), 2);
  if (report.expected) {
    out += fmt::format("expected: {}, {}\n", name(*report.expected),
                       report.ending == report.expected ? "as it was" : "which it was not");
  }
  for (const Unmet& one : report.unmet)
    wrap(out, fmt::format("not as expected: {}", one.why), 2);
  return out;
}

}  // namespace mig::runtime::sim
