// The JSON Schema of whatever has `fields`: a visitor like JsonWriter that looks at types alone.
// Included by codec files only; it brings the JSON library along.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "compiler/plan/json_archive.hpp"

namespace mig::cli {

class SchemaWriter {
 public:
  template <class T>
  static nlohmann::json of() {
    return SchemaWriter().schema(T{});
  }

  template <class T>
  void operator()(const char* name, const T& value) {
    properties_[name] = schema(value);
    required_.push_back(name);
  }
  template <class T>
  void later(const char* name, const T& value) {
    properties_[name] = schema(value);
  }

 private:
  using Json = nlohmann::json;

  static Json schema(bool) { return {{"type", "boolean"}}; }
  static Json schema(const std::string&) { return {{"type", "string"}}; }
  static Json schema(plan::Duration) {
    return {{"type", "integer"}, {"description", "nanoseconds"}};
  }
  static Json schema(plan::Ratio) {
    return {{"type", "integer"},
            {"minimum", 0},
            {"maximum", plan::Ratio::kWhole},
            {"description", "parts of 10^9"}};
  }
  template <class T>
  requires std::is_integral_v<T>
  static Json schema(T) { return {{"type", "integer"}}; }
  template <class T>
  requires std::is_enum_v<T>
  static Json schema(T) {
    Json words = Json::array();
    for (const std::string_view word : plan::kSpellings<T>)
      words.push_back(std::string(word));
    return {{"enum", std::move(words)}};
  }
  template <class T>
  static Json schema(const std::optional<T>&) {
    return {{"anyOf", Json::array({schema(T{}), Json{{"type", "null"}}})}};
  }
  template <class T>
  static Json schema(const std::vector<T>&) {
    return {{"type", "array"}, {"items", schema(T{})}};
  }
  template <class T>
  requires std::is_class_v<T>
  static Json schema(const T& value) {
    SchemaWriter nested;
    T copy = value;  // the visitor is shared with the reader; nothing is changed
    fields(nested, copy);
    return {{"type", "object"},
            {"properties", std::move(nested.properties_)},
            {"required", std::move(nested.required_)}};
  }

  Json properties_ = Json::object();
  Json required_ = Json::array();
};

}  // namespace mig::cli
