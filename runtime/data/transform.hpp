// Transforms over batches: what each source row becomes, a canonical form, the rules of an entity.
//
// All three are pure: the same row gives the same answer on every retry. Each is compiled once and
// then run batch by batch by one thread; another thread makes its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/data/column_program.hpp"

namespace mig::runtime {

// What one `emit` made of a batch.
struct Emitted {
  plan::EntityId entity;
  bool shared = false;
  Batch rows;
  std::vector<std::uint32_t> source;  // the source row of each row, ascending
};

class Transformer {
 public:
  // The plan is read here and not kept.
  Transformer(const plan::Plan& plan, const plan::Transform& transform);

  // One `Emitted` for each `emit`, in their order; the memory of `out` is used again. A row that
  // cannot be carried over is appended to `rejects`, once, and emits nothing anywhere.
  void run(const Batch& input, std::vector<Emitted>& out, std::vector<RowReject>& rejects);

 private:
  struct Value {
    OperationId operation;
    std::string field;  // `Entity.field`
    plan::Type type;
    // The field of the input whose column it is as it stands: nothing is worked out for it.
    std::optional<std::uint32_t> same = {};
  };
  struct Emit {
    plan::EntityId entity;
    bool shared = false;
    std::string name;
    std::vector<OperationId> when;  // none or one
    LoopId loop = ColumnProgram::kRows;
    std::vector<Value> values;
    std::vector<std::uint32_t> rows;   // of this batch: source rows that `when` lets through
    std::vector<std::uint32_t> turns;  // of the loop, if there is one
    std::vector<const Cells*> cells;   // null: of a value that is `same`
  };

  void evaluate(Emit& emit, Selection all);
  void write(const Emit& emit, const Batch& input, Emitted& out);

  ColumnProgram program_;
  std::vector<Emit> emits_;
};

// One expression over the rows of an entity.
class Evaluator {
 public:
  // `field`: what rejects are reported of.
  Evaluator(const plan::Entity& entity, const plan::Expr& expr, std::string field);

  // One value for each row. The column is optional: a rejected row holds nothing, and is appended
  // to `rejects`.
  Column evaluate(const Batch& input, std::vector<RowReject>& rejects);

 private:
  ColumnProgram program_;
  OperationId operation_;
  plan::Type type_;
  std::string field_;
};

// The `where … else "message"` of an entity.
class EntityRules {
 public:
  explicit EntityRules(const plan::Entity& entity);

  // Appends the rows that break a rule, each with the message of the first rule that it breaks.
  void check(const Batch& rows, std::vector<RowReject>& rejects);

 private:
  ColumnProgram program_;
  std::string entity_;
  std::vector<OperationId> conditions_;
  std::vector<std::string> messages_;
};

}  // namespace mig::runtime
