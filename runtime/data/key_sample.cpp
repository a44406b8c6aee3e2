#include "runtime/data/key_sample.hpp"

#include <cstdint>
#include <string>

#include "runtime/data/batch.hpp"
#include "runtime/data/fingerprint.hpp"

namespace mig::runtime {

bool is_in_sample(std::string_view code, plan::Ratio sample) {
  Batch one = Batch::of({plan::Type::of(plan::Base::Bytes)});
  one.columns[0].append_bytes(code);
  std::string memory;
  const auto hash = static_cast<std::uint64_t>(fingerprint(one.columns, 0, memory));
  const auto share = static_cast<unsigned __int128>(hash) * plan::Ratio::kWhole >> 64;
  return static_cast<std::int64_t>(share) < sample.parts();
}

}  // namespace mig::runtime
