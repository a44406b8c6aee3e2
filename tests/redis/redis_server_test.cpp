#include "tests/support/redis_server.hpp"

#include <csignal>
#include <cstdio>

#include <catch2/catch.hpp>

#include "tests/unit/child_process.hpp"

using namespace mig::tests;

namespace {

std::string answer(const RedisServer& server, const std::string& words) {
  const std::string command = "redis-cli -s " + server.socket_path() + " " + words + " 2>&1";
  std::FILE* output = popen(command.c_str(), "r");
  REQUIRE(output != nullptr);
  std::string text;
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, output) != nullptr)
    text += buffer;
  pclose(output);
  return text;
}

}  // namespace

TEST_CASE("a server of the test's own answers, dies and comes back") {
  RedisServer server({.append_only = true});
  CHECK(answer(server, "set a 1") == "OK\n");
  server.kill();
  CHECK(answer(server, "get a") != "1\n");
  server.restart();
  CHECK(answer(server, "get a") == "1\n");
}

TEST_CASE("a server dies with the process that started it") {
  ChildProcess child([](const Line& line) {
    const RedisServer server;
    line.say(std::to_string(server.port()));
    line.hear();
  });
  const std::string port = child.hear();
  REQUIRE_FALSE(port.empty());  // or nobody would be asked, and would answer for ever
  const std::string ping = "redis-cli -p " + port + " ping >/dev/null 2>&1";
  REQUIRE(std::system(ping.c_str()) == 0);
  child.kill_now();
  // The kernel sends the signal before the parent is reaped, but the server's end takes a moment.
  while (std::system(ping.c_str()) == 0) {
  }
  SUCCEED();
}
