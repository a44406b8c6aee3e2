#include "runtime/cli/lsp/protocol.hpp"

#include <cstdint>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mig::cli::lsp {

const Json* field_of(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::optional<std::string> text_field(const Json& object, std::string_view name) {
  const Json* field = field_of(object, name);
  if (field == nullptr || !field->is_string()) return std::nullopt;
  return field->get<std::string>();
}

std::optional<bool> truth_field(const Json& object, std::string_view name) {
  const Json* field = field_of(object, name);
  if (field == nullptr || !field->is_boolean()) return std::nullopt;
  return field->get<bool>();
}

std::optional<std::uint32_t> number_field(const Json& object, std::string_view name) {
  const Json* field = field_of(object, name);
  if (field == nullptr || !field->is_number_unsigned()) return std::nullopt;
  const auto value = field->get<std::uint64_t>();
  return value > INT32_MAX ? std::nullopt : std::optional(static_cast<std::uint32_t>(value));
}

std::optional<TextPosition> position_field(const Json& object, std::string_view name) {
  const Json* field = field_of(object, name);
  if (field == nullptr) return std::nullopt;
  const auto line = number_field(*field, "line");
  const auto character = number_field(*field, "character");
  if (!line || !character) return std::nullopt;
  return TextPosition{*line, *character};
}

Json range_of(std::string_view text, std::size_t begin, std::size_t end, Encoding encoding) {
  const auto place = [&](std::size_t offset) {
    const TextPosition position = position_at(text, offset, encoding);
    return Json{{"line", position.line}, {"character", position.character}};
  };
  return Json{{"start", place(begin)}, {"end", place(end)}};
}

Json range_of(std::string_view text, const syntax::Span& span, Encoding encoding) {
  return range_of(text, span.begin, span.end, encoding);
}

Json markdown(std::string_view text) {
  return Json{{"kind", "markdown"}, {"value", text}};
}

std::string code_block(std::string_view code) {
  return fmt::format("```mig\n{}\n```", code);
}

}  // namespace mig::cli::lsp
