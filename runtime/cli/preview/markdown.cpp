#include "runtime/cli/preview/markdown.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "runtime/cli/observers.hpp"
#include "runtime/cli/preview/words.hpp"

namespace mig::cli {
namespace {

// What is left out where there is no room, the least needed first.
enum class Detail : std::uint8_t {
  All,
  NoGraph,
  NoMargins,
  NoLive,
  NoSince,
  PhasesOnly,
  Destroyed
};
constexpr Detail kDetails[] = {Detail::All,      Detail::NoGraph, Detail::NoMargins,
                               Detail::NoLive,   Detail::NoSince, Detail::PhasesOnly,
                               Detail::Destroyed};

// A plan is somebody else's text: it ends no table, opens no tag and calls nobody.
std::string safe(std::string_view text) {
  std::string out;
  for (const char one : text) {
    switch (one) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':  // at the beginning of a line it quotes
        out += out.empty() ? "&gt;" : ">";
        break;
      case '|':
        out += "\\|";
        break;
      case '@':
        out += "&#64;";
        break;
      case '\n':
      case '\r':
        out += ' ';
        break;
      case '*':
      case '_':
      case '[':
      case ']':
      case '`':
      case '\\':
      case '#':
      case '~':
        out += '\\';
        [[fallthrough]];
      default:
        out += one;
    }
  }
  return out;
}

// Sentences of our own, in which names stand between backticks.
std::string prose(std::string_view text) {
  std::string out;
  for (const char one : text)
    out += one == '<' ? "&lt;" : one == '\n' ? " " : std::string(1, one);
  return out;
}

// Between backticks nothing but a backtick or a line's end means anything; a bar still ends a cell.
std::string code(std::string_view text) {
  std::string out = "`";
  for (const char one : text) {
    if (one == '|') out += '\\';
    out += one == '`' ? '\'' : one == '\n' || one == '\r' ? ' ' : one;
  }
  return out + "`";
}

std::string_view picture(const ShownChange& change) {
  if (change.is_point_of_no_return) return "⛔";
  switch (change.sign) {
    case Sign::Create:
      return "➕";
    case Sign::Delete:
      return "➖";
    case Sign::Change:
      return "✏️";
    case Sign::Move:
      return "📦";
    case Sign::Compare:
      return "🔍";
    case Sign::Share:
      return "🔀";
    case Sign::Turn:
      return "🔁";
    case Sign::Wait:
      return "⏳";
    case Sign::Look:
      return "❗";
  }
  assert(false && "every sign has a picture");
  return {};
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char one) { return (static_cast<unsigned char>(one) & 0xC0U) != 0x80U; }));
}

class Comment {
 public:
  Comment(const Document& document, Detail detail) : document_(document), detail_(detail) {}

  std::string write() {
    out_ = comment_marker(document_) + "\n";
    head();
    if (!document_.phases.empty()) {
      table();
      remarks();
      if (shows(Detail::NoSince)) since();
      if (shows(Detail::NoLive)) live();
      if (shows(Detail::NoMargins)) margins();
      if (shows(Detail::NoGraph)) graph();
    } else {
      remarks();
    }
    foot();
    return std::move(out_);
  }

 private:
  bool shows(Detail without) const { return detail_ < without; }
  void line(std::string_view text) { out_ += fmt::format("{}\n", text); }

  std::string verdict() const {
    const auto warnings =
        std::ranges::count(document_.diagnostics, "warning", &ShownDiagnostic::severity) +
        static_cast<std::ptrdiff_t>(document_.warnings.size());
    const auto errors =
        std::ranges::count(document_.diagnostics, "error", &ShownDiagnostic::severity) +
        static_cast<std::ptrdiff_t>(document_.obstacles.size());
    const auto several = [](std::ptrdiff_t count, std::string_view what) {
      return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
    };
    if (document_.outcome == "error") return several(errors, "mistake");
    if (document_.outcome == "none") return "nothing to do";
    std::string text = document_.outcome == "refused" ? "would be refused" : "ready";
    if (document_.outcome == "refused" && errors > 0) text += ", " + several(errors, "mistake");
    if (warnings > 0) text += ", " + several(warnings, "warning");
    if (!document_.is_live) text += ", stores not checked";
    return text;
  }

