// Durable replacement of files: modes, links, refusals, and nothing left beside.
#include "runtime/durable_file.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

#include "tests/unit/temporary_folder.hpp"

namespace fs = std::filesystem;
using mig::runtime::replace_durably;
using mig::tests::TemporaryFolder;

namespace {

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::ptrdiff_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

}  // namespace

TEST_CASE("a durable write makes the file or replaces all of it") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "routes.json";
  REQUIRE_FALSE(replace_durably(path, "a longer text"));
  CHECK(text_of(path) == "a longer text");
  REQUIRE_FALSE(replace_durably(path, "short"));
  CHECK(text_of(path) == "short");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a durable write keeps the mode of the file, and a link stays a link") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "plan.mig";
  const fs::path link = folder.path() / "link.mig";
  std::ofstream(path) << "old";
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  fs::create_symlink("plan.mig", link);
  REQUIRE_FALSE(replace_durably(link, "new"));
  CHECK(fs::is_symlink(link));
  CHECK(text_of(path) == "new");
  CHECK(fs::status(path).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read));
  CHECK(files_in(folder.path()) == 2);
}

TEST_CASE("a durable write that fails says why and changes nothing") {
  const TemporaryFolder folder;
  CHECK(replace_durably(folder.path() / "missing" / "routes.json", "text") ==
        std::errc::no_such_file_or_directory);
  const fs::path taken = folder.path() / "taken";
  fs::create_directory(taken);
  CHECK(replace_durably(taken, "text") == std::errc::is_a_directory);
  CHECK(fs::is_directory(taken));
  CHECK(files_in(folder.path()) == 1);
}
