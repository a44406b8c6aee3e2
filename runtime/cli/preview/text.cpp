#include "runtime/cli/preview/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "runtime/cli/observers.hpp"
#include "runtime/cli/preview/words.hpp"
#include "runtime/cli/wrapped.hpp"

namespace mig::cli {
namespace {

constexpr std::size_t kWidth = 100;
// The columns of a step: phase, sign, what changes, reads, risk, how long, the way back, and how
// long that takes.
constexpr std::size_t kPhase = 12;
constexpr std::size_t kWhat = 36;
constexpr std::size_t kReads = 7;
constexpr std::size_t kRisk = 6;
constexpr std::size_t kTakes = 7;
constexpr std::size_t kBack = 13;
constexpr std::size_t kName = 12;  // of what is looked at

class Screen {
 public:
  explicit Screen(const Document& document) : document_(document) {}

  std::string draw() {
    head();
    live();
    steps();
    margins();
    return std::move(out_);
  }

 private:
  // Nothing is cut off: what is destroyed, and why, is read here before anybody says yes.
  void folded(std::string_view indent, std::string_view text) {
    bool is_first = true;
    for (const std::string& line : wrapped(text, kWidth - indent.size())) {
      out_ +=
          fmt::format("{:<{}}{}\n", is_first ? indent : std::string_view(), indent.size(), line);
      is_first = false;
    }
  }
  void named(std::string_view name, std::string_view text) {
    if (name.size() <= kName) return folded(fmt::format("  {:<{}} ", name, kName), text);
    folded("  ", name);
    folded(fmt::format("  {:<{}} ", "", kName), text);
  }
  static std::string blanked(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  }

  void head() {
    std::vector<std::string> sides;
    for (const ShownMovement& one : document_.movements)
      sides.push_back(one.resource.empty() ? fmt::format("{} -> {}", one.from, one.to)
                                           : one.resource);
    folded("",
           fmt::format("{}   {}   env {}", document_.plan, fmt::join(sides, ", "), document_.env));
    if (!document_.about.empty()) folded("  ", document_.about);
    named("proof", document_.proof.text);
    named(
        "plan",
        fmt::format(
            "{}   source {}{}", short_hash(document_.hash.plan), short_hash(document_.hash.source),
            document_.hash.review.empty() ? "" : "   review " + short_hash(document_.hash.review)));
    if (!document_.valid_until.empty())
      named("saved", fmt::format("{}, valid until {}", document_.made_at, document_.valid_until));
    if (!document_.run.empty()) named("run", document_.run + " goes on from its journal");
    for (const std::string& one : document_.beyond)
      folded("  ! ", "this version cannot apply it: " + one);
    for (const std::string& change : document_.since)
      folded("  ~ ", change);
  }

  void live() {
    out_ += "\nLive\n";
    if (!document_.is_live) folded("  ", "not checked: " + document_.why_not_live);
    if (document_.is_live) {
      for (const ShownStore& store : document_.stores)
        named(store.name, store.bytes ? fmt::format("{} at {}, {} (fact)", store.kind,
                                                    store.location, size(store.bytes->value))
                                      : fmt::format("{} at {}, nothing there yet (fact)",
                                                    store.kind, store.location));
      for (const ShownDataset& dataset : document_.datasets)
        named(dataset.name, seen(dataset));
    }
    for (const ShownSample& sample : document_.samples)
      sampled(sample);
    for (const ShownGate& gate : document_.gates)
      named("gate " + gate.name, mig::cli::seen(gate));
    for (const std::string& warning : document_.warnings)
      folded("  ! ", warning);
    for (const ShownDiagnostic& one : document_.diagnostics)
      folded("  ! ", fmt::format("{} {}: {}", one.severity, one.code, one.message));
    for (const ShownObstacle& one : document_.obstacles)
      folded("  ! ", one.help.empty() ? one.message : one.message + "; " + one.help);
  }

  static std::string seen(const ShownDataset& dataset) {
    if (!dataset.exists.value_or(false)) return "does not exist (fact)";
    if (!dataset.rows) return "there, and not counted: that takes too long";
    std::string text = counted(*dataset.rows);
    if (dataset.greatest_key) text += ", greatest key " + grouped(dataset.greatest_key->value);
    return fmt::format("{} ({})", text, name(dataset.rows->kind));
  }

  void sampled(const ShownSample& sample) {
    if (sample.read == 0) return;
    std::string text =
        fmt::format("{} rows carried over: {} ok, {} rejected", grouped(sample.read),
                    grouped(sample.read - sample.rejected), grouped(sample.rejected));
    if (sample.rejected > 0 && !sample.limit.empty()) text += "; " + sample.limit;
    named(sample.resource.empty() ? "transform" : sample.resource,
          fmt::format("{} (sample: {})", text, sample.which));
    for (const ShownReject& reject : sample.first)
      named("", fmt::format("row {}: {}: {}", reject.key, reject.field, reject.reason));
  }

