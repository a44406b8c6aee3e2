// Every small change of every example: what the compiler refuses, and whether what it takes
// survives an application that writes and reads at the worst moments.
// mig_mutants [--seeds N] [--every N] FILE…
//
// Prints a table with a line a file. A plan that was taken and harms a client is named, with the
// seed that shows it, and the exit code is 1.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/syntax_mistakes.hpp"
#include "grammar/parse.hpp"
#include "runtime/sim/simulate.hpp"
#include "tests/mutants/mutate.hpp"

namespace {

namespace fs = mig::runtime::sim;

struct Tally {
  std::size_t refused = 0;
  std::map<std::string, std::size_t> codes;  // of the first error of each that was refused
  std::size_t taken = 0;
  std::size_t simulated = 0;
  std::size_t harmful = 0;
};

struct Compiled {
  std::string code;  // of the first error; empty: it was taken
  std::vector<mig::plan::Plan> plans;
};

Compiled compiled(const std::string& text) {
  mig::syntax::SourceSet sources;
  mig::compiler::Diagnostics diagnostics;
  const auto parsed = mig::syntax::parse(sources, sources.add("plan.mig", text));
  mig::compiler::report_syntax_mistakes(parsed, diagnostics);
  const auto everywhere = mig::compiler::compile_everywhere(
      sources, {mig::compiler::Input{"plan.mig", &parsed.file}}, diagnostics);
  for (const auto& one : diagnostics.all()) {
    if (one.severity == mig::compiler::Severity::Error) return {std::string(one.code), {}};
  }
  return {{}, everywhere.front().plans};
}

class Run {
 public:
  Run(std::uint64_t seeds, std::size_t every) : seeds_(seeds), every_(every) {}

  Tally check(const std::string& path) {
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    Tally tally;
    for (const auto& mutant : mig::mutants::mutants_of(text)) {
      if (count_++ % every_ != 0) continue;
      const Compiled result = compiled(mutant.text);
      if (!result.code.empty()) {
        ++tally.refused;
        ++tally.codes[result.code];
        continue;
      }
      ++tally.taken;
      if (!survives(path, mutant.what, result.plans, tally)) ++tally.harmful;
    }
    return tally;
  }

 private:
  bool survives(const std::string& path, const std::string& what,
                const std::vector<mig::plan::Plan>& plans, Tally& tally) const {
    for (const auto& plan : plans) {
      for (std::uint64_t seed = 1; seed <= seeds_; ++seed) {
        ++tally.simulated;
        const auto report =
            fs::simulate(plan, {}, {.temperament = fs::Temperament::Adversarial, .seed = seed});
        if (!report.violation) continue;
        fmt::print("HARMS: {}: {}: {} seed {}: {}\n", path, what, plan.name, seed,
                   report.violation->what);
        return false;
      }
    }
    return true;
  }

  std::uint64_t seeds_;
  std::size_t every_;
  std::size_t count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 200;
  std::size_t every = 1;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--seeds" && i + 1 < argc) {
      seeds = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--every" && i + 1 < argc) {
      every = std::max<std::size_t>(1, std::strtoull(argv[++i], nullptr, 10));
    } else {
      files.push_back(word);
    }
  }
  fmt::print("{:<44} {:>8} {:>8} {:>8} {:>10} {:>8}\n", "plan", "mutants", "refused", "taken",
             "simulated", "harmful");
  Tally all;
  Run run(seeds, every);
  for (const std::string& path : files) {
    const Tally tally = run.check(path);
    fmt::print("{:<44} {:>8} {:>8} {:>8} {:>10} {:>8}\n", path, tally.refused + tally.taken,
               tally.refused, tally.taken, tally.simulated, tally.harmful);
    all.refused += tally.refused;
    all.taken += tally.taken;
    all.simulated += tally.simulated;
    all.harmful += tally.harmful;
    for (const auto& [code, count] : tally.codes)
      all.codes[code] += count;
  }
  fmt::print("{:<44} {:>8} {:>8} {:>8} {:>10} {:>8}\n", "all", all.refused + all.taken, all.refused,
             all.taken, all.simulated, all.harmful);
  for (const auto& [code, count] : all.codes)
    fmt::print("  {} {}\n", code, count);
  return all.harmful == 0 ? 0 : 1;
}
