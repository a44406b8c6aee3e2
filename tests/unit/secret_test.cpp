#include "runtime/secret.hpp"

#include <concepts>
#include <fstream>
#include <ostream>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/unit/temporary_folder.hpp"

using namespace mig::runtime;

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!Printable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::equality_comparable<Secret>);
static_assert(!std::copyable<Secret>);
static_assert(Printable<std::string> && fmt::is_formattable<std::string>::value);

namespace {

std::optional<std::string> environment(const std::string& name) {
  if (name == "DB_PASSWORD") return "hunter2";
  return std::nullopt;
}

}  // namespace

TEST_CASE("secret: it is found in the environment or a file") {
  CHECK(resolve_secret("env:DB_PASSWORD", environment)->reveal() == "hunter2");
  mig::tests::TemporaryFolder folder;
  std::ofstream(folder / "password") << "from file\n";
  CHECK(resolve_secret("file:" + (folder / "password").string(), environment)->reveal() ==
        "from file");
}

TEST_CASE("secret: a reference that leads nowhere is named, a pasted password is not") {
  CHECK(resolve_secret("env:NONE", environment).error().message ==
        "the secret `env:NONE` is not set");
  CHECK_FALSE(resolve_secret("file:relative", environment));
  CHECK_FALSE(resolve_secret("file:/nowhere/at/all", environment));
  const auto pasted = resolve_secret("hunter2", environment);
  REQUIRE_FALSE(pasted);
  CHECK((pasted.error().message + pasted.error().help).find("hunter2") == std::string::npos);
}

TEST_CASE("secret: moving leaves nothing behind") {
  Secret first("hunter2");
  Secret second(std::move(first));
  CHECK(first.reveal().empty());
  CHECK(second.reveal() == "hunter2");
  first = std::move(second);
  CHECK(first.reveal() == "hunter2");
}
