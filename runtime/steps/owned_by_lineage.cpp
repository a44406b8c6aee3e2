#include "runtime/steps/owned_by_lineage.hpp"

#include <limits>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/lineage.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kEvery = std::numeric_limits<std::int32_t>::max();

class OwnedByLineage final : public OwnedRows {
 public:
  OwnedByLineage(Lineage lineage, std::string table, plan::Entity entity)
      : lineage_(std::move(lineage)), table_(std::move(table)), entity_(std::move(entity)) {}

  Result<void> open(const OpenStore& store) override {
    if (drop_) return {};
    const Database& database = *store.sql();
    MIG_TRY(lineage_.open(database));
    MIG_ASSIGN(table, quote_identifier(table_));
    MIG_ASSIGN(condition, at_place_sql(database.dialect(), entity_));
    MIG_ASSIGN(drop,
               database.prepare(fmt::format("DELETE FROM {} AS t WHERE {}", table, condition)));
    database_ = &database;
    drop_.emplace(std::move(drop));
    return {};
  }

  Result<std::vector<std::string>> sources_of(const std::string& place) override {
    return lineage_.sources_of(place, kEvery);
  }

  Result<std::vector<std::string>> others(const std::string& owner,
                                          const std::set<std::string>& keep) override {
    MIG_ASSIGN(rows, lineage_.rows_of(owner));
    std::erase_if(rows, [&](const std::string& place) { return keep.contains(place); });
    return rows;
  }

  Result<std::int64_t> give_up_others(Effect&, const std::string& owner,
                                      const std::set<std::string>& keep) override {
    MIG_ASSIGN(found, others(owner, keep));
    for (const std::string& place : found) {
      MIG_TRY(lineage_.forget(owner, place));
      suspects_.insert(place);
    }
    return 0;
  }

  void suspect(const std::string& place) override { suspects_.insert(place); }

  // A suspect of a transaction that was rolled back is somebody's again, and stays.
  Result<std::int64_t> delete_unowned() override {
    std::int64_t deleted = 0;
    for (const std::string& place : std::exchange(suspects_, {})) {
      MIG_ASSIGN(sources, lineage_.sources_of(place, 1));
      if (!sources.empty()) continue;
      bind_key(*drop_, 1, place);
      MIG_TRY(drop_->run());
      deleted += database_->changes();
    }
    return deleted;
  }

 private:
  Lineage lineage_;
  std::string table_;
  plan::Entity entity_;
  const Database* database_ = nullptr;
  std::optional<Statement> drop_;  // from `open` on
  std::set<std::string> suspects_;
};

}  // namespace

std::unique_ptr<OwnedRows> owned_by_lineage(const plan::Plan& plan, plan::DatasetId dataset) {
  auto lineage = Lineage::of(plan, dataset);
  if (!lineage) return nullptr;
  return std::make_unique<OwnedByLineage>(std::move(*lineage), plan.at(dataset).table,
                                          plan.entity_of(dataset));
}

}  // namespace mig::runtime
