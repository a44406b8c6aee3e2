#include "runtime/data/cells.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace mig::runtime {
namespace {

constexpr std::size_t kChunk = std::size_t{64} * 1024;

// The elements of a list column, all of them: ranges of several rows point into it.
void load_items(const Column& column, ItemCells& items, std::size_t level);

void load_cell(const Column& column, std::size_t row, Cells& cells, std::size_t at,
               const ItemCells& items, std::size_t level) {
  if (cells.nullable) {
    const bool is_present = !column.is_null(row);
    cells.present[at] = is_present ? 1 : 0;
    if (!is_present) return;
  }
  switch (cells.storage) {
    case Storage::Integers:
      cells.integers[at] = column.integer(row);
      return;
    case Storage::Decimals:
      cells.decimals[at] = column.decimal(row);
      return;
    case Storage::Reals:
      cells.reals[at] = column.real(row);
      return;
    case Storage::Bytes:
      cells.texts[at] = column.bytes(row);
      return;
    case Storage::List: {
      const auto [first, end] = column.list(row);
      cells.lists[at] = ListCell{items[level].get(), first, end};
      return;
    }
  }
}

void load_items(const Column& column, ItemCells& items, std::size_t level) {
  if (items.size() == level) items.push_back(std::make_unique<Cells>());
  const Column& element = column.element();
  Cells& cells = *items[level];
  cells.storage = storage_of(element.type().base);
  cells.nullable = element.type().optional;
  cells.resize(element.size());
  if (cells.storage == Storage::List) load_items(element, items, level + 1);
  for (std::size_t item = 0; item < element.size(); ++item)
    load_cell(element, item, cells, item, items, level + 1);
}

}  // namespace

std::size_t Cells::size() const {
  switch (storage) {
    case Storage::Integers:
      return integers.size();
    case Storage::Decimals:
      return decimals.size();
    case Storage::Reals:
      return reals.size();
    case Storage::Bytes:
      return texts.size();
    case Storage::List:
      return lists.size();
  }
  assert(false && "every storage has a size");
  return 0;
}

void Cells::resize(std::size_t rows) {
  if (nullable) present.resize(rows);
  switch (storage) {
    case Storage::Integers:
      integers.resize(rows);
      return;
    case Storage::Decimals:
      decimals.resize(rows);
      return;
    case Storage::Reals:
      reals.resize(rows);
      return;
    case Storage::Bytes:
      texts.resize(rows);
      return;
    case Storage::List:
      lists.resize(rows);
      return;
  }
}

void Cells::copy(std::size_t row, const Cells& from, std::size_t from_row) {
  assert(storage == from.storage);
  const bool is_present = from.is_present(from_row);
  if (nullable) present[row] = is_present ? 1 : 0;
  if (!is_present) {
    assert(nullable);
    return;
  }
  switch (storage) {
    case Storage::Integers:
      integers[row] = from.integer(from_row);
      return;
    case Storage::Decimals:
      decimals[row] = from.decimal(from_row);
      return;
    case Storage::Reals:
      reals[row] = from.real(from_row);
      return;
    case Storage::Bytes:
      texts[row] = from.text(from_row);
      return;
    case Storage::List:
      lists[row] = from.list(from_row);
      return;
  }
}

void load(const Column& column, Selection rows, Cells& cells, ItemCells& items) {
  if (cells.storage == Storage::List) load_items(column, items, 0);
  for (const std::uint32_t row : rows)
    load_cell(column, row, cells, row, items, 0);
}

void append(Column& column, const Cells& cells, std::size_t row) {
  if (!cells.is_present(row)) {
    column.append_null();
    return;
  }
  switch (cells.storage) {
    case Storage::Integers:
      column.append_integer(cells.integer(row));
      return;
    case Storage::Decimals:
      column.append_decimal(cells.decimal(row));
      return;
    case Storage::Reals:
      column.append_real(cells.real(row));
      return;
    case Storage::Bytes:
      column.append_bytes(cells.text(row));
      return;
    case Storage::List: {
      const ListCell& list = cells.list(row);
      for (std::size_t item = list.first; item < list.end; ++item)
        append(column.element(), *list.items, item);
      column.append_list();
      return;
    }
  }
}

char* TextArena::allocate(std::size_t size) {
  while (chunk_ < chunks_.size() && chunks_[chunk_].size - used_ < size)
    ++chunk_, used_ = 0;
  if (chunk_ == chunks_.size()) {
    const std::size_t wanted = std::max(size, kChunk);
    chunks_.push_back(Chunk{std::make_unique<char[]>(wanted), wanted});
  }
  char* bytes = chunks_[chunk_].bytes.get() + used_;
  used_ += size;
  return bytes;
}

std::string_view TextArena::keep(std::string_view text) {
  if (text.empty()) return {};
  char* bytes = allocate(text.size());
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

void TextArena::clear() {
  chunk_ = 0;
  used_ = 0;
}

}  // namespace mig::runtime
