// Planted mistakes in inverses: generated rows find each of them, whatever the seed; an inverse
// that is one passes; the printed seed makes the same rows again.
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/render.hpp"
#include "grammar/parse.hpp"
#include "runtime/inverse/inverse_check.hpp"

using namespace mig;

namespace {

struct Subject {
  compiler::Compilation compiled;
  const plan::Plan& plan() const { return compiled.plans.front(); }

  explicit Subject(const std::string& text) {
    syntax::SourceSet sources;
    compiler::Diagnostics diagnostics;
    const auto parsed = syntax::parse(sources, sources.add("plan.mig", text));
    compiled = compiler::compile(sources, {{"plan.mig", &parsed.file}}, {}, diagnostics);
    INFO(compiler::render_all(sources, diagnostics, compiler::Color::Never));
    REQUIRE_FALSE(diagnostics.has_errors());
    REQUIRE(compiled.plans.size() == 1);
  }

  runtime::InverseResult check(std::uint64_t seed) const {
    return runtime::check_inverse(plan(),
                                  {.seed = seed, .drops = compiled.drops.at(plan().via->index)});
  }
};

// A way there and back; `canonical`: of the old side's dataset.
struct Mistake {
  const char* name;
  const char* old_side;
  const char* new_side;
  const char* there;
  const char* back;
  const char* field;  // of the old side, that tells
  const char* canonical = "";
};

Subject subject_of(const Mistake& it) {
  return Subject(fmt::format(R"(mig 1
use std.text (join, lower, replace, split, split_once, substr)
use std.text (trim, try_i16, try_i32, try_text)
use std.time (from_unix_ms, to_unix_ms)
store app: sqlite {{ path = "app.db" }}
entity Old {{ key id: i64; {} }}
entity New {{ key id: i64; {} }}
dataset olds: Old in app {{ table = "olds"; {} }}
dataset news: New in app {{ table = "news" }}
transform there(o: Old) -> New {{ emit New {{ id = o.id; {} }} }}
transform back_again(n: New) -> Old {{ emit Old {{ id = n.id; {} }} }}
plan move {{ from olds; to news; via there; back back_again; phase one {{ create news }} }}
)",
                             it.old_side, it.new_side, it.canonical, it.there, it.back));
}

constexpr Mistake kMistakes[] = {
    {"trims", "name: text", "name: text", "name = trim(o.name)", "name = n.name", "name"},
    {"lower case", "email: text(20)", "email: text(20)", "email = lower(o.email)",
     "email = n.email", "email"},
    {"a middle name is lost", "name: text", "first: text; last: text",
     R"(first = split_once(o.name, " ").head
        last = split_once(split_once(o.name, " ").tail ?? "", " ").head)",
     R"(name = if n.last == "" then n.first else n.first ++ " " ++ n.last)", "name"},
    {"two are swapped", "a: i32; b: i32", "a: i32; b: i32", "a = o.a; b = o.b", "a = n.b; b = n.a",
     "a"},
    {"nothing and empty are one", "note: text?", "note: text", R"(note = o.note ?? "")",
     R"(note = if n.note == "" then none else n.note)", "note"},
    {"a separator stands in the text", "a: text; b: text", "both: text",
     R"(both = o.a ++ "/" ++ o.b)",
     R"(a = split_once(n.both, "/").head; b = split_once(n.both, "/").tail ?? "")", "a"},
    {"seconds only", "at: timestamp", "ms: i64", "ms = to_unix_ms(o.at) / 1000",
     "at = from_unix_ms(n.ms * 1000)", "at"},
    {"a number above the limit", "n: i64", "n: i32", "n = try_i32(o.n) ?? 0", "n = n.n", "n"},
    {"one number is taken for nothing", "n: i32?", "n: i32", "n = o.n ?? -1",
     "n = if n.n == -1 then none else n.n", "n"},
    {"one member becomes another", "s: one_of(new, paid, void)", "paid: bool",
     R"(paid = o.s == "paid")", R"(s = if n.paid then "paid" else "new")", "s"},
    {"characters cut off", "name: text", "name: text(30)",
     R"(name = try_text(substr(o.name, 1, 30), 30) ?? "")", "name = n.name", "name"},
    {"an empty item is lost", "tags: text", "tags: text",
     R"(tags = join(t for t in split(replace(o.tags, ",,", ","), ","), ","))", "tags = n.tags",
     "tags"},
    {"the sign is lost", "n: i32", "n: i32", "n = if o.n < 0 and o.n > -1_000 then -o.n else o.n",
     "n = n.n", "n"},
    {"items that hold the separator", "tags: [text]", "tags: text",
     R"(tags = join(t for t in o.tags, ","))", R"(tags = split(n.tags, ","))", "tags"},
    {"truth by words", "yes: bool?", "yes: bool", "yes = o.yes ?? false", "yes = n.yes", "yes"},
};

