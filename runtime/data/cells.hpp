// The values of one expression for the rows of a batch, addressed by row number, and the memory of
// texts that were made on the way.
//
// Working memory of transforms: rows that nobody selected hold anything. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/data/batch.hpp"

namespace mig::runtime {

// Rows that are to be computed, ascending.
using Selection = std::span<const std::uint32_t>;

struct Cells;

// A list is a range of other cells, which outlive the batch's evaluation.
struct ListCell {
  const Cells* items = nullptr;
  std::size_t first = 0;
  std::size_t end = 0;
};

struct Cells {
  Storage storage = Storage::Integers;
  bool nullable = false;               // false: `present` is not kept, nothing is absent
  std::size_t mask = ~std::size_t{0};  // 0: a constant, one value for every row
  std::vector<std::uint8_t> present;   // where nullable
  std::vector<std::int64_t> integers;  // as Column keeps them
  std::vector<Decimal> decimals;
  std::vector<double> reals;
  std::vector<std::string_view> texts;
  std::vector<ListCell> lists;

  bool is_present(std::size_t row) const { return !nullable || present[row & mask] != 0; }
  std::int64_t integer(std::size_t row) const { return integers[row & mask]; }
  Decimal decimal(std::size_t row) const { return decimals[row & mask]; }
  double real(std::size_t row) const { return reals[row & mask]; }
  std::string_view text(std::size_t row) const { return texts[row & mask]; }
  const ListCell& list(std::size_t row) const { return lists[row & mask]; }

  std::size_t size() const;
  void resize(std::size_t rows);
  // Takes over one value of cells of the same storage.
  void copy(std::size_t row, const Cells& from, std::size_t from_row);
};

// Cells of a column's rows. `items` receives the elements of lists, one level each.
using ItemCells = std::vector<std::unique_ptr<Cells>>;
void load(const Column& column, Selection rows, Cells& cells, ItemCells& items);

// Appends one value. REQUIRES: an absent one only where the column's type is optional.
void append(Column& column, const Cells& cells, std::size_t row);

// Texts that live until `clear`; the memory is kept for the next batch.
class TextArena {
 public:
  char* allocate(std::size_t size);
  std::string_view keep(std::string_view text);
  void clear();

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;  // the one that is being filled
  std::size_t used_ = 0;
};

}  // namespace mig::runtime
