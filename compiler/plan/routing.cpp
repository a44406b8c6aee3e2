#include "compiler/plan/routing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mig::plan {

std::vector<std::string> hashed_fields(const Plan& plan, const RouteReads& reads) {
  const Entity& entity = plan.entity_of(plan.from);
  std::vector<std::string> names;
  for (const std::uint32_t field : reads.by.empty() ? entity.key() : reads.by)
    names.push_back(entity.fields.at(field).name);
  return names;
}

std::string print(const Plan& plan, const RouteReads& reads) {
  std::string text = reads.to == Side::New ? "new" : "old";
  if (reads.share)
    text +=
        fmt::format(" {} by {}", print(*reads.share), fmt::join(hashed_fields(plan, reads), ", "));
  for (std::size_t i = 0; i < reads.where.size(); ++i) {
    text += fmt::format(" {} {} in [{}]", i == 0 ? "where" : "and", reads.where[i].attribute,
                        fmt::join(reads.where[i].values, ", "));
  }
  if (reads.stale_ok > Duration::zero())
    text += fmt::format(", at most {} old", print(reads.stale_ok));
  for (std::size_t i = 0; i < reads.fallback.size(); ++i) {
    const bool is_error = reads.fallback[i] == ReadFailure::Error;
    text += fmt::format("{} {}", i == 0 ? ", old on" : " or", is_error ? "error" : "timeout");
  }
  return text;
}

}  // namespace mig::plan
