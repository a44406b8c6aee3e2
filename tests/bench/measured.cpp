// Runs a command and says what it took.
//   mig_measured FILE COMMAND…
// FILE gets one line: seconds, seconds of processor time, peak memory in MiB, of the command and of
// what it waited for. Ends as the command does. Used by movers.sh.
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

double seconds(const timeval& span) {
  return static_cast<double>(span.tv_sec) + static_cast<double>(span.tv_usec) / 1e6;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    std::fputs("usage: mig_measured FILE COMMAND...\n", stderr);
    return 64;
  }
  const auto began = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    execvp(words[2], words + 2);
    std::perror(words[2]);
    _exit(127);
  }
  int status = 0;
  rusage used{};
  while (wait4(child, &status, 0, &used) < 0) {
    if (errno != EINTR) return 71;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::FILE* file = std::fopen(words[1], "w");
  if (file == nullptr) return 73;
  std::fprintf(file, "%.3f %.2f %.1f\n", took.count(),
               seconds(used.ru_utime) + seconds(used.ru_stime),
               static_cast<double>(used.ru_maxrss) / 1024);
  std::fclose(file);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
