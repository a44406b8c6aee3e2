#include "compiler/plan/json_archive.hpp"

#include <charconv>

#include "compiler/plan/overloaded.hpp"

namespace mig::plan {

// A value says what it is by its key, so that 1, true and "1" stay apart. Doubles are written in
// hexadecimal: the shortest text that is exact in both directions.
nlohmann::json JsonWriter::of(const Value& value) {
  return std::visit(Overloaded{
                        [](const Null&) {
                          return nlohmann::json{{"null", true}};
                        },
                        [](bool b) {
                          return nlohmann::json{{"bool", b}};
                        },
                        [](std::int64_t i) {
                          return nlohmann::json{{"int", i}};
                        },
                        [](const Decimal& d) {
                          return nlohmann::json{{"decimal", print(d)}};
                        },
                        [](double d) {
                          return nlohmann::json{{"real", fmt::format("{:a}", d)}};
                        },
                        [](const std::string& text) {
                          return nlohmann::json{{"text", text}};
                        },
                    },
                    value);
}

void JsonReader::into(const nlohmann::json& json, bool& value) {
  if (!json.is_boolean()) return fail("true or false is wanted");
  value = json.get<bool>();
}

void JsonReader::into(const nlohmann::json& json, std::string& value) {
  if (!json.is_string()) return fail("a text is wanted");
  value = json.get<std::string>();
}

std::int64_t JsonReader::integer(const nlohmann::json& json, std::int64_t least,
                                 std::int64_t most) {
  const bool fits_signed = json.is_number_integer() &&
                           !(json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX);
  if (!fits_signed) {
    fail("an integer is wanted");
    return least;
  }
  const auto value = json.get<std::int64_t>();
  if (value < least || value > most) {
    fail(fmt::format("{} is out of range", value));
    return least;
  }
  return value;
}

void JsonReader::into(const nlohmann::json& json, Value& value) {
  if (!json.is_object() || json.size() != 1) return fail("a value is wanted");
  const std::string kind = json.begin().key();
  const nlohmann::json& content = json.begin().value();
  if (kind == "null") {
    if (content != true) return fail("a null is written as true");
    value = Null{};
  } else if (kind == "bool") {
    into(content, value.emplace<bool>());
  } else if (kind == "int") {
    value = integer(content, INT64_MIN, INT64_MAX);
  } else if (kind == "text") {
    into(content, value.emplace<std::string>());
  } else if (kind == "decimal" || kind == "real") {
    std::string text;
    into(content, text);
    if (kind == "decimal") {
      const auto decimal = parse_decimal(text);
      if (!decimal) return fail("a decimal is wanted");
      value = *decimal;
      return;
    }
    const bool negative = text.starts_with('-');
    std::string_view digits = std::string_view(text).substr(negative ? 1 : 0);
    if (digits.starts_with("0x")) digits.remove_prefix(2);
    double real = 0;
    const auto [end, status] =
        std::from_chars(digits.data(), digits.data() + digits.size(), real, std::chars_format::hex);
    if (status != std::errc() || end != digits.data() + digits.size())
      return fail("a real is wanted");
    value = negative ? -real : real;
  } else {
    fail(fmt::format("a value cannot be `{}`", kind));
  }
}

}  // namespace mig::plan
