// `mig init [FILE]`: a plan to begin with, made of a table that is there.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "grammar/print.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/refusal.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/cli/starter.hpp"
#include "runtime/durable_file.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/postgres_place.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::cli {
namespace {

struct InitOptions {
  std::string file = "plan.mig";
  std::string store;
  std::string table;
  bool is_live = false;
};

runtime::Result<runtime::Database> open_store(const std::string& store) {
  if (runtime::is_postgres_url(store)) return runtime::open_postgres(store, {.writes = false});
  return runtime::open_sqlite(store, runtime::Mode::ReadOnly);
}

// As the plan names it: a file from the plan's folder.
std::string named_store(const InitOptions& options) {
  if (runtime::is_postgres_url(options.store)) return postgres_store(options.store);
  std::error_code error;
  const auto folder = std::filesystem::absolute(options.file, error).parent_path();
  return sqlite_store(std::filesystem::proximate(options.store, folder, error).generic_string());
}

// The table that is meant: the one that is named, or the only one.
runtime::Result<runtime::LiveTable> chosen_table(const InitOptions& options) {
  MIG_ASSIGN(database, open_store(options.store));
  MIG_ASSIGN(schema, runtime::read_schema(database));
  if (!options.table.empty()) {
    const runtime::LiveTable* table = schema.table(options.table);
    const bool is_it = table != nullptr &&
                       (schema.dialect == runtime::Dialect::Sqlite || table->name == options.table);
    if (is_it) return *table;
  } else if (schema.tables.size() == 1) {
    return schema.tables.front();
  }
  std::vector<std::string> names;
  for (const runtime::LiveTable& table : schema.tables)
    names.push_back(table.name);
  return runtime::fail(
      runtime::ErrorKind::Permanent,
      options.table.empty()
          ? fmt::format("{} has {} tables", database.shown_place(), names.size())
          : fmt::format("{} has no table `{}`", database.shown_place(), options.table),
      names.empty() ? "create one first"
                    : fmt::format("name one with --table: {}", fmt::join(names, ", ")));
}

ExitCode init(const InitOptions& options) {
  std::error_code error;
  if (std::filesystem::exists(options.file, error))
    return refuse(ExitCode::Usage, fmt::format("{} is there already", options.file),
                  "name another file: `mig init other.mig`");
  StarterInput input{sqlite_store("app.db"), sample_table(), options.is_live};
  if (!options.store.empty()) {
    auto table = chosen_table(options);
    if (!table) return report_error(table.error(), ExitCode::Usage);
    const runtime::LiveColumn* inexact = kept_inexactly(*table);
    if (options.is_live && inexact != nullptr)
      return refuse(
          ExitCode::Refused,
          fmt::format("the column `{}` is declared `{}`, so what clients write to the new "
                      "side cannot be brought back to it exactly",
                      inexact->name, inexact->declared),
          "leave out --live, or give the column another type first");
    if (const runtime::LiveColumn* strange = not_carried(*table))
      return refuse(ExitCode::Refused,
                    fmt::format("the column `{}` is declared `{}`, which mig does not carry",
                                strange->name, strange->declared),
                    "give the column another type first");
    input.store = named_store(options);
    input.table = std::move(*table);
  }
  syntax::SourceSet sources;
  const syntax::FileId file = sources.add(options.file, starter_plan(input));
  const std::string text = syntax::format(sources, file);
  if (const auto failure = runtime::replace_durably(options.file, text))
    return refuse(ExitCode::Unavailable,
                  fmt::format("{} cannot be written: {}", options.file, failure.message()),
                  "name a file in a folder that is there");
  fmt::print(
      "Wrote {0}.\n  mig check {0}      every mistake, and what was proved\n"
      "  mig preview {0}    what it would do, and do nothing\n",
      options.file);
  return ExitCode::Done;
}

}  // namespace

void declare_init(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("init", "Write a plan to begin with");
  auto options = std::make_shared<InitOptions>();
  command->add_option("FILE", options->file, "the plan to write; else plan.mig");
  command->add_option("--store", options->store,
                      "whose table is to move: a SQLite file, or the URL "
                      "of a PostgreSQL database");
  command->add_option("--table", options->table, "that table, where the store has several");
  command->add_flag("--live", options->is_live, "for an application that goes on meanwhile");
  command->footer(
      "Examples:\n"
      "  mig init\n"
      "  mig init move.mig --store shop.db --table orders --live\n"
      "  mig init move.mig --store postgresql://mig@db.example/shop --table orders\n"
      "Entities are made of the table's columns; nothing that is there is written over.\n"
      "Exit codes: 0 done, 3 not with --live, 64 the file is there already, or the table is not, "
      "69 the store cannot "
      "be\n"
      "            read, or the file not written");
  command->callback([options, &exit] { exit = init(*options); });
}

}  // namespace mig::cli
