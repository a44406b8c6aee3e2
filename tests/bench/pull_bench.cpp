// Pulls the table `users` of two databases at once, in binary, and compares a hash of the rows:
// what a comparison of all rows costs at least.
//   mig_pull_bench URL URL      0 where both hold the same rows
// Used by movers.sh.
#include <array>
#include <cstdint>
#include <cstdio>
#include <libpq-fe.h>
#include <optional>
#include <string>
#include <thread>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace {

struct Pulled {
  std::uint64_t rows = 0;
  std::uint64_t sum = 0;
  bool operator==(const Pulled&) const = default;
};

std::optional<Pulled> pull(const char* url) {
  PGconn* connection = PQconnectdb(url);
  PGresult* answer = PQexec(connection, "COPY users TO STDOUT (FORMAT binary)");
  std::optional<Pulled> pulled;
  if (PQresultStatus(answer) == PGRES_COPY_OUT) {
    pulled.emplace();
    char* row = nullptr;
    int size = 0;
    while ((size = PQgetCopyData(connection, &row, 0)) > 0) {
      ++pulled->rows;
      pulled->sum += XXH3_64bits(row, static_cast<std::size_t>(size));
      PQfreemem(row);
    }
    if (size != -1) pulled.reset();
  }
  if (!pulled) std::fputs(PQerrorMessage(connection), stderr);
  PQclear(answer);
  PQfinish(connection);
  return pulled;
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    std::fputs("usage: mig_pull_bench URL URL\n", stderr);
    return 64;
  }
  std::optional<Pulled> other;
  std::thread beside([&] { other = pull(words[2]); });
  const auto one = pull(words[1]);
  beside.join();
  if (!one || !other) return 1;
  std::printf("%llu rows\n", static_cast<unsigned long long>(one->rows));
  return *one == *other ? 0 : 1;
}
