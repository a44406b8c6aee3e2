// Rows that could not be moved, kept beside the data: which, and why, never what was in them.
//
// Written inside the Effect that passed over them. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/places.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

struct DeadLetter {
  std::string run;
  std::string step;
  std::string dataset;  // of the source row
  std::string key;      // its place, as Page::keys
  std::string field;
  std::string reason;
  std::string at;
  std::string owner;
};

// A row that was set aside before is set aside once: its older letter is closed.
Result<void> add_dead_letters(const Database& database, const std::vector<DeadLetter>& letters);
Result<void> drop_dead_letters(const Database& database, const std::string& run,
                               std::string_view step);
// The open ones of a run, or of every run where `run` is empty; up to `limit`, in key order.
Result<std::vector<DeadLetter>> open_dead_letters(const Database& database, const std::string& run,
                                                  std::size_t limit);
// The places of a run's rows of that source dataset whose letter is open, behind `after`.
Result<std::vector<std::string>> open_letter_keys(const Database& database, const std::string& run,
                                                  const std::string& dataset,
                                                  const std::string& after, std::size_t limit);
// Whether that row of the run is set aside now.
Result<bool> has_open_letter(const Database& database, const std::string& run,
                             const std::string& dataset, const std::string& key);
// Whether any row of that source dataset is set aside now, by the run, or by any where `run` is
// empty.
Result<bool> has_open_letters(const Database& database, const std::string& run,
                              const std::string& dataset);
// Which of the first `rows` of these places are those of such a row.
Result<std::set<std::string>> open_letters_among(const Database& database, const std::string& run,
                                                 const std::string& dataset, const Places& keys,
                                                 std::size_t rows);
// A good version of the row stands on the new side, or the row is gone from the old one. The letter
// stays for people to read and counts no more.
Result<void> close_dead_letter(const Database& database, const std::string& run,
                               const std::string& dataset, const std::string& key,
                               const std::string& at);
// Open ones, of rows of that source dataset.
Result<std::int64_t> count_dead_letters(const Database& database, const std::string& run,
                                        const std::string& dataset);

}  // namespace mig::runtime
