// Plans that people have labelled: those that somebody could write by mistake have to be refused,
// of those that somebody would write on purpose one in ten may be.
#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/golden/goldens.hpp"

namespace mig::golden {
namespace {

struct Edit {
  std::string before;
  std::string after;
};
struct Mutant {
  std::string why;
  std::string file;
  std::vector<Edit> edits;
};

// Blocks that are parted by empty lines: why, the file, `- old` and `+ new`.
std::vector<Mutant> mutants(const char* name) {
  std::istringstream text(read(folder().parent_path() / "mutants" / name));
  std::vector<Mutant> all;
  std::vector<std::string> block;
  const auto take = [&] {
    if (block.size() > 2 && !block.front().starts_with('#')) {
      Mutant mutant{block[0], block[1], {}};
      for (std::size_t i = 2; i + 1 < block.size(); i += 2)
        mutant.edits.push_back({block[i].substr(2), block[i + 1].substr(2)});
      all.push_back(std::move(mutant));
    }
    block.clear();
  };
  for (std::string line; std::getline(text, line);) {
    if (line.empty()) {
      take();
    } else {
      block.push_back(line);
    }
  }
  take();
  return all;
}

// The codes of the errors of a mutant; none where it is taken.
std::vector<std::string> refusals(const Mutant& mutant) {
  std::string text = read(folder().parent_path().parent_path() / mutant.file);
  for (const Edit& edit : mutant.edits) {
    INFO(edit.before);
    const std::size_t at = text.find(edit.before);
    REQUIRE(at != std::string::npos);
    text.replace(at, edit.before.size(), edit.after);
  }
  Checked checked("plan.mig", std::move(text));
  checked.check();
  std::vector<std::string> codes;
  for (const auto& one : checked.diagnostics.all()) {
    if (one.severity == compiler::Severity::Error) codes.emplace_back(one.code);
  }
  return codes;
}

}  // namespace

TEST_CASE("plans that are not safe are refused, every one") {
  const auto all = mutants("unsafe.txt");
  CHECK(all.size() >= 60);
  for (const Mutant& mutant : all) {
    INFO(mutant.why);
    CHECK_FALSE(refusals(mutant).empty());
  }
}

TEST_CASE("of plans that are safe at most one in ten is refused") {
  const auto all = mutants("safe.txt");
  CHECK(all.size() >= 60);
  std::size_t refused = 0;
  for (const Mutant& mutant : all) {
    const auto codes = refusals(mutant);
    if (codes.empty()) continue;
    ++refused;
    UNSCOPED_INFO(mutant.why << ": " << codes.front());
  }
  CHECK(10 * refused <= all.size());
}

}  // namespace mig::golden
