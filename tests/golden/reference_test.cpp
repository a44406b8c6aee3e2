// The language reference: its tables are made of the tables that the compiler works with, so a word
// that is added is in the reference or a test fails. MIG_UPDATE_GOLDENS writes the tables anew.
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "compiler/blocks.hpp"
#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/diagnostics/explain.hpp"
#include "compiler/function_help.hpp"
#include "compiler/library.hpp"
#include "compiler/plan/gate.hpp"
#include "compiler/plan/schema.hpp"
#include "tests/golden/goldens.hpp"

using namespace mig;

namespace {

// A bar ends a cell, even between backticks.
std::string cell(std::string_view text) {
  std::string out;
  for (const char one : text)
    out += one == '|' ? "\\|" : std::string(1, one);
  return out;
}
std::string code(std::string_view text) {
  return text.empty() ? std::string() : "`" + cell(text) + "`";
}

std::string statements(compiler::Context context) {
  std::string out = "| statement | block | what it does |\n|---|---|---|\n";
  for (const compiler::StatementRow& row : compiler::statement_table()) {
    if (row.context != context) continue;
    std::string block;
    if (const auto attributes = compiler::attributes_of(row)) {
      for (const compiler::Attribute& one : *attributes) {
        block += fmt::format("{}`{}`{}", block.empty() ? "" : " ", one.name,
                             one.required ? " (required)" : "");
      }
    }
    out += fmt::format("| {} | {} | {} |\n", code(row.form), block, cell(row.about));
  }
  return out;
}

std::string later() {
  std::string out;
#define STATEMENT(context, word, form, attributes, about)
#define LATER(word) out += (out.empty() ? "" : ", ") + std::string("`" word "`");
#include "compiler/blocks.def"
#undef STATEMENT
#undef LATER
  return out + "\n";
}

std::string functions() {
  std::string out = "| function | what it does |\n|---|---|\n";
  for (const compiler::FunctionHelp& one : compiler::function_help())
    out += fmt::format("| {} | {} |\n", code(one.form), cell(one.about));
  return out;
}

std::string metrics() {
  static constexpr std::string_view kTakes[] = {"an arm, such as `reads.new`", "a dataset",
                                                "a store"};
  std::string out = "| metric | unit | taken of |\n|---|---|---|\n";
#define METRIC(enumerator, language_name, unit, takes)                                    \
  out += fmt::format("| `{}` | {} | {} |\n", language_name, plan::name(plan::Unit::unit), \
                     kTakes[static_cast<std::size_t>(plan::MetricTakes::takes)]);
#include "compiler/plan/metrics.def"
#undef METRIC
  return out;
}

std::string stores() {
  std::string out =
      "| store | tables | triggers | statements of your own | keys that expire | "
      "opened by this version |\n|---|---|---|---|---|---|\n";
  const auto yes = [](bool is) { return is ? "yes" : ""; };
  using plan::StoreAbility;
#define STORE(enumerator, language_name, abilities, opened)                                       \
  {                                                                                               \
    const auto kind = plan::StoreKind::enumerator;                                                \
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", language_name,                      \
                       yes(can(kind, StoreAbility::Schema)), yes(can(kind, StoreAbility::Guard)), \
                       yes(can(kind, StoreAbility::Statements)),                                  \
                       yes(can(kind, StoreAbility::Keys)), yes(plan::is_opened(kind)));           \
  }
#include "compiler/plan/stores.def"
#undef STORE
  return out;
}

std::string routers() {
  std::string out =
      "| router | reads | writes | requests pass through it | opened by this version "
      "|\n|---|---|---|---|---|\n";
  const auto yes = [](bool is) { return is ? "yes" : ""; };
  using plan::RouterAbility;
#define ROUTER(enumerator, language_name, abilities, opened)                                     \
  {                                                                                              \
    const auto kind = plan::RouterKind::enumerator;                                              \
    out +=                                                                                       \
        fmt::format("| `{}` | {} | {} | {} | {} |\n", language_name,                             \
                    yes(can(kind, RouterAbility::Reads)), yes(can(kind, RouterAbility::Writes)), \
                    yes(can(kind, RouterAbility::Requests)), yes(plan::is_opened(kind)));        \
  }
#include "compiler/plan/routers.def"
#undef ROUTER
  return out;
}

std::string strategies() {
  std::string out = "| strategy | brought in by | what it does |\n|---|---|---|\n";
  for (const compiler::LibraryText& text : compiler::standard_library()) {
    out += fmt::format("| `{}` | `use {} ({})` | {} |\n", text.name, text.module, text.name,
                       cell(compiler::summary(text)));
  }
  return out;
}

std::string codes() {
  std::map<std::string_view, std::string_view> severities;
#define DIAG(code, Name, severity, ...) severities[#code] = #severity;
#include "compiler/diagnostics/kinds.def"
#undef DIAG
  std::string out = "| code | | what is wrong |\n|---|---|---|\n";
  for (const compiler::Explanation& one : compiler::all_explanations()) {
    std::string_view title = one.title;
    if (title.starts_with("# ")) title.remove_prefix(2);
    out += fmt::format("| {} | {} | {} |\n", one.code,
                       severities.at(one.code) == "Warning" ? "warning" : "", cell(title));
  }
  return out;
}

const std::map<std::string, std::string>& tables() {
  static const std::map<std::string, std::string> kTables = {
      {"file", statements(compiler::Context::File)},
      {"plan", statements(compiler::Context::Plan)},
      {"resource", statements(compiler::Context::Resource)},
      {"feature", statements(compiler::Context::Feature)},
      {"phase", statements(compiler::Context::Phase)},
      {"strategy", statements(compiler::Context::Strategy)},
      {"test", statements(compiler::Context::Test)},
      {"scenario", statements(compiler::Context::Scenario)},
      {"later", later()},
      {"functions", functions()},
      {"metrics", metrics()},
      {"stores", stores()},
      {"routers", routers()},
      {"strategies", strategies()},
      {"codes", codes()},
  };
  return kTables;
}

// The page with every table between `<!-- table x -->` and `<!-- end -->` made anew.
std::string with_tables(const std::string& page, std::set<std::string>& seen) {
  static const std::string kBegin = "<!-- table ";
  static const std::string kEnd = "<!-- end -->";
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = page.find(kBegin, at);
    if (begin == std::string::npos) return out + page.substr(at);
    const std::size_t line = page.find('\n', begin) + 1;
    const std::size_t end = page.find(kEnd, line);
    REQUIRE(end != std::string::npos);
    const std::size_t name = begin + kBegin.size();
    const std::string table = page.substr(name, page.find(' ', name) - name);
    INFO(table);
    REQUIRE(tables().contains(table));
    seen.insert(table);
    out += page.substr(at, line - at) + "\n" + tables().at(table) + "\n";
    at = end;
  }
}

}  // namespace

TEST_CASE("golden: the language reference has the words that the compiler has") {
  const auto path = golden::folder().parent_path().parent_path() / "grammar" / "README.md";
  const std::string page = golden::read(path);
  std::set<std::string> seen;
  const std::string fresh = with_tables(page, seen);
  CHECK(seen.size() == tables().size());
  if (std::getenv("MIG_UPDATE_GOLDENS") != nullptr) {
    std::ofstream(path, std::ios::binary) << fresh;
    return;
  }
  CHECK(page == fresh);
}

TEST_CASE("every function of expressions is explained, and no other") {
  std::set<std::string> known = {"join"};  // a loop over a list, no function of values
#define FUNCTION(enumerator, name)  \
  if (std::string_view(name) != "") \
    known.insert(std::string(name).substr(0, std::string(name).find('.')));
#include "compiler/plan/functions.def"
#undef FUNCTION
  std::set<std::string> explained;
  for (const compiler::FunctionHelp& one : compiler::function_help()) {
    INFO(one.name);
    CHECK(explained.insert(std::string(one.name)).second);
    CHECK(one.form.starts_with(std::string(one.name) + "("));
  }
  CHECK(explained == known);
}
