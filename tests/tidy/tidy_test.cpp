// The project's own rules about its source text, checked like any other behaviour.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

namespace fs = std::filesystem;

namespace {

// Who may include whom. The most specific folder wins; every folder may include itself.
struct Floor {
  std::string_view folder;
  std::vector<std::string_view> may_use;
};

const std::vector<Floor> kFloors = {
    {"grammar/", {}},
    {"compiler/plan/", {}},
    {"compiler/", {"grammar/", "compiler/plan/"}},
    {"runtime/", {"compiler/plan/"}},
    {"runtime/cli/", {"grammar/", "compiler/", "compiler/plan/", "runtime/"}},
};

// A word of the code and the only places where it may stand.
struct Ban {
  std::string_view word;
  std::vector<std::string_view> allowed_in;  // path prefixes
  std::string_view why;
};

const std::vector<Ban> kBans = {
    {"sleep_for", {}, "nothing sleeps; a step answers WaitUntil"},
    {"system_clock", {"runtime/clock.", "runtime/traffic/clients/"}, "time goes through Clock"},
    {"steady_clock", {"runtime/clock."}, "time goes through Clock"},
    {"getenv", {"runtime/cli/"}, "only the command line reads the environment"},
    {"<tao/",
     {"grammar/parse.cpp", "grammar/rules.hpp", "grammar/expected.hpp", "grammar/build_tree.hpp"},
     "PEGTL is visible to one translation unit"},
    {"<sqlite3.h>",
     {"runtime/stores/sqlite", "runtime/journal/sqlite"},
     "SQLite ends in its adapters"},
    {"<libpq", {"runtime/stores/postgres"}, "libpq ends in its adapters"},
    {"<pqxx/", {"runtime/stores/postgres"}, "libpqxx ends in its adapters"},
    {"<openssl/", {"compiler/plan/hash.cpp", "runtime/data/"}, "digests have one home a floor"},
    {"<hiredis/", {"runtime/stores/redis_"}, "hiredis ends in the adapter of its store"},
    {"<asio", {"runtime/stores/redis_"}, "sockets with TLS end in the adapter of their store"},
    {"<date/", {"runtime/openings.cpp"}, "time zones have one home"},
    {"<xxhash.h>",
     {"runtime/data/fingerprint.", "runtime/traffic/sticky_hash."},
     "fingerprints and sticky shares have one home each"},
    {"F_OFD_", {"runtime/journal/lock_file."}, "file locks have one home"},
    {"std::thread", {"runtime/engine/workers."}, "threads are started in workers.cpp only"},
    {"std::jthread", {"runtime/engine/workers."}, "threads are started in workers.cpp only"},
    {"TODO", {}, "what is not done is an issue, not a comment"},
    {"FIXME", {}, "what is not done is an issue, not a comment"},
};

// Code points, as an editor counts columns.
std::ptrdiff_t characters(const std::string& line) {
  return std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> sources(std::initializer_list<const char*> tops) {
  std::vector<std::string> found;
  for (const char* top : tops) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(MIG_ROOT) / top)) {
      const auto ext = entry.path().extension();
      if (ext == ".cpp" || ext == ".hpp" || ext == ".def") {
        found.push_back(fs::relative(entry.path(), MIG_ROOT).generic_string());
      }
    }
  }
  REQUIRE(!found.empty());
  return found;
}

std::vector<std::string> product() {
  return sources({"grammar", "compiler", "runtime"});
}

const Floor* floor_of(std::string_view path) {
  const Floor* best = nullptr;
  for (const Floor& floor : kFloors) {
    if (path.starts_with(floor.folder) &&
        (best == nullptr || floor.folder.size() > best->folder.size())) {
      best = &floor;
    }
  }
  return best;
}

bool may_include(std::string_view from_path, std::string_view target) {
  const Floor* from = floor_of(from_path);
  const Floor* to = floor_of(target);
  if (from == nullptr || to == nullptr) return false;
  return from == to || std::ranges::find(from->may_use, to->folder) != from->may_use.end();
}

bool may_say(std::string_view path, const Ban& ban) {
  return std::ranges::any_of(ban.allowed_in, [&](auto prefix) { return path.starts_with(prefix); });
}

}  // namespace