  void head() {
    const std::string what = document_.plan.empty() ? document_.file : document_.plan;
    line(fmt::format("### mig preview: {} on **{}**: {}", code(what), safe(document_.env),
                     verdict()));
    if (document_.plan.empty()) return;
    std::string text = fmt::format("{} · {} · {}", code(short_hash(document_.hash.plan)),
                                   safe(document_.proof.text), safe(finish(document_)));
    for (const std::string& phase : phases_of_no_return(document_))
      text += fmt::format(" · point of no return in {}", code(phase));
    const std::string deleted = deletions(document_);
    if (!deleted.empty()) text += fmt::format(" · deletes for good: **{}**", safe(deleted));
    line(text);
    line("");
  }

  void table() {
    line("| Phase | Change | Reads of new | Risk | Time | Way back | Back in |");
    line("|---|---|--:|---|--:|---|--:|");
    for (const ShownPhase& phase : document_.phases) {
      if (detail_ == Detail::PhasesOnly)
        line(fmt::format("| {} | {} changes | | | | | |", code(phase.name), phase.changes.size()));
      bool is_first = true;
      if (!phase.window.empty() && detail_ < Detail::PhasesOnly) {
        line(fmt::format("| {} | ⏳ {} | | | | | |", code(phase.name),
                         safe(window_of(document_, phase))));
        is_first = false;
      }
      for (const ShownChange& change : phase.changes) {
        const bool is_kept = change.is_destructive || change.is_point_of_no_return;
        if (detail_ >= Detail::PhasesOnly && !is_kept) continue;
        row(is_first ? code(phase.name) : "", change);
        is_first = false;
      }
    }
    if (detail_ >= Detail::PhasesOnly) line("\n_The whole table is in the saved plan._");
    line("");
  }

  void row(const std::string& phase, const ShownChange& change) {
    if (change.is_point_of_no_return)
      return line(fmt::format("| {} | {} **point of no return**: {} | | | | | |", phase,
                              picture(change), safe(change.what)));
    line(fmt::format("| {} | {} {} | {} | {} | {} | {} | {} |", phase, picture(change),
                     safe(change.what), reads_new(change), name(change.risk),
                     safe(print(change.takes)), safe(change.way_back),
                     safe(print(change.back_in))));
  }

  void remarks() {
    for (const ShownDiagnostic& one : document_.diagnostics) {
      const std::string place =
          one.place.line == 0 ? "" : fmt::format(" ({}:{})", safe(one.place.file), one.place.line);
      line(fmt::format("> {} **{}** {}{}", one.severity == "error" ? "❌" : "⚠️", one.code,
                       safe(one.message), place));
      for (const std::string& note : one.notes)
        line(fmt::format("> - {}", safe(note)));
      for (const std::string& help : one.helps)
        line(fmt::format("> - help: {}", safe(help)));
      line("");
    }
    for (const ShownObstacle& one : document_.obstacles)
      line(fmt::format("> ❌ {}; {}\n", safe(one.message), safe(one.help)));
    for (const std::string& one : document_.beyond)
      line(fmt::format("> ❌ this version cannot apply it: {}\n", safe(one)));
    for (const std::string& one : document_.warnings)
      line(fmt::format("> ⚠️ {}\n", safe(one)));
  }

  void folded(std::string_view title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    line(fmt::format("<details><summary>{}</summary>\n", title));
    for (const std::string& one : lines)
      line("- " + one);
    line("</details>\n");
  }

  void since() {
    std::vector<std::string> lines;
    for (const std::string& one : document_.since)
      lines.push_back(safe(one));
    folded("Changed since the last preview", lines);
  }

