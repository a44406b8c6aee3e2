// Where a row stands in its dataset: the cells of its key as text that every kind of store can find
// it by again.
//
// A letter for the class of each cell and hexadecimal digits, cells parted by `.`: `i` for whole
// numbers, `r` for other ones, `t` for text, `b` for bytes, `n` for nothing. What has no class of
// its own, such as a date, is the text that a plan writes for it. Raw cells have places too, so
// rows whose key does not fit its type have one. Where a store knows no cells and a row's key
// cannot be read as any, the place is `k` and that key. Stateless; Places belong to one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// Many short texts in one piece of memory.
class Places {
 public:
  std::string operator[](std::size_t row) const {
    const std::size_t begin = row == 0 ? 0 : ends_[row - 1];
    return text_.substr(begin, ends_[row] - begin);
  }
  void append(std::string_view place) {
    text_ += place;
    ends_.push_back(text_.size());
  }
  void clear() {
    text_.clear();
    ends_.clear();
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

// Appends one cell to a place.
void append_cell(std::string& place, const SqlCell& cell);
// A cell of a statement's present row.
SqlCell cell_at(const Statement& row, int column);
// What a key's column is selected as, for its cells to be those of a place: in SQLite as it is, in
// PostgreSQL in the words of a plan.
std::string place_sql(Dialect dialect, const plan::Type& type, const std::string& column);
// Binds the cells of a place from `parameter` on.
void bind_key(Statement& statement, int parameter, std::string_view place);
// The cells of a place, in their order. Their bytes are the strings'.
struct PlaceCell {
  SqlCell cell;
  std::string bytes;  // what `cell.bytes` would look at
};
std::vector<PlaceCell> cells_of(std::string_view place);
// `t."id" = ?1`: whether the row `t` stands at the place that `bind_key` binds from ?1 on. A column
// may compare more than bytes: `a` is `A` to some, and is somebody else's row.
Result<std::string> at_place_sql(Dialect dialect, const plan::Entity& entity);
// The place of a row by a key that has no cells, and the key again; nothing where the place has
// them.
std::string raw_place(std::string_view key);
std::optional<std::string> raw_key_of(std::string_view place);
// For people: `42`, `ada@example.com`, `3, x'ff'`.
std::string shown_key(std::string_view place);
// Appends one cell of a column, as a plan writes it.
void append_key_cell(std::string& place, const Column& column, std::size_t row);
// The place of a row that is written by us, in whatever store.
std::string written_key(const plan::Entity& entity, const Batch& rows, std::size_t row);

}  // namespace mig::runtime
