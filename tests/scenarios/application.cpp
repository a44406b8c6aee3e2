#include "tests/scenarios/application.hpp"

#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

namespace mig::test {

std::vector<Write> read_application(const std::filesystem::path& path) {
  std::vector<Write> writes;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string dashes, first, second;
    words >> dashes >> first;
    const bool begins =
        first == "after" || first == "amid" || first == "refused" || first == "that";
    if (dashes != "--" || !begins) {
      if (writes.empty()) continue;
      Write& last = writes.back();
      (last.old_file.empty() ? last.sql : last.old_sql) += line + "\n";
      continue;
    }
    if (first == "that") {
      words >> second >> second >> writes.back().old_file;
      continue;
    }
    Write write{.is_refused = first == "refused"};
    if (write.is_refused) words >> first;
    words >> write.after >> second >> write.file;
    REQUIRE(second == "in");
    if (first == "amid") {
      words >> second >> std::ws;
      std::getline(words, write.when);
      REQUIRE(second == "when");
      REQUIRE(!write.when.empty());
    }
    writes.push_back(std::move(write));
  }
  return writes;
}

}  // namespace mig::test
