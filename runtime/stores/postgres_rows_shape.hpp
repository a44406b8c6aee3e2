// How the rows of one dataset stand in a PostgreSQL table: its names in SQL, the types of its
// columns, and how a tuple becomes a row. Used by the readers of rows. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/postgres_tuples.hpp"
#include "runtime/stores/postgres_wire.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// Why a row cannot be read as its entity says.
struct PostgresFlaw {
  std::string field;
  std::string reason;
};

struct PostgresRowsShape {
  plan::Entity entity;
  std::string name;                  // of the table, for people
  std::string table;                 // quoted
  std::vector<std::string> columns;  // `t."id"`, one a field
  std::vector<PostgresType> types;   // as they are in the table
  std::vector<bool> required;        // NOT NULL there

  // Permanent where a table or column is missing.
  static Result<PostgresRowsShape> of(const Database& database, const plan::Plan& plan,
                                      plan::DatasetId dataset);

  // `t."a", t."b"`: these fields.
  std::string list(const std::vector<std::uint32_t>& fields) const;
  // A place as SQL, for those fields: `5`, `(5, 'x')`.
  std::string literal(std::string_view place, const std::vector<std::uint32_t>& fields) const;

  // The query for up to `limit` rows behind `after` up to and with `until`, by their key, all
  // fields of each; a bound that is empty is none.
  std::string page(const std::string& after, const std::string& until, std::size_t limit) const;
  // The query for keys that split those rows into `parts` of about as many, by a sample of so many
  // percent of the table's pages.
  std::string quantiles(const std::string& after, const std::string& until, std::size_t parts,
                        double percent) const;

  // Appends one cell to a column, or says why not and appends nothing.
  std::optional<PostgresFlaw> append(std::size_t field, const CopyField& cell, Column& into) const;
  // The place of a tuple of which `cells` are those fields. Permanent where one does not fit.
  Result<std::string> place(std::span<const CopyField> cells,
                            const std::vector<std::uint32_t>& fields) const;
  // The same of a tuple of all fields.
  Result<std::string> place_of(std::string_view tuple) const;

 private:
  std::string between(const std::string& after, const std::string& until) const;
};

// From now on this connection, which is used for nothing else, finds pages in the order of their
// key by the key's index, whatever is known of the table: of one that was filled just now the
// server knows nothing, and would sort all that lies behind a place for each page.
Result<void> read_by_key(const Database& database);

}  // namespace mig::runtime
