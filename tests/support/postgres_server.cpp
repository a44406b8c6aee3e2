#include "tests/support/postgres_server.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <libpq-fe.h>
#include <memory>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace mig::tests {
namespace {

constexpr const char* kScript = MIG_ROOT "/tests/support/postgres.sh";

using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error("the test server: " + what);
}

Answer answer_of(const std::string& url, const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) give_up(PQerrorMessage(connection.get()));
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  Answer answer(PQexec(connection.get(), sql.c_str()), PQclear);
  const auto status = PQresultStatus(answer.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    give_up(PQresultErrorMessage(answer.get()));
  }
  return answer;
}

// One line of a file descriptor; empty at its end.
std::string line_of(int descriptor) {
  std::string line;
  char letter = 0;
  while (::read(descriptor, &letter, 1) == 1 && letter != '\n')
    line += letter;
  return line;
}

}  // namespace

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() {
  std::string name = "/tmp/mig-postgres-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) give_up("no temporary folder");
  folder_ = name;
  std::array<int, 2> leash{};
  std::array<int, 2> words{};
  // Closed on exec, so that no program that a test starts keeps the server alive.
  if (::pipe2(leash.data(), O_CLOEXEC) != 0 || ::pipe2(words.data(), O_CLOEXEC) != 0) {
    give_up("no pipe");
  }
  guard_ = ::fork();
  if (guard_ == 0) {
    ::setsid();  // a signal to the test's group passes by; the pipe's end is what counts
    ::dup2(leash[0], STDIN_FILENO);
    ::dup2(words[1], STDOUT_FILENO);
    ::execl(kScript, kScript, "guard", folder_.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(leash[0]);
  ::close(words[1]);
  leash_ = leash[1];
  url_ = line_of(words[0]);
  ::close(words[0]);
  if (url_.empty()) give_up("it does not start; see what postgres.sh says above");
}

PostgresServer::~PostgresServer() {
  ::close(leash_);
  ::waitpid(guard_, nullptr, 0);
}

std::string PostgresServer::create_database() {
  const std::string name = "t" + std::to_string(++databases_);
  run(url_, "CREATE DATABASE " + name);
  std::string url = url_;
  const std::string_view place = "@/postgres?";
  return url.replace(url.find(place), place.size(), "@/" + name + "?");
}

std::string PostgresServer::as_role(const std::string& url, std::string_view role) const {
  const std::string_view owner = "//postgres@";
  std::string other = url;
  return other.replace(other.find(owner), owner.size(), "//" + std::string(role) + "@");
}

void PostgresServer::run(const std::string& url, const std::string& sql) const {
  answer_of(url, sql);
}

std::string PostgresServer::ask(const std::string& url, const std::string& sql) const {
  const Answer answer = answer_of(url, sql);
  if (PQntuples(answer.get()) == 0) give_up("no row from " + sql);
  return PQgetvalue(answer.get(), 0, 0);
}

void PostgresServer::call(const std::string& verb) const {
  const std::string command = std::string(kScript) + " " + verb + " " + folder_.string();
  if (std::system(command.c_str()) != 0) give_up("it does not " + verb);
}

void PostgresServer::kill() {
  call("kill");
}

void PostgresServer::restart() {
  call("again");
}

}  // namespace mig::tests
