// Laws of strategies: what random ones stand for is what an interpreter of their texts says, and
// damaged ones are refused or stand for something; nothing else happens. MIG_SEED chooses others.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/render.hpp"
#include "compiler/diagnostics/syntax_mistakes.hpp"
#include "compiler/expanded_text.hpp"
#include "compiler/plan/hash.hpp"
#include "grammar/parse.hpp"

namespace fs = std::filesystem;
using namespace mig;

namespace {

std::uint64_t seed() {
  const char* chosen = std::getenv("MIG_SEED");
  return chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : std::uint64_t{20'260'404};
}

// What the names of a strategy stand for, in minutes.
struct Given {
  std::int64_t length = 0;
  std::vector<std::int64_t> list;
  std::optional<std::int64_t> within;
};

// A hold, or an approval with its limit: 0 where it has none.
using Trail = std::vector<std::pair<char, std::int64_t>>;
using Meaning = std::function<void(const Given&, Trail&)>;

constexpr std::size_t kLongestTrail = 300;

struct Piece {
  std::string text;
  Meaning meaning;
};

class Generator {
 public:
  explicit Generator(std::uint64_t one) : random_(one) {}

  // Strategies that use those behind them only, and a plan that uses the first.
  Piece program() {
    constexpr int kStrategies = 5;
    std::string text;
    for (int i = kStrategies - 1; i >= 0; --i) {
      Piece body = sequence(2);
      text += fmt::format(
          "strategy s{}(length: duration, list: [duration] = [1m, length], within: duration?) "
          "{{\n{}}}\n",
          i, body.text);
      known_.push_back(Piece{fmt::format("s{}", i), body.meaning});
    }
    const Given given{7, {2, 3}, 5};
    const Meaning first = known_.back().meaning;
    return {text +
                "plan move {\n  from users\n  to copy\n  phase make { create new }\n"
                "  phase one { hold 1m; s0 7m [2m, 3m] 5m }\n}\n",
            [given, first](const Given&, Trail& trail) {
              trail.emplace_back('h', 1);
              first(given, trail);
            }};
  }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

  // A duration in terms of `length`.
  std::pair<std::string, std::function<std::int64_t(const Given&)>> duration() {
    switch (below(4)) {
      case 0:
        return {"length", [](const Given& given) { return given.length; }};
      case 1:
        return {"length * 2 + 1m", [](const Given& given) { return given.length * 2 + 1; }};
      case 2:
        return {"1m + length", [](const Given& given) { return 1 + given.length; }};
      default: {
        const auto minutes = static_cast<std::int64_t>(1 + below(9));
        return {fmt::format("{}m", minutes), [minutes](const Given&) { return minutes; }};
      }
    }
  }

  Piece sequence(int depth) {
    std::string text;
    std::vector<Meaning> meanings;
    for (std::uint64_t count = 1 + below(3); count > 0; --count) {
      Piece one = statement(depth);
      text += "  " + one.text + "\n";
      meanings.push_back(std::move(one.meaning));
    }
    return {text, [meanings](const Given& given, Trail& trail) {
              for (const Meaning& one : meanings) {
                if (trail.size() > kLongestTrail) return;
                one(given, trail);
              }
            }};
  }

  Piece statement(int depth) {
    auto [text, value] = duration();
    switch (below(depth > 0 ? 6 : 3)) {
      case 0:
        return {"approve \"x\" { within = within }", [](const Given& given, Trail& trail) {
                  trail.emplace_back('a', given.within.value_or(0));
                }};
      case 1:
        if (!known_.empty()) return use();
        [[fallthrough]];
      case 2:
        return {"hold " + text, [value = value](const Given& given, Trail& trail) {
                  trail.emplace_back('h', value(given));
                }};
      case 3: {
        Piece body = sequence(depth - 1);
        const std::string name = "x" + std::to_string(++loops_);
        return {fmt::format("for {} in list {{ hold {}\n{} }}", name, name, body.text),
                [inside = body.meaning](const Given& given, Trail& trail) {
                  for (const std::int64_t one : given.list) {
                    trail.emplace_back('h', one);
                    inside(given, trail);
                  }
                }};
      }
      case 4: {
        const std::string name = "x" + std::to_string(++loops_);
        return {fmt::format("for {} in growing(list) {{ for y in {} {{ hold y + length }} }}", name,
                            name),
                [](const Given& given, Trail& trail) {
                  for (std::size_t i = 0; i < given.list.size(); ++i) {
                    for (std::size_t j = 0; j <= i; ++j)
                      trail.emplace_back('h', given.list[j] + given.length);
                  }
                }};
      }
      default: {
        Piece body = sequence(depth - 1);
        const std::string name = "x" + std::to_string(++loops_);
        return {fmt::format("for {} in [{}, 2m] {{\n{} }}", name, text, body.text),
                [inside = body.meaning](const Given& given, Trail& trail) {
                  inside(given, trail);
                  inside(given, trail);
                }};
      }
    }
  }

