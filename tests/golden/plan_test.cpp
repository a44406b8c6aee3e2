// What a plan compiles to, and which changes of its text change its hashes.
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "compiler/canonical.hpp"
#include "compiler/diagnostics/render.hpp"
#include "compiler/plan/codec.hpp"
#include "compiler/plan/hash.hpp"
#include "grammar/print.hpp"
#include "tests/golden/goldens.hpp"

using namespace mig;
using namespace mig::golden;

namespace {

// What `mig dump plan` prints, a value a line.
std::string dump(const plan::Plan& plan) {
  return nlohmann::json::parse(plan::encode(plan)).dump(1) + "\n";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Hashes {
  std::string plan;
  std::string source;
  bool operator==(const Hashes&) const = default;
};

Hashes hashes_of(const std::string& text) {
  INFO(text);
  Checked checked("golden.mig", text);
  const auto compiled = checked.compile();
  REQUIRE(compiled.plans.size() == 1);
  return Hashes{print(plan::plan_hash(compiled.plans.front())), print(compiled.source_hash)};
}

std::string formatted(const std::string& text) {
  Checked checked("golden.mig", text);
  return syntax::format(checked.sources, checked.file);
}

constexpr std::string_view kPlan = R"(mig 1
param glance: duration = 60s in 1s..1h
store app:   sqlite   { path = "app.db"; busy_timeout = 5s }
entity User { key id: i64; email: text? }
dataset users: User in app { table = "users" }
dataset copy:  User in app { table = "users_copy" }
plan move {
  from users
  to copy
  on_fail retry 3 then rollback { backoff = 30s..10m }
  gate same { require drift(users) == 0 rows; window = glance; no_data = pause after 10m }
  phase expand { create copy }
  phase fill   { snapshot old -> new { chunk = 2_000 rows; on_conflict = keep } }
  phase check  { verify old, new { rows = all }; require same; hold 1h30m { require = same } }
}
)";

}  // namespace

TEST_CASE("golden: the plan of each file") {
  compare("plan", [](Checked& checked) {
    std::string all;
    for (const plan::Plan& plan : checked.compile().plans)
      all += dump(plan);
    INFO(compiler::render_all(checked.sources, checked.diagnostics, compiler::Color::Never));
    CHECK_FALSE(checked.diagnostics.has_errors());
    return all;
  });
}

TEST_CASE("golden: the meaning of each file") {
  compare("typed", [](Checked& checked) {
    CHECK(checked.diagnostics.all().empty());
    return compiler::canonical(checked.parsed.file);
  });
}

TEST_CASE("hashes do not see layout, comments, order of attributes and spelling of literals") {
  const std::string text(kPlan);
  const Hashes hashes = hashes_of(text);
  CHECK(hashes_of(formatted(text)) == hashes);
  CHECK(hashes_of(replaced(text, "  to copy\n", "  to copy  # a comment\n\n")) == hashes);
  CHECK(hashes_of(replaced(text, "plan move", "## what it is for\nplan move")) == hashes);
  CHECK(hashes_of(replaced(text, "60s", "1m")) == hashes);
  CHECK(hashes_of(replaced(text, "1h30m", "90m")) == hashes);
  CHECK(hashes_of(replaced(text, "2_000 rows", "2000 rows")) == hashes);
  CHECK(hashes_of(replaced(text, "chunk = 2_000 rows; on_conflict = keep",
                           "on_conflict = keep; chunk = 2_000 rows")) == hashes);
  CHECK(hashes_of(replaced(text, R"(path = "app.db"; busy_timeout = 5s)",
                           R"(busy_timeout = 5s; path = "app.db")")) == hashes);
}

TEST_CASE("a test is no part of what was reviewed") {
  const std::string text = std::string(kPlan) + "transform carry(u: User) -> User {\n" +
                           "  emit User { id = u.id; email = u.email }\n}\n";
  const Hashes hashes = hashes_of(text);
  CHECK(hashes_of(text +
                  "test \"it stays\" of carry { given User { id = 1 }; expect User { id = 1 } "
                  "}\n") == hashes);
}

TEST_CASE("hashes see every change of meaning") {
  const std::string text(kPlan);
  const Hashes hashes = hashes_of(text);
  const auto changed = [&](std::string_view from, std::string_view to) {
    INFO(from);
    const Hashes other = hashes_of(replaced(text, from, to));
    CHECK(other.plan != hashes.plan);
    CHECK(other.source != hashes.source);
  };
  changed("60s", "61s");
  changed("1h30m", "1h31m");
  changed("2_000 rows", "2_001 rows");
  changed("keep", "replace");
  changed("retry 3", "retry 4");
  changed("then rollback", "then pause");
  changed("30s..10m", "30s..11m");
  changed("== 0 rows", "<= 0 rows");
  changed("pause after 10m", "fail");
  changed("\"users_copy\"", "\"users_other\"");
  changed("text?", "text(254)?");
  changed("phase check ", "phase check after expand ");
}
