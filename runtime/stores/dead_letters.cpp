#include "runtime/stores/dead_letters.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/stores/control.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/sql_text.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kPlacesAtOnce = 500;

// `run` may be empty: any.
std::string select_open(const std::string& run, const std::string& dataset) {
  return fmt::format("SELECT row_key FROM mig_ctl_reject WHERE dataset = {} AND closed IS NULL{}",
                     quote_text(dataset), run.empty() ? "" : " AND run = " + quote_text(run));
}

}  // namespace

Result<void> add_dead_letters(const Database& database, const std::vector<DeadLetter>& letters) {
  if (letters.empty()) return {};
  MIG_ASSIGN(write,
             database.prepare("INSERT INTO mig_ctl_reject(run, step, dataset, row_key, shown_key, "
                              "field, reason, at, owner, closed) "
                              "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL) "
                              "ON CONFLICT(run, step, row_key) DO UPDATE SET "
                              "dataset = excluded.dataset, shown_key = excluded.shown_key, "
                              "field = excluded.field, reason = excluded.reason, "
                              "at = excluded.at, owner = excluded.owner, closed = NULL"));
  for (const DeadLetter& letter : letters) {
    MIG_TRY(close_dead_letter(database, letter.run, letter.dataset, letter.key, letter.at));
    const std::string shown = shown_key(letter.key);
    int parameter = 0;
    for (const std::string* value :
         {&letter.run, &letter.step, &letter.dataset, &letter.key, &shown, &letter.field,
          &letter.reason, &letter.at, &letter.owner}) {
      write.bind_text(++parameter, *value);
    }
    MIG_TRY(write.run());
  }
  return {};
}

Result<void> drop_dead_letters(const Database& database, const std::string& run,
                               std::string_view step) {
  MIG_ASSIGN(drop, database.prepare("DELETE FROM mig_ctl_reject WHERE run = ?1 AND step = ?2"));
  drop.bind_text(1, run);
  drop.bind_text(2, step);
  return drop.run();
}

Result<std::vector<DeadLetter>> open_dead_letters(const Database& database, const std::string& run,
                                                  std::size_t limit) {
  std::vector<DeadLetter> letters;
  MIG_ASSIGN(exists, has_control_tables(database));
  if (!exists) return letters;
  MIG_ASSIGN(rows, database.prepare("SELECT run, step, dataset, row_key, field, reason, at, owner "
                                    "FROM mig_ctl_reject WHERE closed IS NULL "
                                    "AND (?1 = '' OR run = ?1) ORDER BY run, step, row_key "
                                    "LIMIT ?2"));
  rows.bind_text(1, run);
  rows.bind(2, static_cast<std::int64_t>(limit));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return letters;
    const auto text = [&](int column) { return std::string(rows.text(column)); };
    letters.push_back({text(0), text(1), text(2), text(3), text(4), text(5), text(6), text(7)});
  }
}

Result<std::vector<std::string>> open_letter_keys(const Database& database, const std::string& run,
                                                  const std::string& dataset,
                                                  const std::string& after, std::size_t limit) {
  std::vector<std::string> keys;
  MIG_ASSIGN(exists, has_control_tables(database));
  if (!exists) return keys;
  MIG_ASSIGN(rows, database.prepare("SELECT DISTINCT row_key FROM mig_ctl_reject WHERE run = ?1 "
                                    "AND dataset = ?2 AND row_key > ?3 AND closed IS NULL "
                                    "ORDER BY row_key LIMIT ?4"));
  rows.bind_text(1, run);
  rows.bind_text(2, dataset);
  rows.bind_text(3, after);
  rows.bind(4, static_cast<std::int64_t>(limit));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return keys;
    keys.emplace_back(rows.text(0));
  }
}

Result<bool> has_open_letters(const Database& database, const std::string& run,
                              const std::string& dataset) {
  MIG_ASSIGN(rows, database.prepare(select_open(run, dataset) + " LIMIT 1"));
  return rows.step();
}

Result<std::set<std::string>> open_letters_among(const Database& database, const std::string& run,
                                                 const std::string& dataset, const Places& keys,
                                                 std::size_t rows) {
  std::set<std::string> found;
  MIG_ASSIGN(has_any, has_open_letters(database, run, dataset));
  if (!has_any) return found;
  for (std::size_t from = 0; from < rows; from += kPlacesAtOnce) {
    std::string places;
    const std::size_t end = std::min(rows, from + kPlacesAtOnce);
    for (std::size_t row = from; row < end; ++row)
      places += (row == from ? "" : ", ") + quote_text(keys[row]);
    MIG_ASSIGN(letters, database.prepare(fmt::format("{} AND row_key IN ({})",
                                                     select_open(run, dataset), places)));
    while (true) {
      MIG_ASSIGN(has_row, letters.step());
      if (!has_row) break;
      found.emplace(letters.text(0));
    }
  }
  return found;
}

Result<bool> has_open_letter(const Database& database, const std::string& run,
                             const std::string& dataset, const std::string& key) {
  MIG_ASSIGN(exists, has_control_tables(database));
  if (!exists) return false;
  MIG_ASSIGN(rows, database.prepare("SELECT 1 FROM mig_ctl_reject WHERE run = ?1 AND dataset = ?2 "
                                    "AND row_key = ?3 AND closed IS NULL LIMIT 1"));
  rows.bind_text(1, run);
  rows.bind_text(2, dataset);
  rows.bind_text(3, key);
  return rows.step();
}

Result<void> close_dead_letter(const Database& database, const std::string& run,
                               const std::string& dataset, const std::string& key,
                               const std::string& at) {
  MIG_ASSIGN(close, database.prepare("UPDATE mig_ctl_reject SET closed = ?4 WHERE run = ?1 "
                                     "AND dataset = ?2 AND row_key = ?3 AND closed IS NULL"));
  close.bind_text(1, run);
  close.bind_text(2, dataset);
  close.bind_text(3, key);
  close.bind_text(4, at);
  return close.run();
}

Result<std::int64_t> count_dead_letters(const Database& database, const std::string& run,
                                        const std::string& dataset) {
  MIG_ASSIGN(exists, has_control_tables(database));
  if (!exists) return 0;
  MIG_ASSIGN(rows, database.prepare("SELECT count(*) FROM mig_ctl_reject WHERE closed IS NULL "
                                    "AND (?1 = '' OR run = ?1) AND dataset = ?2"));
  rows.bind_text(1, run);
  rows.bind_text(2, dataset);
  MIG_TRY(rows.step());
  return rows.integer(0);
}

}  // namespace mig::runtime