  void live() {
    std::vector<std::string> lines;
    if (!document_.is_live) lines.push_back("not checked: " + safe(document_.why_not_live));
    for (const ShownDataset& one : document_.datasets) {
      if (!one.exists) continue;
      std::string text = code(one.name) + (*one.exists ? "" : " does not exist");
      if (one.rows) text += fmt::format(" {} ({})", rows(one.rows->value), name(one.rows->kind));
      if (one.greatest_key)
        text += fmt::format(", greatest key {}", grouped(one.greatest_key->value));
      lines.push_back(std::move(text));
    }
    for (const ShownSample& one : document_.samples) {
      lines.push_back(fmt::format("{} carried over, {} rejected (sample: {})", rows(one.read),
                                  grouped(one.rejected), safe(one.which)));
      for (const ShownReject& reject : one.first)
        lines.push_back(fmt::format("row {}: {}: {}", safe(reject.key), safe(reject.field),
                                    safe(reject.reason)));
    }
    for (const ShownGate& one : document_.gates)
      lines.push_back(fmt::format("gate {}: {}", code(one.name), safe(seen(one))));
    folded("Live: rows, sampled rejects, gates", lines);
  }

  void margins() {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < document_.assumptions.size(); ++i) {
      const ShownAssumption& one = document_.assumptions[i];
      lines.push_back(fmt::format("**A{}** {}{}", i + 1, prose(one.text),
                                  one.support.empty() ? "" : " (" + prose(one.support) + ")"));
    }
    for (const std::string& one : document_.locks)
      lines.push_back("lock " + safe(one));
    for (const std::string& one : document_.residents)
      lines.push_back(safe(one));
    folded("Assumptions, locks, residents", lines);
  }

  void graph() {
    line("<details><summary>Graph</summary>\n\n```mermaid\ngraph LR");
    for (std::size_t i = 0; i < document_.phases.size(); ++i) {
      const ShownPhase& phase = document_.phases[i];
      line(fmt::format("  p{}[\"{}\"]", i, phase.name));
      for (const std::string& need : phase.needs) {
        const auto before = std::ranges::find(document_.phases, need, &ShownPhase::name);
        line(fmt::format("  p{} --> p{}", before - document_.phases.begin(), i));
      }
    }
    line("```\n</details>\n");
  }

  void foot() {
    std::string text =
        document_.hash.source.empty()
            ? std::string()
            : fmt::format("plan {} source {} ", code(document_.hash.plan.substr(0, 12)),
                          code(document_.hash.source.substr(0, 12)));
    text += "mig " + document_.mig;
    if (!document_.valid_until.empty()) text += " · valid until " + document_.valid_until;
    line(fmt::format("<sub>{}</sub>", text));
  }

  const Document& document_;
  const Detail detail_;
  std::string out_;
};

// The bound holds, whatever a plan says: the last thing to go is the end of a list of deletions.
std::string cut(std::string text, std::size_t longest) {
  static constexpr std::string_view kMore = "\n\n_… the rest is in the saved plan._\n";
  std::size_t bytes = 0;
  for (std::size_t points = characters(kMore); bytes < text.size(); ++bytes) {
    const bool begins = (static_cast<unsigned char>(text[bytes]) & 0xC0U) != 0x80U;
    if (begins && ++points > longest) break;
  }
  text.resize(text.rfind('\n', bytes));
  return text + std::string(kMore);
}

}  // namespace

std::string comment_marker(const Document& document) {
  std::string file = document.file;
  std::erase(file, '\n');
  for (std::size_t at = 0; (at = file.find("--", at)) != std::string::npos;)
    file.replace(at, 2, "-");  // it would end the comment
  return fmt::format("<!-- mig:preview {} {} -->", file, document.env);
}

std::string as_markdown(const Document& document, std::size_t longest) {
  std::string text;
  for (const Detail detail : kDetails) {
    text = Comment(document, detail).write();
    if (characters(text) <= longest) return text;
  }
  return cut(std::move(text), longest);
}

}  // namespace mig::cli
