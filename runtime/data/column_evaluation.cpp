// How a column program runs over a batch.
#include <algorithm>
#include <cassert>
#include <cstring>
#include <numeric>

#include "runtime/data/column_program.hpp"

namespace mig::runtime {
namespace {

using plan::Function;
using plan::Type;

bool is_lazy_logic(Function function) {
  return function == Function::And || function == Function::Or;
}

// These look at absence themselves.
bool sees_absence(Function function) {
  switch (function) {
    case Function::Equal:
    case Function::NotEqual:
    case Function::Present:
    case Function::Widen:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Lends vectors of row numbers; a nested evaluation gets the next one.
class ColumnProgram::Scratch {
 public:
  explicit Scratch(ColumnProgram& program) : program_(program) {
    if (program.scratch_used_ == program.scratch_.size()) program.scratch_.emplace_back();
    rows_ = &program.scratch_[program.scratch_used_++];
    rows_->clear();
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { --program_.scratch_used_; }
  std::vector<std::uint32_t>& rows() { return *rows_; }

 private:
  ColumnProgram& program_;
  std::vector<std::uint32_t>* rows_;
};

void ColumnProgram::reject(LoopId domain, std::size_t row, std::string_view reason) {
  Domain& own = domains_[domain];
  own.rejected[row] = 1;
  own.any_rejected = true;
  if (domain != kRows) row = own.sources[row];
  Domain& rows = domains_[kRows];
  if (domain != kRows && rows.rejected[row] != 0) return;
  rows.rejected[row] = 1;
  rows.any_rejected = true;
  rejects_.push_back(RowReject{row, field_, std::string(reason)});
}

void ColumnProgram::begin(const Batch& input) {
  assert(input.columns.size() == fields_.size());
  input_ = &input;
  ++batch_;
  arena_.clear();
  rejects_.clear();
  for (Domain& domain : domains_)
    domain.rows = 0;
  Domain& rows = domains_[kRows];
  rows.rows = input.rows;
  rows.rejected.assign(input.rows, 0);
  rows.any_rejected = false;
}

void ColumnProgram::open(LoopId loop, Selection rows) {
  Domain& domain = domains_[loop];
  const Cells& lists = evaluate(domain.list, rows);
  domain.sources.clear();
  domain.positions.clear();
  domain.items.clear();
  domain.item_rows.clear();
  for (const std::uint32_t row : rows) {
    if (is_rejected(row)) continue;
    assert(lists.is_present(row));
    const ListCell& list = lists.list(row);
    for (std::size_t item = list.first; item < list.end; ++item) {
      domain.sources.push_back(row);
      domain.positions.push_back(item - list.first);
      domain.items.push_back(list.items);
      domain.item_rows.push_back(item);
    }
  }
  domain.rows = domain.sources.size();
  for (Operation& operation : operations_) {
    if (operation.domain == loop) operation.batch = 0;
  }
  domain.rejected.assign(domain.rows, 0);
  domain.any_rejected = false;
}

const Cells& ColumnProgram::evaluate(OperationId id, Selection rows) {
  Operation& operation = operations_[id];
  if (operation.recipe.kind == Kind::Constant) return operation.cells;
  const Domain& domain = domains_[operation.domain];
  const bool is_shared = operation.uses != 1;
  if (operation.batch != batch_) {
    operation.batch = batch_;
    operation.cells.resize(domain.rows);
    if (is_shared) operation.done.assign(domain.rows, 0);
    for (const auto& level : operation.items)
      level->resize(0);
  }
  if (!is_shared && !domain.any_rejected) {
    compute(operation, rows);
    return operation.cells;
  }
  Scratch pending(*this);
  for (const std::uint32_t row : rows) {
    if (domain.rejected[row] != 0) continue;
    if (is_shared) {
      if (operation.done[row] != 0) continue;
      operation.done[row] = 1;
    }
    pending.rows().push_back(row);
  }
  if (!pending.rows().empty()) compute(operation, pending.rows());
  return operation.cells;
}

void ColumnProgram::compute(Operation& operation, Selection rows) {
  Domain& domain = domains_[operation.domain];
  switch (operation.recipe.kind) {
    case Kind::Constant:
      return;
    case Kind::Field:
      return load(input_->columns[operation.recipe.field], rows, operation.cells, operation.items);
    case Kind::Element:
      for (const std::uint32_t row : rows)
        operation.cells.copy(row, *domain.items[row], domain.item_rows[row]);
      return;
    case Kind::Index:
      for (const std::uint32_t row : rows)
        operation.cells.integers[row] = static_cast<std::int64_t>(domain.positions[row]);
      return;
    case Kind::Item:
      return pick_items(operation, rows);
    case Kind::Gather:
      return gather(operation, rows);
    case Kind::Choose:
      return choose(operation, rows);
    case Kind::Join:
      return join(operation, rows);
    case Kind::Apply:
      if (is_lazy_logic(operation.recipe.function)) return logic(operation, rows);
      if (operation.recipe.function == Function::Coalesce) return coalesce(operation, rows);
      return call(operation, rows);
  }
}

void ColumnProgram::gather(Operation& operation, Selection rows) {
  Domain& domain = domains_[operation.domain];
  Scratch sources(*this);
  for (const std::uint32_t row : rows) {
    const std::uint32_t source = domain.sources[row];
    if (sources.rows().empty() || sources.rows().back() != source) sources.rows().push_back(source);
  }
  const Cells& from = evaluate(operation.recipe.arguments[0], sources.rows());
  for (const std::uint32_t row : rows) {
    if (is_rejected(domain.sources[row])) {
      domain.rejected[row] = 1;
      domain.any_rejected = true;
      continue;
    }
    operation.cells.copy(row, from, domain.sources[row]);
  }
}

void ColumnProgram::pick_items(Operation& operation, Selection rows) {
  const Domain& domain = domains_[operation.domain];
  Scratch sources(*this);
  for (const std::uint32_t row : rows) {
    const std::uint32_t source = domain.sources[row];
    if (sources.rows().empty() || sources.rows().back() != source) sources.rows().push_back(source);
  }
  const Cells& lists = evaluate(operation.recipe.arguments[0], sources.rows());
  for (const std::uint32_t row : rows) {
    const ListCell& list = lists.list(domain.sources[row]);
    assert(list.first + domain.positions[row] < list.end && "the lists of a row are equally long");
    operation.cells.copy(row, *list.items, list.first + domain.positions[row]);
  }
}

void ColumnProgram::join(Operation& operation, Selection rows) {
  const LoopId loop = operation.recipe.loop;
  open(loop, rows);
  const Domain& domain = domains_[loop];
  Scratch turns(*this);
  turns.rows().resize(domain.rows);
  std::iota(turns.rows().begin(), turns.rows().end(), 0U);
  const Cells& items = evaluate(operation.recipe.arguments[0], turns.rows());
  const Cells& separators = evaluate(operation.recipe.arguments[1], rows);
  std::size_t end = 0;
  for (const std::uint32_t row : rows) {
    const std::size_t first = end;
    while (end < domain.rows && domain.sources[end] == row)
      ++end;
    if (!is_live(operation, row)) continue;
    const std::string_view separator = separators.text(row);
    std::size_t size = first == end ? 0 : separator.size() * (end - first - 1);
    for (std::size_t turn = first; turn < end; ++turn)
      size += items.text(turn).size();
    char* bytes = arena_.allocate(size);
    operation.cells.texts[row] = {bytes, size};
    const auto put = [&](std::string_view text) {
      if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
      bytes += text.size();
    };
    for (std::size_t turn = first; turn < end; ++turn) {
      if (turn > first) put(separator);
      put(items.text(turn));
    }
  }
}

void ColumnProgram::take(Operation& operation, const Cells& from, Selection rows) {
  for (const std::uint32_t row : rows) {
    if (is_live(operation, row)) operation.cells.copy(row, from, row);
  }
}

void ColumnProgram::choose(Operation& operation, Selection rows) {
  const auto& parts = operation.recipe.arguments;
  const Cells& condition = evaluate(parts[0], rows);
  Scratch chosen(*this);
  Scratch others(*this);
  for (const std::uint32_t row : rows) {
    if (!is_live(operation, row)) continue;
    assert(condition.is_present(row));
    (condition.integer(row) != 0 ? chosen : others).rows().push_back(row);
  }
  take(operation, evaluate(parts[1], chosen.rows()), chosen.rows());
  take(operation, evaluate(parts[2], others.rows()), others.rows());
}

void ColumnProgram::logic(Operation& operation, Selection rows) {
  const bool decides = operation.recipe.function == Function::Or;  // the answer that ends it
  Scratch open(*this);
  for (const std::uint32_t row : rows)
    open.rows().push_back(row);
  for (const OperationId id : operation.recipe.arguments) {
    const Cells& part = evaluate(id, open.rows());
    std::size_t left = 0;
    for (const std::uint32_t row : open.rows()) {
      if (!is_live(operation, row)) continue;
      assert(part.is_present(row));
      const bool holds = part.integer(row) != 0;
      operation.cells.integers[row] = holds ? 1 : 0;
      if (holds != decides) open.rows()[left++] = row;
    }
    open.rows().resize(left);
  }
}

void ColumnProgram::coalesce(Operation& operation, Selection rows) {
  Scratch open(*this);
  for (const std::uint32_t row : rows)
    open.rows().push_back(row);
  for (std::size_t i = 0; i < operation.recipe.arguments.size(); ++i) {
    const bool is_last = i + 1 == operation.recipe.arguments.size();
    const Cells& part = evaluate(operation.recipe.arguments[i], open.rows());
    std::size_t left = 0;
    for (const std::uint32_t row : open.rows()) {
      if (!is_live(operation, row)) continue;
      if (is_last || part.is_present(row)) {
        operation.cells.copy(row, part, row);
      } else {
        open.rows()[left++] = row;
      }
    }
    open.rows().resize(left);
  }
}

void ColumnProgram::call(Operation& operation, Selection rows) {
  const Recipe& recipe = operation.recipe;
  constexpr std::size_t kFew = 8;
  const Cells* few_cells[kFew];
  const Type* few_types[kFew];
  std::vector<const Cells*> many_cells;
  std::vector<const Type*> many_types;
  const std::size_t count = recipe.arguments.size();
  if (count > kFew) many_cells.resize(count), many_types.resize(count);
  const std::span cells(count > kFew ? many_cells.data() : few_cells, count);
  const std::span types(count > kFew ? many_types.data() : few_types, count);
  bool looks = false;  // some argument might be absent
  for (std::size_t i = 0; i < count; ++i) {
    cells[i] = &evaluate(recipe.arguments[i], rows);
    types[i] = &operations_[recipe.arguments[i]].recipe.type;
    looks = looks || cells[i]->nullable;
  }
  looks = looks && !sees_absence(recipe.function);
  Cells& result = operation.cells;
  Scratch live(*this);
  if (looks || domains_[operation.domain].any_rejected) {
    for (const std::uint32_t row : rows) {
      if (!is_live(operation, row)) continue;
      bool complete = true;
      for (std::size_t i = 0; looks && i < count; ++i) {
        if (cells[i]->is_present(row)) continue;
        assert(recipe.may_miss[i] && "proved present by the compiler");
        complete = false;
      }
      if (complete) live.rows().push_back(row);
      if (!complete) result.present[row] = 0;
    }
    rows = live.rows();
  }
  if (result.nullable) {
    for (const std::uint32_t row : rows)
      result.present[row] = 1;
  }
  apply_function(Call{recipe.function, recipe.type, cells, types, rows, result, operation.items,
                      operation.prepared, arena_, *this, operation.domain});
}

}  // namespace mig::runtime
