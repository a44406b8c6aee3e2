// Rows in the order of their key, as an index takes them best.
#include "runtime/data/key_order.hpp"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

using namespace mig::runtime;
namespace plan = mig::plan;

namespace {

plan::Entity keyed_by_region_and_id() {
  plan::Entity entity;
  entity.fields = {{.name = "note", .type = {.base = plan::Base::I64}},
                   {.name = "region", .type = {.base = plan::Base::Text}, .key = true},
                   {.name = "id", .type = {.base = plan::Base::I64}, .key = true}};
  return entity;
}

Batch rows_of(const plan::Entity& entity, const std::vector<std::pair<const char*, int>>& keys) {
  std::vector<plan::Type> types;
  for (const plan::Field& field : entity.fields)
    types.push_back(field.type);
  Batch batch = Batch::of(types);
  for (const auto& [region, id] : keys) {
    batch.columns[0].append_integer(0);
    batch.columns[1].append_bytes(region);
    batch.columns[2].append_integer(id);
    ++batch.rows;
  }
  return batch;
}

}  // namespace

TEST_CASE("rows are put into the order of all fields of their key") {
  const plan::Entity entity = keyed_by_region_and_id();
  const Batch batch = rows_of(entity, {{"west", 2}, {"east", 10}, {"west", -1}, {"east", 9}});
  std::vector<std::uint32_t> rows{0, 1, 2, 3};
  order_by_key(entity, batch, rows);
  CHECK(rows == std::vector<std::uint32_t>{3, 1, 2, 0});
}

TEST_CASE("only the rows that were asked for are ordered, and those of one key stay as they are") {
  const plan::Entity entity = keyed_by_region_and_id();
  const Batch batch = rows_of(entity, {{"b", 1}, {"a", 1}, {"b", 1}, {"a", 0}});
  std::vector<std::uint32_t> rows{2, 1, 0};
  order_by_key(entity, batch, rows);
  CHECK(rows == std::vector<std::uint32_t>{1, 2, 0});
}
