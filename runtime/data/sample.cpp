#include "runtime/data/sample.hpp"

#include <algorithm>
#include <memory>

#include "runtime/data/carry.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/redis_sample.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kPage = 2000;
constexpr std::size_t kShown = 5;

void note(RowSample& sample, std::string_view key, const std::string& field,
          const std::string& reason) {
  ++sample.rejected;
  if (sample.first.size() < kShown) sample.first.push_back({shown_key(key), field, reason});
}

// Of Redis the keys that it names first: to know their order, all of them would have to be asked
// for.
Result<KeysetReader> open_sample(Stores& stores, const plan::Plan& plan) {
  MIG_ASSIGN(store, stores.reading(plan.at(plan.from).store));
  if (store.sql() != nullptr) return KeysetReader::open(*store.sql(), plan, plan.from);
  MIG_ASSIGN(rows, RedisSample::open(*store.redis(), plan, plan.from));
  return KeysetReader(std::make_unique<RedisSample>(std::move(rows)));
}

}  // namespace

Result<RowSample> sample_rows(const plan::Plan& plan, Stores& stores, const Clock& clock,
                              std::int64_t limit) {
  const Duration began = clock.elapsed();
  MIG_ASSIGN(reader, open_sample(stores, plan));
  Carrier carrier(plan);
  RowSample sample;
  Page page;
  std::string after;
  while (sample.read < limit) {
    const auto rows = static_cast<std::size_t>(std::min<std::int64_t>(limit - sample.read, kPage));
    MIG_TRY(reader.read(after, {}, rows, page));
    sample.read += page.read;
    for (const BadRow& bad : page.bad)
      note(sample, bad.key, bad.field, bad.reason);
    carrier.run(page.rows);
    std::size_t last = page.rows.rows;  // a row may break several rules; it is one reject
    for (const RowReject& reject : carrier.rejects()) {
      if (reject.row == last) continue;
      last = reject.row;
      note(sample, page.keys[reject.row], reject.field, reject.reason);
    }
    after = page.last;
    if (page.is_last) break;
  }
  sample.took = clock.elapsed() - began;
  return sample;
}

}  // namespace mig::runtime