  void steps() {
    out_ += blanked(fmt::format("\n{:<{}} {:<{}} {:<{}} {:<{}} {:<{}} {:<{}} {}", "Steps",
                                kPhase + 4, "what changes", kWhat, "reads", kReads, "risk", kRisk,
                                "takes", kTakes, "way back", kBack, "back"));
    out_ += blanked(fmt::format("{:<{}} {:<{}} {:<{}} {:<{}} {:<{}} {:<{}} {}", "", kPhase + 4, "",
                                kWhat, "of new", kReads, "", kRisk, "", kTakes, "", kBack, "in"));
    std::string resource;
    for (const ShownPhase& phase : document_.phases) {
      const bool has_resources =
          document_.movements.size() > 1 || !document_.movements.front().resource.empty();
      if (has_resources && (phase.resource != resource || &phase == &document_.phases.front()))
        heading(phase.resource, &phase == &document_.phases.front());
      resource = phase.resource;
      bool is_first = true;
      if (!phase.window.empty()) {
        ShownChange window;
        window.sign = Sign::Wait;
        window.what = window_of(document_, phase);
        row(phase.name, window, true);
        is_first = false;
      }
      for (const ShownChange& change : phase.changes) {
        if (change.is_point_of_no_return) {
          marker(phase, change);
          is_first = true;
          continue;
        }
        row(is_first ? phase.name : "", change, false);
        is_first = false;
      }
    }
  }

  void heading(const std::string& resource, bool is_top) {
    if (resource.empty()) return folded("  ", is_top ? "[before]" : "[after all]");
    const auto movement =
        std::ranges::find(document_.movements, resource, &ShownMovement::resource);
    folded("  ", fmt::format("[{}]  {} -> {}{}", resource, movement->from, movement->to,
                             movement->may_go_back_alone ? ", and may go back alone" : ""));
  }

  void marker(const ShownPhase& phase, const ShownChange& change) {
    const std::string whose = phase.resource.empty() ? "" : " of " + phase.resource;
    const std::string title = fmt::format("point of no return{}: {}", whose, change.what);
    for (const std::string& text : wrapped(title, kWidth - 8))
      out_ += fmt::format("  {:-^{}}\n", fmt::format(" {} ", text), kWidth - 4);
  }

  void row(const std::string& phase, const ShownChange& change, bool is_bare) {
    const auto phases = wrapped(phase, kPhase);
    const auto whats = wrapped(change.what, kWhat);
    const auto backs = wrapped(is_bare ? "" : change.way_back, kBack);
    const std::size_t lines = std::max({phases.size(), whats.size(), backs.size()});
    for (std::size_t i = 0; i < lines; ++i) {
      const bool is_top = i == 0 && !is_bare;
      out_ += blanked(fmt::format(
          "  {:<{}} {} {:<{}} {:<{}} {:<{}} {:<{}} {:<{}} {}", i < phases.size() ? phases[i] : "",
          kPhase, i == 0 ? mark(change.sign) : ' ', i < whats.size() ? whats[i] : "", kWhat,
          is_top ? reads_new(change) : "", kReads, is_top ? name(change.risk) : "", kRisk,
          is_top ? print(change.takes) : "", kTakes, i < backs.size() ? backs[i] : "", kBack,
          is_top ? print(change.back_in) : ""));
    }
  }

  void list(std::string_view title, const std::vector<std::string>& lines) {
    for (const std::string& line : lines)
      named(&line == &lines.front() ? title : "", line);
  }

  void margins() {
    out_ += "\n";
    named("Legend",
          "+ create  - delete  ~ change  > copy  = compare  % reads  * writes  ? wait  ! note");
    named("", "takes: ~ is an estimate, - is not known, the rest is what the plan says");
    std::vector<std::string> assumed;
    for (std::size_t i = 0; i < document_.assumptions.size(); ++i) {
      const ShownAssumption& one = document_.assumptions[i];
      assumed.push_back(fmt::format("A{} {}{}", i + 1, one.text,
                                    one.support.empty() ? "" : " (" + one.support + ")"));
    }
    list("Assumptions", assumed);
    list("Locks", document_.locks);
    list("Stays", document_.residents);
    if (!document_.limits.empty())
      named("Fails after", fmt::format("{}", fmt::join(document_.limits, "; ")));
    named("Changes", totals());
    named("Finish", end());
  }

  std::string totals() const {
    const std::string deleted = deletions(document_);
    const std::string tables = fmt::format("creates {} {}", document_.tables_created,
                                           document_.tables_created == 1 ? "table" : "tables");
    if (deleted.empty()) return tables + ", deletes nothing";
    return fmt::format("{}; deletes for good: {}", tables, deleted);
  }

  std::string end() const {
    std::string text = finish(document_) + " (estimate)";
    if (!document_.finish.point_of_no_return.empty())
      text += "; the point of no return not before " + document_.finish.point_of_no_return;
    return text;
  }

  const Document& document_;
  std::string out_;
};

}  // namespace

std::string as_text(const Document& document) {
  return Screen(document).draw();
}

}  // namespace mig::cli
