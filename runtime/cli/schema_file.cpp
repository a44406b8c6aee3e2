#include "runtime/cli/schema_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/json_archive.hpp"
#include "runtime/cli/preview/words.hpp"
#include "runtime/cli/schema_findings.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/cli/sources.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::plan {
template <>
inline constexpr std::array<std::string_view, 5> kSpellings<runtime::Affinity> = {
    "integer", "text", "blob", "real", "numeric"};
template <>
inline constexpr std::array<std::string_view, 2> kSpellings<runtime::Dialect> = {"sqlite",
                                                                                 "postgres"};
template <>
inline constexpr std::array<std::string_view, 20> kSpellings<runtime::Wire> = {
    "bool",      "int2",        "int4", "int8",  "float4", "float8", "numeric",
    "text",      "char",        "enum", "bytea", "uuid",   "date",   "time",
    "timestamp", "timestamptz", "json", "jsonb", "array",  "other"};
}  // namespace mig::plan

#define MIG_FIELD(name) visit(#name, it.name)
#define MIG_LATER_FIELD(name) visit.later(#name, it.name)
namespace mig::runtime {
template <class Visit>
void fields(Visit& visit, PostgresType& it) {
  MIG_FIELD(wire), MIG_FIELD(name), MIG_FIELD(modifier), MIG_LATER_FIELD(element);
}
template <class Visit>
void fields(Visit& visit, LiveColumn& it) {
  MIG_FIELD(name), MIG_FIELD(declared), MIG_FIELD(affinity), MIG_FIELD(not_null),
      MIG_FIELD(has_default), MIG_FIELD(key_position), MIG_FIELD(is_generated),
      MIG_LATER_FIELD(type), MIG_LATER_FIELD(folds_texts);
}
template <class Visit>
void fields(Visit& visit, LiveIndex& it) {
  MIG_FIELD(name), MIG_FIELD(unique), MIG_FIELD(partial), MIG_FIELD(is_declared),
      MIG_LATER_FIELD(is_deferrable), MIG_FIELD(columns);
}
template <class Visit>
void fields(Visit& visit, LiveForeignKey& it) {
  MIG_FIELD(table), MIG_FIELD(columns), MIG_FIELD(target_columns);
}
template <class Visit>
void fields(Visit& visit, LiveTrigger& it) {
  MIG_FIELD(name), MIG_FIELD(table), MIG_FIELD(sql);
}
template <class Visit>
void fields(Visit& visit, LiveTable& it) {
  MIG_FIELD(name), MIG_FIELD(sql), MIG_FIELD(columns), MIG_FIELD(indexes), MIG_FIELD(foreign_keys);
}
template <class Visit>
void fields(Visit& visit, LiveView& it) {
  MIG_FIELD(name), MIG_FIELD(sql);
}
template <class Visit>
void fields(Visit& visit, LiveSchema& it) {
  MIG_LATER_FIELD(dialect), MIG_FIELD(tables), MIG_FIELD(views), MIG_FIELD(triggers);
}
}  // namespace mig::runtime

namespace mig::cli {

template <class Visit>
void fields(Visit& visit, PulledStore& it) {
  MIG_FIELD(name), MIG_FIELD(kind), MIG_FIELD(schema);
}
template <class Visit>
void fields(Visit& visit, SchemaFile& it) {
  MIG_FIELD(format), MIG_FIELD(env), MIG_FIELD(pulled_at), MIG_FIELD(stores);
}
#undef MIG_LATER_FIELD
#undef MIG_FIELD

runtime::Result<SchemaFile> pull_schemas(const plan::Plan& plan,
                                         const std::filesystem::path& folder) {
  MIG_ASSIGN(stores, runtime::Stores::find(plan, folder, environment));
  SchemaFile file{
      std::string(kSchemaFormat), plan.env, to_the_second(runtime::SystemClock().now()), {}};
  for (std::uint32_t i = 0; i < plan.stores.size(); ++i) {
    const plan::StoreId id{i};
    PulledStore pulled{plan.at(id).name, std::string(name(plan.at(id).kind)), {}};
    const bool has_schema = can(plan.at(id).kind, plan::StoreAbility::Schema);
    if (has_schema && stores.exists(id)) {
      MIG_ASSIGN(database, stores.reader(id));
      MIG_ASSIGN(schema, runtime::read_schema(*database));
      pulled.schema = std::move(schema);
    }
    file.stores.push_back(std::move(pulled));
  }
  return file;
}

namespace {

// What the codecs rely on.
bool is_whole(const runtime::PostgresType& type) {
  const bool is_array = type.wire == runtime::Wire::Array;
  return type.element.size() == (is_array ? 1 : 0) && std::ranges::all_of(type.element, is_whole);
}

bool has_whole_types(const runtime::LiveSchema& schema) {
  return std::ranges::all_of(schema.tables, [](const runtime::LiveTable& table) {
    return std::ranges::all_of(table.columns, [](const runtime::LiveColumn& column) {
      return !column.type || is_whole(*column.type);
    });
  });
}

}  // namespace

std::string as_text(const SchemaFile& file) {
  return plan::JsonWriter::write(file).dump(1) + "\n";
}

std::expected<SchemaFile, std::string> schema_file_of(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.value("format", nlohmann::json()) != std::string(kSchemaFormat))
    return std::unexpected("it is not what this version's `mig schema pull` writes");
  SchemaFile file;
  if (auto mistake = plan::JsonReader::read(json, file))
    return std::unexpected("it does not fit: " + *mistake);
  for (const PulledStore& store : file.stores) {
    if (!has_whole_types(store.schema))
      return std::unexpected("it does not fit: an array is of one type of elements");
  }
  return file;
}

std::expected<SchemaFile, std::string> schema_file_in(const std::string& path) {
  const SourceText source = read_source(path);
  if (source.problem) return std::unexpected(source.problem->message);
  return schema_file_of(source.text);
}

Preflight findings_in(const plan::Plan& plan, const SchemaFile& file) {
  Preflight found;
  const plan::Views views(plan);
  for (std::uint32_t i = 0; i < plan.stores.size(); ++i) {
    const plan::StoreId store{i};
    const auto pulled = std::ranges::find(file.stores, plan.at(store).name, &PulledStore::name);
    if (pulled == file.stores.end()) {
      found.warnings.push_back(
          fmt::format("the pulled schemas do not have the store `{}`", plan.at(store).name));
      continue;
    }
    for (std::uint32_t d = 0; d < plan.datasets.size(); ++d) {
      const plan::DatasetId id{d};
      if (plan.at(id).store == store) check_shape(views, plan, id, pulled->schema, found);
    }
    check_drops(
        plan, [&](plan::StoreId other) { return other == store; }, pulled->schema, found);
  }
  return found;
}

}  // namespace mig::cli
