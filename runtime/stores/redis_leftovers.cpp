#include "runtime/stores/redis_leftovers.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "runtime/stores/redis_control.hpp"

namespace mig::runtime {
namespace {

// Behind `mig:ctl:{mig}:`, each the beginning of a name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kNames = {{
    {"meta", "which database this is"},
    {"fence", "who may write here"},
    {"guard", "which keys take no writes now"},
    {"applied:", "how far a step came"},
    {"steps:", "the steps of a run"},
    {"parts:", "a large key that was being put together"},
    {"letters:", "rows that could not be moved"},
    {"open:", "which of them are open"},
    {"rejecting", "the runs that have such rows"},
    {"run", "runs that ended here"},
}};

std::string_view about(std::string_view key) {
  key.remove_prefix(std::min(key.size(), control_key("").size()));
  const auto found =
      std::ranges::find_if(kNames, [&](const auto& name) { return key.starts_with(name.first); });
  return found == kNames.end() ? "of mig, and not known to this version" : found->second;
}

}  // namespace

bool is_redis_url(std::string_view place) {
  return place.starts_with("redis://") || place.starts_with("rediss://") ||
         place.starts_with("unix://") || place.starts_with("redis+socket://");
}

Result<Leftovers> leftovers(RedisConnection& redis) {
  Leftovers found;
  MIG_ASSIGN(keys, control_keys(redis));
  if (keys.empty()) return found;
  MIG_ASSIGN(fences, read_fences(redis));
  MIG_ASSIGN(finished, finished_runs(redis));
  found.fences = std::move(fences);
  found.finished = std::move(finished);
  for (std::string& key : keys) {
    const std::string_view words = about(key);
    found.things.push_back(
        {.type = "key", .name = std::move(key), .table = {}, .about = std::string(words)});
  }
  return found;
}

Result<void> remove_leftovers(RedisConnection& redis, const std::vector<Leftover>& things) {
  std::vector<std::string> keys;
  for (const Leftover& thing : things)
    keys.push_back(thing.name);
  return remove_control_keys(redis, keys);
}

}  // namespace mig::runtime
