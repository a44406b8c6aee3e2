// The schemas of a plan's stores as they were at some moment: what `mig schema pull` writes, and
// what `mig check --schema` holds a plan against where no store can be reached.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/cli/preflight.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/live_schema.hpp"

namespace mig::cli {

inline constexpr std::string_view kSchemaFormat = "mig.schema/1";

struct PulledStore {
  std::string name;
  std::string kind;
  runtime::LiveSchema schema;  // of a store that is not there yet it is empty
};

struct SchemaFile {
  std::string format;
  std::string env;
  std::string pulled_at;
  std::vector<PulledStore> stores;
};

// Reads every store of the plan, and writes to none.
runtime::Result<SchemaFile> pull_schemas(const plan::Plan& plan,
                                         const std::filesystem::path& folder);

// Law: schema_file_of(as_text(f)) is f. Sorted keys, one table after the other: a change of schema
// is a change of a few lines.
std::string as_text(const SchemaFile& file);
// The error is one sentence.
std::expected<SchemaFile, std::string> schema_file_of(std::string_view text);

// Of a file.
std::expected<SchemaFile, std::string> schema_file_in(const std::string& path);

// What the plan and the schemas disagree about. A store that the file does not have is a warning.
Preflight findings_in(const plan::Plan& plan, const SchemaFile& file);

}  // namespace mig::cli
