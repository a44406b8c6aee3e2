#include "runtime/steps/owned_by_redis_key.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <string_view>
#include <utility>

#include "runtime/stores/place_cells.hpp"
#include "runtime/stores/redis_rows.hpp"
#include "runtime/stores/redis_writer.hpp"

namespace mig::runtime {
namespace {

class OwnedByRedisKey final : public OwnedRows {
 public:
  // `source_of`: for each cell of a row's place, which cell of the old row's it is.
  OwnedByRedisKey(const plan::Plan& plan, plan::DatasetId dataset,
                  std::vector<std::size_t> source_of)
      : plan_(plan), dataset_(dataset), source_of_(std::move(source_of)) {}

  Result<void> open(const OpenStore& store) override {
    assert(store.redis() != nullptr && "keys stand in Redis");
    MIG_ASSIGN(rows, RedisRows::open(*store.redis(), plan_, dataset_, {}));
    rows_ = std::make_unique<RedisRows>(std::move(rows));
    return {};
  }

  Result<std::vector<std::string>> sources_of(const std::string& place) override {
    if (raw_key_of(place)) return std::vector<std::string>();
    const auto cells = split_place(place);
    std::vector<std::string_view> ordered(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i)
      ordered[source_of_[i]] = cells[i];
    return std::vector<std::string>{joined_place(ordered)};
  }

  Result<std::vector<std::string>> others(const std::string& owner,
                                          const std::set<std::string>& keep) override {
    std::vector<std::string> found;
    std::string place = place_of(owner);
    if (keep.contains(place)) return found;
    std::vector<std::string> gone;
    MIG_TRY(rows_->read_each({place}, page_, gone));
    if (page_.read > 0) found.push_back(std::move(place));
    return found;
  }

  Result<std::int64_t> give_up_others(Effect& effect, const std::string& owner,
                                      const std::set<std::string>& keep) override {
    const std::string place = place_of(owner);
    if (keep.contains(place)) return 0;
    assert(effect.redis() != nullptr && "keys stand in Redis");
    MIG_ASSIGN(writer, RedisWriter::open(*effect.redis(), plan_, dataset_, WriteRule::Keep));
    return writer.remove({place});
  }

  // Somebody's they all are, and gone as soon as they are given up.
  void suspect(const std::string&) override {}
  Result<std::int64_t> delete_unowned() override { return 0; }

 private:
  std::string place_of(const std::string& owner) const {
    const auto cells = split_place(owner);
    std::vector<std::string_view> ordered;
    for (const std::size_t cell : source_of_)
      ordered.push_back(cells[cell]);
    return joined_place(ordered);
  }

  const plan::Plan& plan_;
  plan::DatasetId dataset_;
  std::vector<std::size_t> source_of_;
  std::unique_ptr<RedisRows> rows_;  // from `open` on
  Page page_;
};

}  // namespace

std::unique_ptr<OwnedRows> owned_by_redis_key(const plan::Plan& plan, const plan::Emit& emit,
                                              plan::DatasetId dataset, plan::DatasetId source) {
  const plan::Entity& from = plan.entity_of(source);
  const plan::Entity& to = plan.entity_of(dataset);
  const auto old_key = from.key();
  const auto new_key = to.key();
  if (emit.shared || old_key.size() != new_key.size()) return nullptr;
  std::vector<std::size_t> source_of;
  for (const std::uint32_t position : new_key) {
    const auto* field = std::get_if<plan::FieldOf>(&emit.values[position].node);
    if (field == nullptr) return nullptr;
    const auto found = std::ranges::find(old_key, field->field);
    if (found == old_key.end()) return nullptr;
    if (from.fields[*found].type.base != to.fields[position].type.base) return nullptr;
    const auto cell = static_cast<std::size_t>(found - old_key.begin());
    if (std::ranges::find(source_of, cell) != source_of.end()) return nullptr;
    source_of.push_back(cell);
  }
  return std::make_unique<OwnedByRedisKey>(plan, dataset, std::move(source_of));
}

}  // namespace mig::runtime
