// The file that a backup is: a SQLite database with a table for each dataset.
//
// A table of a SQLite store stands in it as it is. Of other stores each cell stands as its store
// writes it, and `mig_backup` says what came from where. `mig_restore(store, line)` gives the lines
// that put it back, for the client that every operator has: psql, or redis-cli. Used by
// BackupSources; one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runtime/data/batch.hpp"
#include "runtime/data/fingerprint.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// Of whole rows, whatever their order: each cell by its class and its bytes.
class RowSum {
 public:
  RowSum();
  void add_cell(const SqlCell& cell);
  void end_row();
  const FingerprintSum& sum() const { return sum_; }

 private:
  FingerprintSum sum_;
  Batch row_;
  std::string cells_;
  std::string scratch_;
};

// Where a table of the file came from.
struct BackupNote {
  std::string dataset;
  std::string store;
  std::string place;  // its name there: a table, or the form of a key
  std::string table;  // in the file
  std::string taken_at;
  std::int64_t rows = 0;
};

// The lines that put back what came from one store.
struct RestoreLines {
  std::string begin;              // before all others
  std::vector<std::string> rows;  // SELECTs of one column
  std::string end;                // behind all others
};

class BackupFile {
 public:
  static Result<BackupFile> create(const std::filesystem::path& path);

  const Database& database() const { return database_; }
  // A name for a table that none has yet, the wanted one if that can be.
  Result<std::string> free_name(const std::string& wanted) const;

  void note(BackupNote note) { notes_.push_back(std::move(note)); }
  RestoreLines& restore(const std::string& store) { return restores_[store]; }
  // Writes the notes and the lines. Nothing may be added to it then.
  Result<void> finish();

 private:
  explicit BackupFile(Database database) : database_(std::move(database)) {}

  Database database_;
  std::vector<BackupNote> notes_;
  std::map<std::string, RestoreLines> restores_;  // by store
};

}  // namespace mig::runtime
