#include "runtime/cli/duration_option.hpp"

#include <optional>
#include <variant>

#include "compiler/quantity.hpp"

namespace mig::cli {
namespace {

constexpr runtime::Duration kLongest = std::chrono::days(365);

// Digits and units in turn, as the grammar of plans has them.
bool is_written_as_duration(const std::string& text) {
  static constexpr std::string_view kUnits[] = {"d", "h", "m", "s", "ms"};
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t unit_at = rest.find_first_not_of("0123456789");
    if (unit_at == 0 || unit_at == std::string_view::npos) return false;
    rest.remove_prefix(unit_at);
    const std::string_view unit = rest.substr(0, rest.find_first_of("0123456789"));
    if (std::ranges::find(kUnits, unit) == std::end(kUnits)) return false;
    rest.remove_prefix(unit.size());
  }
  return !text.empty();
}

std::optional<runtime::Duration> read_duration(const std::string& text) {
  if (!is_written_as_duration(text)) return std::nullopt;
  const auto read = compiler::read_compound(text);
  return read ? std::optional(runtime::Duration(read->value)) : std::nullopt;
}

}  // namespace

void add_duration_option(CLI::App& command, const std::string& name, runtime::Duration& into,
                         runtime::Duration least, const std::string& about) {
  command
      .add_option_function<std::string>(
          name, [&into](const std::string& text) { into = read_duration(text).value_or(into); },
          about)
      ->check([least](const std::string& text) {
        const auto length = read_duration(text);
        const bool fits = length && *length >= least && *length <= kLongest;
        return fits ? std::string() : "a duration such as 30s is wanted, of a year at most";
      });
}

}  // namespace mig::cli