TEST_CASE("the floor rule itself tells right from wrong") {
  CHECK(may_include("runtime/cli/main.cpp", "compiler/compile.hpp"));
  CHECK(may_include("runtime/engine/executor.cpp", "compiler/plan/plan.hpp"));
  CHECK_FALSE(may_include("runtime/engine/executor.cpp", "compiler/compile.hpp"));
  CHECK_FALSE(may_include("compiler/compile.cpp", "runtime/clock.hpp"));
  CHECK_FALSE(may_include("compiler/plan/plan.cpp", "grammar/source.hpp"));
  CHECK_FALSE(may_include("grammar/parse.cpp", "compiler/plan/plan.hpp"));
}

TEST_CASE("files include only what their floor allows") {
  for (const std::string& path : product()) {
    std::istringstream text(read(fs::path(MIG_ROOT) / path));
    for (std::string line; std::getline(text, line);) {
      if (!line.starts_with("#include \"")) continue;
      const std::string target = line.substr(10, line.find('"', 10) - 10);
      INFO(path << " includes " << target);
      CHECK(may_include(path, target));
    }
  }
}

TEST_CASE("banned words stay out") {
  for (const std::string& path : product()) {
    const std::string text = read(fs::path(MIG_ROOT) / path);
    for (const Ban& ban : kBans) {
      INFO(path << ": " << ban.word << " (" << ban.why << ")");
      CHECK((may_say(path, ban) || text.find(ban.word) == std::string::npos));
    }
  }
}

TEST_CASE("strategies are written in .mig, not in C++") {
  std::vector<std::string> names = {"shadow_traffic", "strangler_fig", "playbook"};
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(MIG_ROOT) / "stdlib")) {
    if (entry.path().extension() == ".mig") names.push_back(entry.path().stem());
  }
  CHECK(names.size() > 10);
  for (const std::string& path : product()) {
    const std::string text = read(fs::path(MIG_ROOT) / path);
    for (const std::string& name : names) {
      INFO(path << ": " << name);
      CHECK(text.find(name) == std::string::npos);
    }
  }
}

TEST_CASE("each file of the library is registered") {
  const std::string registered = read(fs::path(MIG_ROOT) / "stdlib/CMakeLists.txt");
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(MIG_ROOT) / "stdlib")) {
    if (entry.path().extension() != ".mig") continue;
    const auto path = fs::relative(entry.path(), fs::path(MIG_ROOT) / "stdlib").replace_extension();
    INFO(path);
    CHECK(registered.find("  " + path.generic_string()) != std::string::npos);
  }
}

TEST_CASE("no file and no line grows past its limit") {
  for (const std::string& path : sources({"grammar", "compiler", "runtime", "tests"})) {
    const std::string text = read(fs::path(MIG_ROOT) / path);
    INFO(path);
    // A client of one file is what an application wants to copy.
    const bool is_copied = path.starts_with("runtime/traffic/clients/");
    CHECK(std::count(text.begin(), text.end(), '\n') <= (is_copied ? 560 : 420));
    if (path.ends_with(".def")) continue;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(characters(line) <= 100);
    }
  }
}

TEST_CASE("every header says what it is and is guarded") {
  for (const std::string& path : product()) {
    if (!path.ends_with(".hpp")) continue;
    const std::string text = read(fs::path(MIG_ROOT) / path);
    INFO(path);
    CHECK(text.starts_with("// "));
    CHECK(text.find("#pragma once") != std::string::npos);
  }
}

// `runtime/steps/copy.cpp`, `grammar/`: what stands in backticks and begins with a folder of ours.
TEST_CASE("every path that the README names exists") {
  const std::string text = read(fs::path(MIG_ROOT) / "README.md");
  const std::vector<std::string_view> tops = {".ci/",     "compiler/", "examples/", "grammar/",
                                              "runtime/", "stdlib/",   "tests/"};
  std::size_t named = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    for (std::size_t open = line.find('`'); open != std::string::npos;) {
      const std::size_t close = line.find('`', open + 1);
      if (close == std::string::npos) break;
      const std::string name = line.substr(open + 1, close - open - 1);
      open = line.find('`', close + 1);
      const bool is_path =
          name.find_first_of(" *") == std::string::npos &&
          std::ranges::any_of(tops, [&](auto top) { return name.starts_with(top); });
      if (!is_path) continue;
      ++named;
      INFO(name);
      CHECK(fs::exists(fs::path(MIG_ROOT) / name));
    }
  }
  CHECK(named > 40);
}
