#include "tests/support/redis_server.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mig::tests {
namespace {

// A member of a cluster takes another port, so much above.
constexpr std::uint16_t kLastPort = 65535 - 10000;

// Somebody else may take it before the server does; then the start is tried again.
std::uint16_t free_port() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound = socket_fd >= 0 && bind(socket_fd, generic, size) == 0 &&
                        getsockname(socket_fd, generic, &size) == 0;
  if (socket_fd >= 0) close(socket_fd);
  if (!is_bound) throw std::runtime_error("no port is free on the loopback");
  const std::uint16_t port = ntohs(address.sin_port);
  return port <= kLastPort ? port : free_port();
}

const passwd* redis_user() {
  if (getuid() != 0) return nullptr;
  // In a container whose root is closed to all but its owner another user finds no program at all.
  struct stat root {};
  if (stat("/", &root) != 0 || (root.st_mode & S_IXOTH) == 0) return nullptr;
  const passwd* user = getpwnam("redis");
  if (user == nullptr) throw std::runtime_error("there is no user `redis`; install redis-server");
  return user;
}

// In the child. Gives up root before the death signal is asked for: the kernel forgets that one
// when a process changes its user.
[[noreturn]] void become_server(const std::vector<std::string>& words, const passwd* user,
                                pid_t parent, int output) {
  if (user != nullptr && (initgroups(user->pw_name, user->pw_gid) != 0 ||
                          setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
    _exit(126);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  constexpr char kMissing[] = "redis-server cannot be run; install what .ci/packages lists\n";
  [[maybe_unused]] const ssize_t ignored = write(STDOUT_FILENO, kMissing, sizeof kMissing - 1);
  _exit(127);
}

// Reads what the server says until it takes connections. False where it ends before that.
bool wait_until_ready(int output, std::string& said) {
  char buffer[4096];
  while (true) {
    const ssize_t size = read(output, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    said.append(buffer, static_cast<std::size_t>(size));
    // Its last words of a start are about the socket; they come after the ports are open.
    if (said.find("ready to accept connections at") != said.npos) return true;
  }
}

}  // namespace

RedisServer::RedisServer(RedisOptions options) : options_(std::move(options)) {
  if (options_.tls) make_certificate();
  if (const passwd* user = redis_user()) {
    const std::string command =
        "chown -R " + std::string(user->pw_name) + " " + folder_.path().string();
    if (std::system(command.c_str()) != 0) throw std::runtime_error("the folder keeps its owner");
  }
  start();
}

RedisServer::~RedisServer() {
  kill();
}

std::string RedisServer::url() const {
  return "unix://" + socket_path();
}

std::string RedisServer::tcp_url() const {
  return "redis://127.0.0.1:" + std::to_string(port_);
}

std::string RedisServer::tls_url() const {
  return "rediss://localhost:" + std::to_string(tls_port_);
}

std::string RedisServer::ca_file() const {
  return folder_ / "ca.crt";
}

// An authority of one server: it signs a certificate for `localhost` and nothing else.
void RedisServer::make_certificate() const {
  const std::string script =
      "cd " + folder_.path().string() +
      " && exec >openssl.log 2>&1"
      " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
      " -subj /CN=mig-test-authority -keyout ca.key -out ca.crt"
      " && openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
      " -subj /CN=localhost -keyout server.key -out server.csr"
      " && printf 'subjectAltName=DNS:localhost\\n' >server.ext"
      " && openssl x509 -req -days 2 -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial"
      " -extfile server.ext -out server.crt";
  if (std::system(script.c_str()) != 0) throw std::runtime_error("openssl made no certificate");
}

std::vector<std::string> RedisServer::arguments() const {
  std::vector<std::string> words = {"redis-server",
                                    "--port",
                                    std::to_string(port_),
                                    "--bind",
                                    "127.0.0.1",
                                    "--unixsocket",
                                    socket_path(),
                                    "--unixsocketperm",
                                    "777",
                                    "--dir",
                                    folder_.path().string(),
                                    "--save",
                                    "",
                                    "--loglevel",
                                    "notice",
                                    "--daemonize",
                                    "no",
                                    "--maxmemory-policy",
                                    options_.max_memory_policy,
                                    "--appendonly",
                                    options_.append_only ? "yes" : "no",
                                    "--appendfsync",
                                    "always"};
  const auto add = [&](std::initializer_list<std::string> more) {
    words.insert(words.end(), more);
  };
  if (!options_.password.empty()) add({"--requirepass", options_.password});
  if (!options_.max_memory.empty()) add({"--maxmemory", options_.max_memory});
  if (options_.tls) {
    add({"--tls-port", std::to_string(tls_port_), "--tls-cert-file", folder_ / "server.crt",
         "--tls-key-file", folder_ / "server.key", "--tls-ca-cert-file", folder_ / "ca.crt",
         "--tls-auth-clients", "no"});
  }
  for (const std::string& user : options_.users) {
    add({"--user"});
    std::istringstream rules(user);
    for (std::string rule; rules >> rule;)
      add({rule});
  }
  words.insert(words.end(), options_.more.begin(), options_.more.end());
  return words;
}

void RedisServer::start() {
  constexpr int kAttempts = 10;
  std::string said;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (port_ == 0) port_ = free_port();
    if (options_.tls && tls_port_ == 0) tls_port_ = free_port();
    const auto words = arguments();
    const passwd* user = redis_user();
    int output[2];
    if (pipe2(output, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t parent = getpid();
    process_ = fork();
    if (process_ == 0) become_server(words, user, parent, output[1]);
    close(output[1]);
    said.clear();
    const bool is_ready = process_ > 0 && wait_until_ready(output[0], said);
    // From here on nobody reads it; the server ignores the signal of a broken pipe.
    close(output[0]);
    if (is_ready) return;
    kill();
    if (said.find("Address already in use") == said.npos) break;
    port_ = 0;
    tls_port_ = 0;
  }
  throw std::runtime_error("redis-server did not start: " + said);
}

void RedisServer::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

void RedisServer::restart() {
  kill();
  start();
}

void RedisServer::stop() {
  ::kill(process_, SIGSTOP);
  waitpid(process_, nullptr, WUNTRACED);
}

void RedisServer::resume() {
  ::kill(process_, SIGCONT);
}

}  // namespace mig::tests
