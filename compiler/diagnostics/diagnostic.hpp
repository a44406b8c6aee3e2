// What mig says about a plan: diagnostics, the registry of their kinds, and their collector.
//
// A check reports with `diagnostics.report(span, diag::Kind, args...)`; wrong argument types or
// counts do not compile. Not synchronised: one compilation, one thread.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "grammar/source.hpp"

namespace mig::compiler {

enum class Severity { Error, Warning };

struct Label {
  syntax::Span span;
  std::string text;  // may be empty
};

// A change that makes the mistake go away without changing what was meant.
struct Fix {
  syntax::Span span;
  std::string replacement;
};

// One line of a run that breaks a plan.
struct TraceLine {
  std::size_t number = 0;  // in the run, from 1; 0: some are left out here
  std::string actor;       // `mig`, `app`, `undo`, …
  std::string phase;       // of what mig does
  std::string text;
  std::optional<syntax::Span> span;  // of what mig does: where it is written
};

struct Diagnostic {
  std::string_view code;  // of a kind, so it lives for ever
  Severity severity = Severity::Error;
  std::string message;
  Label primary;
  std::vector<Label> secondary;
  std::vector<TraceLine> trace;  // the shortest run that breaks the plan
  std::string outcome;           // what it does to a client, in a sentence
  std::vector<std::string> notes;
  std::vector<std::string> helps;
  std::vector<Fix> fixes;
};

template <class... Args>
struct Kind {
  std::string_view code;
  Severity severity;
  fmt::format_string<Args...> text;
};

namespace diag {
#define DIAG(code, Name, severity, text, ...) \
  inline constexpr Kind<__VA_ARGS__> Name{#code, Severity::severity, text};
#include "compiler/diagnostics/kinds.def"
#undef DIAG
}  // namespace diag

// Every code in the registry, in its order.
inline constexpr std::string_view kCodes[] = {
#define DIAG(code, ...) #code,
#include "compiler/diagnostics/kinds.def"
#undef DIAG
};

// Adds to a diagnostic that has just been reported: `report(…).label(…).help(…)`.
class Report {
 public:
  explicit Report(Diagnostic& diagnostic) : diagnostic_(diagnostic) {}
  Report& primary(std::string text);
  Report& label(const syntax::Span& span, std::string text);
  Report& note(std::string text);
  Report& help(std::string text);  // an empty text adds nothing
  Report& fix(const syntax::Span& span, std::string replacement);
  // What was probably meant by the very words that the report points at: a help and a fix. Nothing
  // where nothing is near, or what helps otherwise.
  Report& instead(const std::optional<std::string>& near, std::string otherwise = {});
  // What is a warning elsewhere is an error here.
  Report& as_error();
  Report& trace(std::vector<TraceLine> lines, std::string outcome);

 private:
  Diagnostic& diagnostic_;
};

class Diagnostics {
 public:
  // The same code at the same place is kept once; what is added to a repetition is dropped.
  template <class... Args>
  Report report(const syntax::Span& span, const Kind<Args...>& kind,
                const std::type_identity_t<Args>&... args) {
    return add(kind.code, kind.severity, span,
               fmt::vformat(fmt::string_view(kind.text), fmt::make_format_args(args...)));
  }

  // Adds what another collection reported and this one does not have yet.
  void take(const Diagnostics& other);

  // No output shows the text of this place: it holds a secret.
  void hide(const syntax::Span& span) { hidden_.push_back(span); }
  const std::vector<syntax::Span>& hidden() const { return hidden_; }

  bool has_errors() const { return error_count() > 0; }
  // Whether an error was reported for exactly this place.
  bool has_error_at(const syntax::Span& span) const;
  std::size_t error_count() const;
  const std::deque<Diagnostic>& all() const { return all_; }

 private:
  using Key = std::tuple<std::string_view, syntax::FileId, std::uint32_t, std::uint32_t>;
  Report add(std::string_view code, Severity severity, const syntax::Span& span,
             std::string message);

  std::vector<syntax::Span> hidden_;
  std::deque<Diagnostic> all_;  // a deque: a Report refers into it
  std::set<Key> reported_;
  Diagnostic dropped_;
};

// The diagnostic with a label at every place from which the text it speaks of was expanded.
Diagnostic with_uses(const syntax::SourceSet& sources, Diagnostic diagnostic);

}  // namespace mig::compiler
