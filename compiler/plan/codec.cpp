#include "compiler/plan/codec.hpp"

#include "compiler/plan/json_archive.hpp"
#include "compiler/plan/verify.hpp"

namespace mig::plan {

std::string encode(const Plan& plan) {
  return JsonWriter::write(plan).dump();
}

std::expected<Plan, std::string> decode(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::unexpected("the encoded plan is not JSON");
  Plan plan;
  if (auto mistake = JsonReader::read(json, plan)) {
    return std::unexpected("the encoded plan does not fit: " + *mistake);
  }
  if (auto mistake = flaw_of(plan))
    return std::unexpected("the encoded plan is not whole: " + *mistake);
  return plan;
}

}  // namespace mig::plan
