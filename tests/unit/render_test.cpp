#include "compiler/diagnostics/render.hpp"

#include <catch2/catch.hpp>

using namespace mig;
using compiler::Color;
using compiler::Diagnostics;
namespace diag = mig::compiler::diag;

namespace {

// The first `part` of the text, as a span.
syntax::Span find(const syntax::SourceSet& sources, syntax::FileId file, std::string_view part) {
  const std::size_t at = sources.text(file).find(part);
  REQUIRE(at != std::string_view::npos);
  const auto begin = static_cast<std::uint32_t>(at);
  return syntax::Span{file, begin, begin + static_cast<std::uint32_t>(part.size())};
}

// Fits the registry's kinds by shape; the codes of later checks are theirs.
constexpr compiler::Kind<std::string_view, std::string_view> kUnits{
    "M2001", compiler::Severity::Error, "a {} cannot be compared with a {}"};

}  // namespace

TEST_CASE("labels of one line stand below each other, from right to left") {
  syntax::SourceSet sources;
  const auto file = sources.add("p.mig", "mig 1\n  require p95(reads) < 5%\n");
  Diagnostics diagnostics;
  diagnostics.report(find(sources, file, "5%"), kUnits, "duration", "ratio")
      .primary("this is a ratio")
      .label(find(sources, file, "p95(reads)"), "this is a duration")
      .help("write a time, such as `p95(reads) < 40ms`");
  CHECK(render_all(sources, diagnostics, Color::Never) ==
        "error[M2001]: a duration cannot be compared with a ratio\n"
        " --> p.mig:2:24\n"
        "  |\n"
        "2 |   require p95(reads) < 5%\n"
        "  |           ----------   ^^ this is a ratio\n"
        "  |           this is a duration\n"
        "  |\n"
        "  = help: write a time, such as `p95(reads) < 40ms`\n"
        "  = more: mig explain M2001\n");
}

TEST_CASE("distant lines are parted, traces and notes follow") {
  syntax::SourceSet sources;
  const auto file =
      sources.add("p.mig", "on_fail rollback\n1\n2\n3\n4\n5\n6\n7\n8\n  writes new\n");
  Diagnostics diagnostics;
  diagnostics.report(find(sources, file, "rollback"), diag::Syntax, "it cannot be kept")
      .primary("promised here")
      .label(find(sources, file, "writes new"), "lost here")
      .trace({{.text = "…"},
              {.number = 11,
               .actor = "mig",
               .phase = "cutover",
               .text = "writes new",
               .span = find(sources, file, "writes new")},
              {.number = 12, .actor = "app", .text = "WRITE row 7"}},
             "a client loses a write at 12")
      .note("a fact");
  CHECK(render_all(sources, diagnostics, Color::Never) ==
        "error[M0001]: it cannot be kept\n"
        "  --> p.mig:1:9\n"
        "   |\n"
        " 1 | on_fail rollback\n"
        "   |         ^^^^^^^^ promised here\n"
        "...\n"
        "10 |   writes new\n"
        "   |   ---------- lost here\n"
        "   |\n"
        "   = shortest run that breaks it:\n"
        "        …\n"
        "       11  mig  cutover  writes new  (line 10)\n"
        "       12  app           WRITE row 7\n"
        "       a client loses a write at 12\n"
        "   = note: a fact\n"
        "   = more: mig explain M0001\n");
}

TEST_CASE("tabs and wide characters do not move the marks") {
  syntax::SourceSet sources;
  const auto file = sources.add("p.mig", "\t\xE6\x97\xA5 e\xCC\x81 x");
  Diagnostics diagnostics;
  diagnostics.report(find(sources, file, "x"), diag::Syntax, "wrong");
  const std::string text = render_all(sources, diagnostics, Color::Never);
  CHECK(text.find("1 |     \xE6\x97\xA5 e\xCC\x81 x\n  |          ^\n") != std::string::npos);
}

TEST_CASE("a repetition of a code at its place is dropped") {
  syntax::SourceSet sources;
  const auto file = sources.add("p.mig", "x");
  Diagnostics diagnostics;
  diagnostics.report(find(sources, file, "x"), diag::Syntax, "wrong").help("once");
  diagnostics.report(find(sources, file, "x"), diag::Syntax, "wrong").help("twice");
  REQUIRE(diagnostics.all().size() == 1);
  CHECK(diagnostics.all().front().helps == std::vector<std::string>{"once"});
}

TEST_CASE("only a very long line is shown in part") {
  syntax::SourceSet sources;
  const auto file = sources.add("p.mig", std::string(100'000, 'a') + " @" + std::string(1000, 'b'));
  Diagnostics diagnostics;
  diagnostics.report(find(sources, file, "@"), diag::Syntax, "wrong");
  CHECK(render_all(sources, diagnostics, Color::Never).size() < 1000);
}

TEST_CASE("the JSON form carries places and fixes") {
  syntax::SourceSet sources;
  const auto file = sources.add("p.mig", "a\nx");
  Diagnostics diagnostics;
  diagnostics.report(find(sources, file, "x"), diag::Syntax, "wrong")
      .fix(find(sources, file, "x"), "y");
  const std::string json = render_json(sources, diagnostics);
  CHECK(json.find(R"("code":"M0001","severity":"error","message":"wrong","file":"p.mig",)"
                  R"("range":{"start":{"line":2,"column":1},"end":{"line":2,"column":2}})") !=
        std::string::npos);
  CHECK(json.find(R"("replacement":"y")") != std::string::npos);
  CHECK(render_all(sources, diagnostics, Color::Always).find("\x1b[1;31m") != std::string::npos);
}