  // One of the strategies that are there already.
  Piece use() {
    const Piece& used = known_[below(known_.size())];
    auto [text, value] = duration();
    const bool hands_list = below(2) == 0;
    const bool hands_within = below(2) == 0;
    std::string block;
    if (hands_list) block += "list = list; ";
    if (hands_within) block += "within = within";
    return {fmt::format("{} {} {{ {} }}", used.text, text, block),
            [inside = used.meaning, value = value, hands_list, hands_within](const Given& given,
                                                                             Trail& trail) {
              Given own{value(given), {}, {}};
              own.list = hands_list ? given.list : std::vector<std::int64_t>{1, own.length};
              if (hands_within) own.within = given.within;
              inside(own, trail);
            }};
  }

  std::mt19937_64 random_;
  std::vector<Piece> known_;
  int loops_ = 0;
};

struct Compiled {
  syntax::SourceSet sources;
  syntax::Parsed parsed;
  compiler::Diagnostics diagnostics;
  compiler::Compilation result;

  explicit Compiled(std::string text) {
    parsed = syntax::parse(sources, sources.add("plan.mig", std::move(text)));
    compiler::report_syntax_mistakes(parsed, diagnostics);
    result = compiler::compile(sources, inputs(), {}, diagnostics);
  }
  std::vector<compiler::Input> inputs() const { return {{"plan.mig", &parsed.file}}; }
  std::string expanded() { return compiler::expanded_text(sources, inputs(), "").text; }
  std::string said() const { return render_all(sources, diagnostics, compiler::Color::Never); }
};

void check_laws(Compiled& before) {
  const std::string once = before.expanded();
  INFO(once);
  Compiled after(once);
  INFO(after.said());
  REQUIRE(after.result.plans.size() == before.result.plans.size());
  for (std::size_t i = 0; i < after.result.plans.size(); ++i)
    REQUIRE(plan_hash(after.result.plans[i]) == plan_hash(before.result.plans[i]));
  REQUIRE(after.expanded() == once);
}

Trail trail_of(const plan::Plan& plan) {
  const auto minutes = [](plan::Duration length) {
    return std::chrono::duration_cast<std::chrono::minutes>(length).count();
  };
  Trail trail;
  for (const plan::Step& step : plan.steps) {
    if (const auto* hold = std::get_if<plan::Hold>(&step.action))
      trail.emplace_back('h', minutes(hold->length));
    if (const auto* approve = std::get_if<plan::Approve>(&step.action))
      trail.emplace_back('a', minutes(approve->within.value_or(plan::Duration::zero())));
  }
  return trail;
}

constexpr std::string_view kSides = R"(mig 1
store app: sqlite { path = "app.db" }
entity User { key id: i64; email: text(254) }
dataset users: User in app { table = "users" }
dataset copy:  User in app { table = "users_copy" }
)";

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("random strategies stand for what their texts say") {
  std::size_t compared = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    INFO("MIG_SEED=" << seed() + i);
    const Piece program = Generator(seed() + i).program();
    Trail wanted;
    program.meaning(Given{}, wanted);
    if (wanted.size() > kLongestTrail) continue;
    Compiled compiled(std::string(kSides) + program.text);
    INFO(program.text << compiled.said());
    REQUIRE(compiled.result.plans.size() == 1);
    REQUIRE(trail_of(compiled.result.plans.front()) == wanted);
    check_laws(compiled);
    ++compared;
  }
  CHECK(compared > 100);
}

// Lines are dropped, doubled and exchanged, and words of one line put into another.
TEST_CASE("damaged strategies are refused, or stand for what their expansion says") {
  std::vector<std::string> texts;
  for (const auto& entry : fs::directory_iterator(fs::path(MIG_ROOT) / "tests/golden/error")) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() == ".mig" && name.starts_with("strategy_"))
      texts.push_back(read(entry.path()));
  }
  for (const auto& entry : fs::directory_iterator(fs::path(MIG_ROOT) / "examples/strategies")) {
    if (entry.path().extension() == ".mig") texts.push_back(read(entry.path()));
  }
  REQUIRE(texts.size() > 10);
  std::ranges::sort(texts);
  std::mt19937_64 random(seed());
  std::size_t refused = 0;
  std::size_t accepted = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string text = texts[random() % texts.size()];
    for (std::uint64_t count = 1 + random() % 2; count > 0; --count) {
      const std::size_t from = random() % text.size();
      const std::size_t length = random() % 24;
      const std::string piece = text.substr(random() % text.size(), random() % 24);
      text.replace(from, std::min(length, text.size() - from), random() % 2 == 0 ? "" : piece);
    }
    INFO("MIG_SEED=" << seed() << "\n" << text);
    Compiled compiled(text);
    compiled.said();
    if (compiled.diagnostics.has_errors()) {
      ++refused;
      continue;
    }
    ++accepted;
    check_laws(compiled);
  }
  CHECK(refused > 100);
  CHECK(accepted > 10);
}
