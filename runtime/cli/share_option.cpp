#include "runtime/cli/share_option.hpp"

#include <variant>

#include "compiler/quantity.hpp"

namespace mig::cli {
namespace {

std::optional<plan::Ratio> read_share(const std::string& text) {
  const bool is_written_so = text.find_first_not_of("0123456789.%") == std::string::npos;
  if (!is_written_so || text.empty() || text.front() < '0') return std::nullopt;
  const auto read = compiler::read_quantity(text);
  const auto* share = read ? std::get_if<plan::Quantity>(&*read) : nullptr;
  if (share == nullptr || share->unit != plan::Unit::Ratio) return std::nullopt;
  return plan::Ratio::from_parts(share->value);
}

}  // namespace

void add_share_option(CLI::App& command, const std::string& name, std::optional<plan::Ratio>& into,
                      const std::string& about) {
  command
      .add_option_function<std::string>(
          name, [&into](const std::string& text) { into = read_share(text); }, about)
      ->check([](const std::string& text) {
        return read_share(text) ? std::string() : "a share such as 5% is wanted";
      });
}

}  // namespace mig::cli
