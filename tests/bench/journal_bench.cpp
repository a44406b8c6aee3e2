// How many durable records a second the journal takes.  mig_journal_bench FOLDER [RECORDS]
//
// FOLDER lies on the disk to measure and gets a journal of its own, which is left there.
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "runtime/journal/sqlite_journal.hpp"

using namespace mig::runtime;

namespace {

double per_second(std::int64_t records, Duration spent) {
  return static_cast<double>(records) * 1e9 / static_cast<double>(spent.count());
}

Result<void> measure(const std::string& folder, std::int64_t records) {
  const SystemClock clock;
  MIG_ASSIGN(journal, SqliteJournal::open(folder + "/bench.db", clock, {.mode = Mode::Create}));
  MIG_ASSIGN(lease, journal->take("bench", "bench"));
  const NewRecord record{
      "Progress", "{\"step\":\"backfill\",\"rows\":123456}" + std::string(200, ' '), "bench"};
  auto start = clock.elapsed();
  for (std::int64_t i = 0; i < records; ++i)
    MIG_TRY(append(*journal, lease, record));
  fmt::print("one a transaction:      {:8.0f} records/s\n",
             per_second(records, clock.elapsed() - start));

  const std::vector<NewRecord> batch(10, record);
  start = clock.elapsed();
  for (std::int64_t i = 0; i < records; i += 10)
    MIG_TRY(journal->append(lease, batch));
  fmt::print("ten a transaction:      {:8.0f} records/s\n",
             per_second(records, clock.elapsed() - start));

  start = clock.elapsed();
  MIG_ASSIGN(verified, journal->verify());
  fmt::print("reading and verifying:  {:8.0f} records/s\n",
             per_second(verified, clock.elapsed() - start));
  return journal->release(lease);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    fmt::print(stderr, "mig_journal_bench FOLDER [RECORDS]\n");
    return 64;
  }
  const auto done = measure(arguments[1], count > 2 ? std::stoll(arguments[2]) : 2000);
  if (!done) fmt::print(stderr, "{}\n", done.error().message);
  return done ? 0 : 1;
}
