// A real process for tests about dying, stopping and racing. It speaks in lines over a pipe, so a
// test waits for what happened and never for time.
#pragma once

#include <cassert>
#include <csignal>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace mig::tests {

// What the child sees: `say` sends a line, `hear` waits for one byte from the test.
class Line {
 public:
  Line(int in, int out) : in_(in), out_(out) {}
  void say(const std::string& text) const {
    const std::string line = text + "\n";
    if (write(out_, line.data(), line.size()) < 0) _exit(3);
  }
  void hear() const {
    char byte = 0;
    if (read(in_, &byte, 1) != 1) _exit(4);
  }

 private:
  int in_;
  int out_;
};

class ChildProcess {
 public:
  explicit ChildProcess(const std::function<void(const Line&)>& work) {
    int up[2];
    int down[2];
    if (pipe(up) != 0 || pipe(down) != 0) std::abort();
    process_ = fork();
    if (process_ < 0) std::abort();
    if (process_ == 0) {
      close(up[0]);
      close(down[1]);
      work(Line(down[0], up[1]));
      _exit(0);
    }
    close(up[1]);
    close(down[0]);
    in_ = up[0];
    out_ = down[1];
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (process_ > 0) kill_now();
    close(in_);
    close(out_);
  }

  // The next line, empty at the end.
  std::string hear() const {
    std::string line;
    char byte = 0;
    while (read(in_, &byte, 1) == 1 && byte != '\n')
      line += byte;
    return line;
  }
  void go_on() const {
    const char byte = '!';
    if (write(out_, &byte, 1) != 1) std::abort();
  }
  void stop() const {
    kill(process_, SIGSTOP);
    int status = 0;
    waitpid(process_, &status, WUNTRACED);
    assert(WIFSTOPPED(status));
  }
  void resume() const { kill(process_, SIGCONT); }
  void kill_now() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  int wait() {
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  pid_t id() const { return process_; }

 private:
  pid_t process_ = -1;
  int in_ = -1;
  int out_ = -1;
};

}  // namespace mig::tests