// The same with nothing wrong: what is said to be equal is, and all else comes back.
constexpr Mistake kRight[] = {
    {"trims, and says so", "name: text", "name: text", "name = trim(o.name)", "name = n.name", "",
     "canonical name = trim(name)"},
    {"a name in two parts", "name: text", "first: text; last: text?",
     R"(first = split_once(o.name, " ").head; last = split_once(o.name, " ").tail)",
     R"(name = if n.last? then n.first ++ " " ++ n.last else n.first)", ""},
    {"a wider number", "n: i16", "n: i64; where try_i16(n)? else \"too large\"", "n = o.n",
     "n = try_i16(n.n) ?? 0", ""},
    {"milliseconds, and says so", "at: timestamp", "ms: i64", "ms = to_unix_ms(o.at)",
     "at = from_unix_ms(n.ms)", "", "canonical at = to_unix_ms(at)"},
    {"a list", "tags: text", "tags: text", R"(tags = join(t for t in split(o.tags, ","), ";,;"))",
     R"(tags = join(t for t in split(n.tags, ";,;"), ","))", ""},
};

std::string example_folder() {
  return std::string(MIG_ROOT) + "/examples/";
}

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("generated rows find every planted mistake of an inverse, with any seed") {
  for (const Mistake& mistake : kMistakes) {
    const Subject subject = subject_of(mistake);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto result = subject.check(seed);
      INFO(mistake.name << ", seed " << seed << ", " << result.carried() << " rows carried over");
      REQUIRE(result.counterexample.has_value());
      const auto& fields = subject.plan().entity_of(subject.plan().from).fields;
      const auto& told = result.counterexample->trip.fields;
      REQUIRE_FALSE(told.empty());
      CHECK(fields[told.front()].name == mistake.field);
    }
  }
}

TEST_CASE("an inverse that is one has no counterexample") {
  for (const Mistake& right : kRight) {
    const Subject subject = subject_of(right);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto result = subject.check(seed);
      INFO(right.name << ", seed " << seed);
      if (result.counterexample) {
        const auto& example = *result.counterexample;
        INFO(print(subject.plan().entity_of(subject.plan().from), example.row));
        CHECK_FALSE(result.counterexample.has_value());
      }
      CHECK(result.generated >= 1000);
      CHECK(result.is_complete);
    }
  }
}

TEST_CASE("the same seed makes the same rows, and another seed others") {
  for (const Mistake& mistake : kMistakes) {
    INFO(mistake.name);
    const Subject subject = subject_of(mistake);
    const auto first = subject.check(11);
    const auto again = subject.check(11);
    REQUIRE(first.counterexample.has_value());
    REQUIRE(again.counterexample.has_value());
    CHECK(first.counterexample->row == again.counterexample->row);
    CHECK(first.counterexample->found == again.counterexample->found);
    CHECK(first.carried() == again.carried());
    CHECK(first.rejected == again.rejected);
  }
}

TEST_CASE("a counterexample is as small as it gets") {
  const auto smallest = [](std::size_t mistake) {
    const Subject subject = subject_of(kMistakes[mistake]);
    const auto result = subject.check(3);
    REQUIRE(result.counterexample.has_value());
    return print(subject.plan().entity_of(subject.plan().from), result.counterexample->row);
  };
  CHECK(smallest(0) == R"(Old { id = 0; name = " " })");
  CHECK(smallest(1) == R"(Old { id = 0; email = "A" })");
  CHECK(smallest(13) == R"(Old { id = 0; tags = [""] })");
  CHECK(smallest(7) == "Old { id = 0; n = 2147483648 }");
  CHECK(smallest(8) == "Old { id = 0; n = -1 }");
}

TEST_CASE("the examples' inverses lead back") {
  for (const char* example : {"01_package_index/plan.mig", "02_users_split/plan.mig"}) {
    INFO(example);
    const Subject subject(read(example_folder() + example));
    const auto result = subject.check(5);
    if (result.counterexample) {
      INFO(print(subject.plan().entity_of(subject.plan().from), result.counterexample->row));
      CHECK_FALSE(result.counterexample.has_value());
    }
    CHECK(result.is_complete);
  }
}
