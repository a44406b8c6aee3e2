// Expressions over the rows of one entity as a flat list of column operations, each computed for
// the rows that are wanted and for no others.
//
// Equal expressions are one operation. `and`, `or`, `if`, `??` ask for their later parts only where
// they matter, and a `let` is computed where it is used, so no row is rejected for what it does
// not take. One thread runs a program; it keeps its memory from batch to batch.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/expr.hpp"
#include "compiler/plan/schema.hpp"
#include "runtime/data/cells.hpp"
#include "runtime/data/function_call.hpp"

namespace mig::runtime {

struct RowReject {
  std::size_t row;
  std::string field;
  std::string reason;  // class and rule, never the value
  bool operator==(const RowReject&) const = default;
};

using OperationId = std::uint32_t;
using LoopId = std::uint32_t;

class ColumnProgram {
 public:
  static constexpr LoopId kRows = 0;  // no loop: the batch's own rows

  // Both are read while the program is built, not kept.
  ColumnProgram(const plan::Entity& input, const std::vector<plan::Expr>& lets);

  // Each call stands for one later `evaluate`.
  OperationId add(const plan::Expr& expr, LoopId loop = kRows);
  LoopId add_loop(const plan::Expr& list);

  // Forgets the last batch. `input` stays as it is until the last evaluation.
  void begin(const Batch& input);
  // The values in `rows` of the operation's own domain (see `domain_of`), but for rejected ones.
  const Cells& evaluate(OperationId id, Selection rows);
  // Lays out the turns of a loop over these source rows. Whatever was computed in it is forgotten.
  void open(LoopId loop, Selection rows);

  LoopId domain_of(OperationId id) const { return operations_[id].domain; }
  // The source row of each turn.
  Selection sources(LoopId loop) const { return domains_[loop].sources; }
  bool is_rejected(std::size_t row) const { return domains_[kRows].rejected[row] != 0; }
  // What the field is called that is evaluated next; for messages.
  void name_field(std::string field) { field_ = std::move(field); }
  void reject(LoopId domain, std::size_t row, std::string_view reason);
  const std::vector<RowReject>& rejects() const { return rejects_; }

 private:
  enum class Kind : std::uint8_t {
    Constant,
    Field,
    Element,
    Index,
    Item,    // of a list of the batch, at the turn's place
    Gather,  // a value of the source row, brought into a loop
    Apply,
    Choose,
    Join,  // the texts of a loop's turns as one
  };

  // What an operation computes. Two with equal recipes are one.
  struct Recipe {
    Kind kind = Kind::Constant;
    plan::Function function = plan::Function::Trim;
    plan::Type type;  // never optional: whether a value can be absent is known from what it is
    plan::Value value;
    std::uint32_t field = 0;
    LoopId loop = kRows;  // Join: its own
    LoopId domain = kRows;
    std::vector<OperationId> arguments;
    std::vector<bool> may_miss;  // per argument: declared optional
    bool operator==(const Recipe&) const = default;
  };

  struct Operation {
    Recipe recipe;
    LoopId domain = kRows;
    std::uint32_t uses = 0;
    std::uint64_t batch = 0;  // the batch that `cells` belong to
    Cells cells;
    ItemCells items;
    std::vector<std::uint8_t> done;  // where used more than once: rows that are computed
    Prepared prepared;
    std::string constant;  // of a constant that is kept in other bytes than it is written
  };

  struct Domain {
    std::size_t rows = 0;
    std::vector<std::uint8_t> rejected;
    bool any_rejected = false;
    OperationId list = 0;                // loops
    plan::Type element;                  // loops
    std::vector<std::uint32_t> sources;  // loops: the source row of each turn
    std::vector<std::size_t> positions;  // loops: the turn's place in its list
    std::vector<const Cells*> items;     // loops
    std::vector<std::size_t> item_rows;  // loops
  };

  class Scratch;

  OperationId compile(const plan::Expr& expr, LoopId loop);
  OperationId compile_apply(const plan::Expr& expr, const plan::Apply& apply, LoopId loop);
  OperationId compile_item(std::uint32_t field, LoopId loop);
  OperationId compile_join(const plan::Join& join);
  OperationId intern(Recipe recipe, bool nullable);
  OperationId as_text(OperationId id);
  void unite_domains(Recipe& recipe);
  OperationId brought_into(LoopId loop, OperationId id);
  bool result_may_miss(const Recipe& recipe) const;
  void fill_constant(Operation& operation);

  void compute(Operation& operation, Selection rows);
  void gather(Operation& operation, Selection rows);
  void pick_items(Operation& operation, Selection rows);
  void join(Operation& operation, Selection rows);
  void choose(Operation& operation, Selection rows);
  void logic(Operation& operation, Selection rows);
  void coalesce(Operation& operation, Selection rows);
  void call(Operation& operation, Selection rows);
  void take(Operation& operation, const Cells& from, Selection rows);
  bool is_live(const Operation& operation, std::size_t row) const {
    return domains_[operation.domain].rejected[row] == 0;
  }

  std::vector<plan::Field> fields_;
  std::vector<OperationId> lets_;
  std::deque<Operation> operations_;
  std::deque<Domain> domains_;
  const Batch* input_ = nullptr;
  std::uint64_t batch_ = 0;
  TextArena arena_;
  std::deque<std::vector<std::uint32_t>> scratch_;
  std::size_t scratch_used_ = 0;
  std::string field_;
  std::vector<RowReject> rejects_;
};

}  // namespace mig::runtime
