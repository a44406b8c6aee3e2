#include "compiler/diagnostics/render.hpp"

#include <algorithm>
#include <cassert>
#include <map>

#include <fmt/format.h>

#include "compiler/diagnostics/screen_text.hpp"

namespace mig::compiler {

namespace {

// A line is shown whole up to this many bytes; of a longer one, the part around its labels.
constexpr std::size_t kLongLine = 400;
constexpr std::size_t kShownBefore = 60;
constexpr std::size_t kShownOfLong = 160;

constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kYellow = "\x1b[1;33m";
constexpr std::string_view kBlue = "\x1b[1;34m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kPlain = "\x1b[0m";

// A label within one line: columns of the screen from `column`, `length` of them.
struct PlacedLabel {
  std::size_t begin = 0;  // bytes of the line
  std::size_t end = 0;
  std::size_t column = 0;
  std::size_t length = 1;
  bool is_primary = false;
  std::string_view text;
};

using LabelledLines = std::map<std::uint32_t, std::vector<PlacedLabel>>;

class Renderer {
 public:
  Renderer(const syntax::SourceSet& sources, const Diagnostic& diagnostic, Color color)
      : sources_(sources), diagnostic_(diagnostic), has_color_(color == Color::Always) {}

  std::string run() {
    const bool is_error = diagnostic_.severity == Severity::Error;
    mark_color_ = is_error ? kRed : kYellow;
    put(mark_color_, fmt::format("{}[{}]", is_error ? "error" : "warning", diagnostic_.code));
    put(kBold, ": " + diagnostic_.message);
    out_ += '\n';
    place(diagnostic_.primary, true);
    for (const Label& label : diagnostic_.secondary)
      place(label, false);
    for (const auto& [file, lines] : files_) {
      gutter_ = std::max(gutter_, fmt::formatted_size("{}", lines.rbegin()->first));
    }
    const syntax::FileId first = diagnostic_.primary.span.file;
    put_file(first, diagnostic_.primary.span, "-->");
    for (const Label& label : diagnostic_.secondary) {
      if (label.span.file != first && files_.contains(label.span.file)) {
        put_file(label.span.file, label.span, ":::");
      }
    }
    put_remarks();
    return std::move(out_);
  }

 private:
  void put(std::string_view color, std::string_view text) {
    if (has_color_) out_ += color;
    out_ += text;
    if (has_color_) out_ += kPlain;
  }

  void put_gutter(std::string_view number, char bar) {
    put(kBlue, fmt::format("{:>{}} {}", number, gutter_, bar));
  }

  // A label of several lines marks the rest of its first one.
  void place(const Label& label, bool is_primary) {
    const syntax::Position at = sources_.position(label.span.file, label.span.begin);
    const std::string_view line = sources_.line(label.span.file, at.line);
    const std::string_view text = sources_.text(label.span.file);
    const auto line_begin = static_cast<std::size_t>(line.data() - text.data());
    const std::size_t begin = std::min<std::size_t>(label.span.begin - line_begin, line.size());
    const std::size_t end = std::min<std::size_t>(label.span.end - line_begin, line.size());
    files_[label.span.file][at.line].push_back(
        PlacedLabel{begin, std::max(begin, end), 0, 1, is_primary, label.text});
  }

  void put_file(syntax::FileId file, const syntax::Span& span, std::string_view arrow) {
    const syntax::Position at = sources_.position(file, span.begin);
    put(kBlue, fmt::format("{:>{}}{}", "", gutter_, arrow));
    out_ += fmt::format(" {}:{}:{}\n", sources_.path(file), at.line, at.column);
    put_gutter("", '|');
    out_ += '\n';
    std::uint32_t last = 0;
    for (auto& [number, labels] : files_.at(file)) {
      if (last != 0 && number == last + 2) {
        put_gutter(std::to_string(last + 1), '|');
        const std::string between = on_screen(sources_.line(file, last + 1)).text;
        out_ += (between.empty() ? "" : " ") + between.substr(0, kLongLine) + '\n';
      } else if (last != 0 && number > last + 2) {
        put(kBlue, "...");
        out_ += '\n';
      }
      put_line(file, number, labels);
      last = number;
    }
    files_.erase(file);
  }

  void put_line(syntax::FileId file, std::uint32_t number, std::vector<PlacedLabel>& labels) {
    std::string_view line = sources_.line(file, number);
    std::ranges::sort(labels, {}, &PlacedLabel::begin);
    if (line.size() > kLongLine) {
      const std::size_t cut = labels.front().begin < kShownBefore
                                  ? 0
                                  : character_begin(line, labels.front().begin - kShownBefore);
      line = line.substr(cut);
      line = line.substr(0, character_begin(line, std::min(line.size(), kShownOfLong)));
      for (PlacedLabel& label : labels) {
        label.begin = std::min(label.begin - cut, line.size());
        label.end = std::min(label.end - cut, line.size());
      }
    }
    for (PlacedLabel& label : labels) {
      label.column = on_screen(line.substr(0, label.begin)).columns;
      const std::size_t columns =
          on_screen(line.substr(label.begin, label.end - label.begin)).columns;
      label.length = std::max<std::size_t>(columns, 1);
    }
    line = line.substr(0, line.find_last_not_of(" \t") + 1);
    put_gutter(std::to_string(number), '|');
    out_ += (line.empty() ? "" : " ") + on_screen(line).text + '\n';
    put_marks(labels);
  }

  static std::size_t character_begin(std::string_view line, std::size_t at) {
    while (at > 0 && at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U)
      --at;
    return at;
  }

  // The marks of a line with the text of the rightmost label behind them, then the other texts
  // below their marks, from right to left.
  void put_marks(const std::vector<PlacedLabel>& labels) {
    std::size_t end = 0;
    for (const PlacedLabel& label : labels)
      end = std::max(end, label.column + label.length);
    std::string marks(end, ' ');
    for (const bool is_primary : {false, true}) {
      for (const PlacedLabel& label : labels) {
        if (label.is_primary != is_primary) continue;
        std::fill_n(marks.begin() + static_cast<std::ptrdiff_t>(label.column), label.length,
                    is_primary ? '^' : '-');
      }
    }
    put_gutter("", '|');
    out_ += ' ';
    for (std::size_t i = 0; i < marks.size();) {
      const std::size_t next = std::min(marks.find_first_not_of(marks[i], i), marks.size());
      const std::string_view run = std::string_view(marks).substr(i, next - i);
      if (marks[i] == ' ') {
        out_ += run;
      } else {
        put(marks[i] == '^' ? mark_color_ : kBlue, run);
      }
      i = next;
    }
    const PlacedLabel& last = labels.back();
    const bool is_behind = last.column + last.length == end;
    if (is_behind && !last.text.empty()) {
      out_ += ' ';
      put(last.is_primary ? mark_color_ : kBlue, last.text);
    }
    out_ += '\n';
    for (std::size_t i = labels.size() - (is_behind ? 1 : 0); i-- > 0;) {
      if (labels[i].text.empty()) continue;
      put_gutter("", '|');
      out_.append(labels[i].column + 1, ' ');
      put(labels[i].is_primary ? mark_color_ : kBlue, labels[i].text);
      out_ += '\n';
    }
  }

  void put_remark(std::string_view kind, std::string_view text) {
    put(kBlue, fmt::format("{:>{}} = ", "", gutter_));
    put(kBold, kind);
    out_ += ' ';
    const std::string indentation(gutter_ + 4 + kind.size(), ' ');
    for (const char c : text) {
      out_ += c;
      if (c == '\n') out_ += indentation;
    }
    out_ += '\n';
  }

  void put_remarks() {
    put_gutter("", '|');
    out_ += '\n';
    if (!diagnostic_.trace.empty()) put_trace();
    for (const std::string& note : diagnostic_.notes)
      put_remark("note:", note);
    for (const std::string& help : diagnostic_.helps)
      put_remark("help:", help);
    for (const Fix& fix : diagnostic_.fixes)
      put_fix(fix);
    put_remark("more:", fmt::format("mig explain {}", diagnostic_.code));
  }

  // Numbers, actors and phases stand in columns; behind what mig does, the line that says so.
  void put_trace() {
    put(kBlue, fmt::format("{:>{}} = ", "", gutter_));
    put(kBold, "shortest run that breaks it:");
    out_ += '\n';
    std::size_t phase = 0;
    std::size_t actor = 0;
    for (const TraceLine& line : diagnostic_.trace) {
      phase = std::max(phase, line.phase.size());
      actor = std::max(actor, line.actor.size());
    }
    const std::size_t number = std::to_string(diagnostic_.trace.back().number).size();
    for (const TraceLine& line : diagnostic_.trace) {
      out_ += fmt::format("{:>{}}", "", gutter_ + 5);
      if (line.number == 0) {
        out_ += fmt::format("{:>{}}\n", line.text, number);
        continue;
      }
      out_ += fmt::format("{:>{}}  {:<{}}  {:<{}}  {}", line.number, number, line.actor, actor,
                          line.phase, phase, line.text);
      if (line.span)
        out_ +=
            fmt::format("  (line {})", sources_.position(line.span->file, line.span->begin).line);
      out_ += '\n';
    }
    out_ += fmt::format("{:>{}}{}\n", "", gutter_ + 5, diagnostic_.outcome);
  }

  // The line before and after a fix, as a diff.
  void put_fix(const Fix& fix) {
    const syntax::Position at = sources_.position(fix.span.file, fix.span.begin);
    const std::string_view line = sources_.line(fix.span.file, at.line);
    const std::string_view text = sources_.text(fix.span.file);
    const auto line_begin = static_cast<std::size_t>(line.data() - text.data());
    const std::size_t begin = fix.span.begin - line_begin;
    const std::size_t end = fix.span.end - line_begin;
    if (end > line.size() || line.size() > kLongLine) return;
    std::string fixed(line.substr(0, begin));
    fixed += fix.replacement;
    fixed += line.substr(end);
    put_gutter(std::to_string(at.line), '-');
    out_ += " " + on_screen(line).text + "\n";
    for (std::string_view rest = fixed;;) {  // a fix may put in a line
      const std::size_t newline = rest.find('\n');
      put_gutter(std::to_string(at.line), '+');
      out_ += " " + on_screen(rest.substr(0, newline)).text + "\n";
      if (newline == std::string_view::npos) break;
      rest.remove_prefix(newline + 1);
    }
  }

  const syntax::SourceSet& sources_;
  const Diagnostic& diagnostic_;
  bool has_color_;
  std::string_view mark_color_;
  std::map<syntax::FileId, LabelledLines> files_;
  std::size_t gutter_ = 1;
  std::string out_;
};

}  // namespace

std::string render(const syntax::SourceSet& sources, const Diagnostic& diagnostic, Color color) {
  return Renderer(sources, with_uses(sources, diagnostic), color).run();
}

std::string render_all(const syntax::SourceSet& sources, const Diagnostics& diagnostics,
                       Color color) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (!out.empty()) out += '\n';
    out += render(sources, diagnostic, color);
  }
  return out;
}

}  // namespace mig::compiler
