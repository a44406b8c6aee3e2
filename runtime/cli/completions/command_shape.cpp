#include "runtime/cli/completions/command_shape.hpp"

#include <fmt/format.h>

#include "compiler/diagnostics/explain.hpp"
#include "compiler/library.hpp"

namespace mig::cli {
namespace {

// What `IsMember` allows stands in braces behind the type: `TEXT:{auto,always,never}`.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find(":{");
  if (open == std::string::npos || !type.ends_with('}')) return {};
  std::vector<std::string> choices(1);
  for (const char c : type.substr(open + 2, type.size() - open - 3)) {
    if (c == ',') {
      choices.emplace_back();
    } else {
      choices.back() += c;
    }
  }
  return choices;
}

FlagShape flag_of(const CLI::Option& option) {
  FlagShape flag{.about = option.get_description(),
                 .takes_value = option.get_items_expected_max() > 0,
                 .choices = choices_of(option)};
  for (const std::string& name : option.get_snames())
    flag.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames())
    flag.names.push_back("--" + name);
  return flag;
}

void read_operand(const CLI::Option& option, CommandShape& shape) {
  const std::string name = option.get_name(true);
  if (const auto choices = choices_of(option); !choices.empty()) {
    shape.operands = Operands::Words;
    shape.words = choices;
  } else if (name == "FILE") {
    shape.operands = Operands::Plans;
  } else if (name == "STORE") {
    shape.operands = Operands::Files;
  } else if (name == "CODE") {
    shape.operands = Operands::Words;
    for (const compiler::Explanation& one : compiler::all_explanations()) {
      shape.words.emplace_back(one.code);
      shape.abouts.emplace_back(one.title);
    }
    for (const compiler::LibraryText& text : compiler::standard_library()) {
      shape.words.push_back(fmt::format("{}.{}", text.module, text.name));
      shape.abouts.push_back(summary(text));
    }
  }
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* one) { return !one->get_name().empty(); });
}

void read_commands(const CLI::App& app, CommandShape& shape) {
  for (const CLI::App* one : commands_of(app)) {
    shape.operands = Operands::Words;
    shape.words.push_back(one->get_name());
    shape.abouts.push_back(one->get_description());
  }
}

void collect(const CLI::App& app, const CLI::App& root, const std::string& outer,
             std::vector<CommandShape>& shapes) {
  CommandShape shape{.about = app.get_description()};
  if (&app != &root) {
    shape.word = app.get_name();
    shape.outer = outer;
    shape.path = outer.empty() ? shape.word : outer + " " + shape.word;
  }
  read_commands(app, shape);
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) {
      shape.flags.push_back(flag_of(*option));
    } else if (option->get_name(true) == "COMMAND") {
      read_commands(root, shape);
    } else {
      read_operand(*option, shape);
    }
  }
  const std::string path = shape.path;
  shapes.push_back(std::move(shape));
  for (const CLI::App* one : commands_of(app))
    collect(*one, root, path, shapes);
}

}  // namespace

std::vector<CommandShape> command_shapes(const CLI::App& app) {
  std::vector<CommandShape> shapes;
  collect(app, app, "", shapes);
  return shapes;
}

}  // namespace mig::cli
