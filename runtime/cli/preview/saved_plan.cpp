#include "runtime/cli/preview/saved_plan.hpp"

#include <bit>

#include <fmt/format.h>

#include "compiler/plan/codec.hpp"
#include "compiler/plan/hash.hpp"
#include "compiler/plan/json_archive.hpp"
#include "runtime/cli/line_diff.hpp"
#include "runtime/cli/observers.hpp"
#include "runtime/cli/preview/fields.hpp"

namespace mig::cli {

#define MIG_FIELD(name) visit(#name, it.name)
template <class Visit>
void fields(Visit& visit, SavedSize& it) {
  MIG_FIELD(exists), MIG_FIELD(rows), MIG_FIELD(is_exact), MIG_FIELD(greatest_key);
}
template <class Visit>
void fields(Visit& visit, SavedPlan& it) {
  MIG_FIELD(format), MIG_FIELD(run), MIG_FIELD(folder), MIG_FIELD(plan), MIG_FIELD(sources),
      MIG_FIELD(identities), MIG_FIELD(schemas), MIG_FIELD(sizes), MIG_FIELD(preview);
}
#undef MIG_FIELD

namespace {

// A table may have so many per cent more rows, or fewer, than the reviewer saw.
constexpr std::int64_t kGrowth = 20;

std::string checksum(const nlohmann::json& saved) {
  return print(plan::sha256(saved.dump()));
}

bool is_much(std::int64_t before, std::int64_t now) {
  const std::int64_t change = now > before ? now - before : before - now;
  return static_cast<__int128>(change) * 100 > static_cast<__int128>(before) * kGrowth;
}

// Keys that outgrow 31 or 53 bits stop fitting where they fitted before.
int key_class(std::int64_t greatest) {
  const auto bits =
      std::bit_width(static_cast<std::uint64_t>(greatest < 0 ? -(greatest + 1) : greatest));
  return bits <= 31 ? 31 : bits <= 53 ? 53 : 63;
}

}  // namespace

bool looks_saved(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

std::string as_text(const SavedPlan& saved) {
  nlohmann::json json = plan::JsonWriter::write(saved);
  std::string sum = checksum(json);
  return nlohmann::json{{"checksum", std::move(sum)}, {"saved", std::move(json)}}.dump(1) + "\n";
}

std::expected<SavedPlan, std::string> saved_plan_of(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const bool is_whole = json.is_object() && json.contains("saved") && json["saved"].is_object() &&
                        json.contains("checksum") && json["checksum"].is_string();
  if (!is_whole) return std::unexpected("it is no saved plan, or was cut short");
  const auto format = json["saved"].find("format");
  if (format == json["saved"].end() || *format != std::string(kSavedFormat))
    return std::unexpected("it was saved by another version of mig");
  if (json["checksum"].get<std::string>() != checksum(json["saved"]))
    return std::unexpected("it was changed after it was saved");
  SavedPlan saved;
  if (auto mistake = plan::JsonReader::read(json["saved"], saved))
    return std::unexpected("it does not fit: " + *mistake);
  return saved;
}

SavedPlan saved_plan(const plan::Plan& plan, const Preflight& live, Document preview,
                     std::vector<std::string> sources, std::string run, std::string folder) {
  SavedPlan saved;
  saved.format = kSavedFormat;
  saved.run = std::move(run);
  saved.folder = std::move(folder);
  saved.plan = encode(plan);
  saved.sources = std::move(sources);
  saved.identities = live.identities;
  saved.schemas = live.schemas;
  for (const LiveDataset& one : live.datasets)
    saved.sizes.push_back({one.exists, one.counted.rows, one.counted.is_exact, one.greatest_key});
  saved.preview = std::move(preview);
  return saved;
}

std::vector<std::string> changes_since(const SavedPlan& saved, const plan::Plan& plan,
                                       const Preflight& live, bool grows) {
  std::vector<std::string> changes;
  for (std::size_t i = 0; i < plan.stores.size(); ++i) {
    const std::string& store = plan.stores[i].name;
    if (saved.identities.at(i) != live.identities.at(i))
      changes.push_back(fmt::format("the store `{}` is another one than was looked at", store));
    else if (saved.schemas.at(i) != live.schemas.at(i))
      changes.push_back(fmt::format("the schema of `{}` is another one:\n{}", store,
                                    line_diff(store, saved.schemas[i], live.schemas[i])));
  }
  for (std::size_t i = 0; i < plan.datasets.size() && !grows; ++i) {
    const SavedSize& before = saved.sizes.at(i);
    const LiveDataset& now = live.datasets.at(i);
    const std::string& name = plan.datasets[i].name;
    if (!before.exists || !now.exists) continue;
    // A bound says nothing beside a count.
    const bool is_alike =
        before.rows && now.counted.rows && before.is_exact == now.counted.is_exact;
    if (is_alike && is_much(*before.rows, *now.counted.rows))
      changes.push_back(fmt::format("`{}` had {} rows, and has {} now", name, grouped(*before.rows),
                                    grouped(*now.counted.rows)));
    const bool is_longer = before.greatest_key && now.greatest_key &&
                           key_class(*before.greatest_key) != key_class(*now.greatest_key);
    if (is_longer)
      changes.push_back(fmt::format("keys of `{}` went to {}, and go to {} now", name,
                                    grouped(*before.greatest_key), grouped(*now.greatest_key)));
  }
  return changes;
}

}  // namespace mig::cli
