#include "runtime/steps/delete_cap.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <variant>

#include <fmt/format.h>

namespace mig::runtime {

plan::Ratio most_deletes_of(const plan::Plan& plan) {
  const plan::Ratio unsaid = plan::Verify().most_deletes;
  std::optional<plan::Ratio> most;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const auto* verify = std::get_if<plan::Verify>(&plan.steps[i].action);
    if (verify == nullptr || !plan.sees(plan::StepId{i})) continue;
    const bool has_say = verify->repair || verify->most_deletes != unsaid;
    if (has_say) most = std::max(most.value_or(verify->most_deletes), verify->most_deletes);
  }
  return most.value_or(unsaid);
}

Result<void> check_deletes(const plan::Plan& plan, std::string_view who, const Deletes& deletes,
                           plan::Ratio most, std::string_view help) {
  const __int128 parts = static_cast<__int128>(deletes.extra) * plan::Ratio::kWhole;
  if (parts <= static_cast<__int128>(most.parts()) * deletes.found) return {};
  return fail(ErrorKind::Permanent,
              fmt::format("{} would delete {} of {} rows of `{}`, and at most {} may go", who,
                          deletes.extra, deletes.found, plan.at(deletes.dataset).name, print(most)),
              std::string(help));
}

std::int64_t whole_percent(const Deletes& deletes) {
  return (deletes.extra * 100 + deletes.found - 1) / std::max<std::int64_t>(deletes.found, 1);
}

std::unexpected<Error> suddenly_empty(const plan::Plan& plan, plan::DatasetId leads,
                                      plan::DatasetId follows) {
  return fail(ErrorKind::Permanent,
              fmt::format("`{}` leads and is empty, and `{}` is not", plan.at(leads).name,
                          plan.at(follows).name),
              fmt::format("bring its data back; where it was emptied on purpose, empty `{}`, too, "
                          "or roll back and begin again",
                          plan.at(follows).name));
}

}  // namespace mig::runtime
