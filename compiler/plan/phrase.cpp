#include "compiler/plan/phrase.hpp"

#include <fmt/format.h>

#include "compiler/plan/overloaded.hpp"

namespace mig::plan {
namespace {

class Phrase {
 public:
  explicit Phrase(const Plan& plan) : plan_(plan) {}

  std::string operator()(const Create& it) const { return "create " + names(it.datasets); }
  std::string operator()(const AddField& it) const {
    return "add field " + field(it.dataset, it.field);
  }
  std::string operator()(const AddIndex& it) const {
    return fmt::format("add index {}.{}", plan_.at(it.dataset).name,
                       plan_.entity_of(it.dataset).fields.at(it.fields.front()).name);
  }
  std::string operator()(const DropField& it) const {
    return "drop field " + field(it.dataset, it.field);
  }
  std::string operator()(const Drop& it) const { return "drop " + names(it.datasets); }
  std::string operator()(const Purge& it) const { return "purge " + names(it.datasets); }
  std::string operator()(const Backup& it) const { return "backup " + names(it.datasets); }
  std::string operator()(const Sql&) const { return "sql"; }
  std::string operator()(const Copy& it) const {
    return it.kind == CopyKind::Snapshot ? "snapshot old -> new" : "scan old -> new";
  }
  std::string operator()(const Verify& it) const {
    return it.repair ? "verify old, new, and repair" : "verify old, new";
  }
  std::string operator()(const RouteWrites& it) const {
    if (it.to == Side::None) return "writes none";
    const bool is_old = it.to == Side::Old;
    if (it.share) return "writes new, old " + print(*it.share);
    if (!it.mirror) return is_old ? "writes old" : "writes new";
    return is_old ? "writes old, new" : "writes new, old";
  }
  std::string operator()(const RouteReads& it) const {
    if (it.to == Side::Old) return "reads old";
    if (it.through) return "reads through";
    std::string text = "reads new";
    if (it.share) text += " " + print(*it.share);
    if (!it.where.empty()) text += " where …";
    return text;
  }
  std::string operator()(const Rehearse&) const { return "rehearse rollback"; }
  std::string operator()(const Hold& it) const {
    std::string gates;
    for (const GateId gate : it.gates)
      gates += (gates.empty() ? "" : " and ") + plan_.at(gate).name;
    if (it.required) return "require " + gates;
    return gates.empty() ? "hold " + print(it.length)
                         : fmt::format("hold {}, require {}", print(it.length), gates);
  }
  std::string operator()(const Approve& it) const { return fmt::format("approve \"{}\"", it.who); }
  std::string operator()(const Accept& it) const {
    return it.risk == AcceptedRisk::UnlimitedWal ? "accept unlimited_wal" : "accept all_at_once";
  }
  std::string operator()(const Leave& it) const {
    return it.what == Left::Writes ? "leave writes" : "leave reads";
  }
  std::string operator()(const Shadow& it) const {
    return it.share == Ratio{} ? "shadow off" : "shadow reads " + print(it.share);
  }
  std::string operator()(const Parity& it) const { return fmt::format("parity \"{}\"", it.suite); }
  std::string operator()(const Freeze& it) const {
    return fmt::format("freeze contract \"{}\"", it.contract);
  }
  std::string operator()(const Capture& it) const { return "capture baseline " + it.baseline; }
  std::string operator()(const PointOfNoReturn&) const { return "point_of_no_return"; }

 private:
  std::string names(const std::vector<DatasetId>& datasets) const {
    std::string all;
    for (const DatasetId dataset : datasets)
      all += (all.empty() ? "" : ", ") + plan_.at(dataset).name;
    return all;
  }
  std::string field(DatasetId dataset, std::uint32_t index) const {
    return fmt::format("{}.{}", plan_.at(dataset).name,
                       plan_.entity_of(dataset).fields.at(index).name);
  }

  const Plan& plan_;
};

}  // namespace

std::string phrase(const Plan& plan, StepId step) {
  return std::visit(Phrase(plan), plan.at(step).action);
}

}  // namespace mig::plan
