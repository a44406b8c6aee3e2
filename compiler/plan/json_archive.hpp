// Turns structs that have `fields` into JSON and back, without losing anything.
//
// JsonWriter never fails. JsonReader takes text that anybody may have changed: the first thing that
// does not fit makes it fail with a path, and the result is not to be used. Included by codec files
// only; it brings the JSON library along.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/plan/fields.hpp"

namespace mig::plan {

template <class T>
concept HasSpellings = std::is_enum_v<T>;

template <>
inline constexpr auto kSpellings<Function> = [] {
  // Stored journals hold these spellings: they are the enumerators, which never change their
  // meaning.
  return std::to_array<std::string_view>({
#define FUNCTION(enumerator, language_name) #enumerator,
#include "compiler/plan/functions.def"
#undef FUNCTION
  });
}();

class JsonWriter {
 public:
  template <class T>
  static nlohmann::json write(const T& value) {
    return JsonWriter().of(value);
  }

  template <class T>
  void operator()(const char* name, const T& value) {
    object_[name] = of(value);
  }
  template <class T>
  void later(const char* name, const T& value) {
    if (value != T{}) object_[name] = of(value);
  }

 private:
  nlohmann::json of(bool value) { return value; }
  nlohmann::json of(const std::string& value) { return value; }
  nlohmann::json of(Duration value) { return value.count(); }
  nlohmann::json of(RowCount value) { return value.value; }
  nlohmann::json of(Ratio value) { return value.parts(); }
  nlohmann::json of(const Value& value);
  template <class Kind>
  nlohmann::json of(Id<Kind> value) {
    return value.index;
  }
  template <class T>
  requires std::is_integral_v<T> nlohmann::json of(T value) { return value; }
  template <HasSpellings T>
  nlohmann::json of(T value) {
    return std::string(kSpellings<T>.at(static_cast<std::size_t>(value)));
  }
  template <class T>
  nlohmann::json of(const std::optional<T>& value) {
    return value ? of(*value) : nlohmann::json();
  }
  template <class T>
  nlohmann::json of(const std::vector<T>& values) {
    auto array = nlohmann::json::array();
    for (const T& value : values)
      array.push_back(of(value));
    return array;
  }
  template <class... T>
  nlohmann::json of(const std::variant<T...>& value) {
    return std::visit(
        [this](const auto& alternative) {
          nlohmann::json object = this->of(alternative);
          object["is"] = std::string(alternative.kName);
          return object;
        },
        value);
  }
  template <class T>
  requires std::is_class_v<T> nlohmann::json of(const T& value) {
    JsonWriter nested;
    nested.object_ = nlohmann::json::object();
    fields(nested,
           const_cast<T&>(value));  // the visitor is shared with the reader; nothing is changed
    return std::move(nested.object_);
  }

  nlohmann::json object_;
};

class JsonReader {
 public:
  // Fills `value`; on failure says what did not fit and where.
  template <class T>
  static std::optional<std::string> read(const nlohmann::json& json, T& value) {
    JsonReader reader;
    reader.into(json, value);
    if (reader.mistake_.empty()) return std::nullopt;
    return reader.mistake_;
  }

  template <class T>
  void operator()(const char* name, T& value) {
    if (!mistake_.empty()) return;
    const auto found = object_->find(name);
    if (found == object_->end()) return fail(fmt::format("`{}` is missing", name));
    into(*found, value);
    if (!mistake_.empty()) mistake_ = fmt::format("{}: {}", name, mistake_);
  }
  template <class T>
  void later(const char* name, T& value) {
    value = T{};
    if (object_->contains(name)) (*this)(name, value);
  }

 private:
  void fail(std::string mistake) {
    if (mistake_.empty()) mistake_ = std::move(mistake);
  }
  void into(const nlohmann::json& json, bool& value);
  void into(const nlohmann::json& json, std::string& value);
  void into(const nlohmann::json& json, Value& value);
  std::int64_t integer(const nlohmann::json& json, std::int64_t least, std::int64_t most);

  void into(const nlohmann::json& json, Duration& value) {
    value = Duration(integer(json, INT64_MIN, INT64_MAX));
  }
  void into(const nlohmann::json& json, RowCount& value) {
    value.value = integer(json, INT64_MIN, INT64_MAX);
  }
  void into(const nlohmann::json& json, Ratio& value) {
    const auto ratio = Ratio::from_parts(integer(json, 0, Ratio::kWhole));
    assert(ratio.has_value());  // `integer` keeps to the limits
    value = *ratio;
  }
  template <class Kind>
  void into(const nlohmann::json& json, Id<Kind>& value) {
    value.index = static_cast<std::uint32_t>(integer(json, 0, UINT32_MAX));
  }
  template <class T>
  requires std::is_integral_v<T>
  void into(const nlohmann::json& json, T& value) {
    using Limits = std::numeric_limits<T>;
    static_assert(sizeof(T) < 8 || std::is_signed_v<T>);
    value = static_cast<T>(integer(json, static_cast<std::int64_t>(Limits::min()),
                                   static_cast<std::int64_t>(Limits::max())));
  }
  template <HasSpellings T>
  void into(const nlohmann::json& json, T& value) {
    std::string spelling;
    into(json, spelling);
    for (std::size_t i = 0; i < kSpellings<T>.size(); ++i) {
      if (kSpellings<T>[i] == spelling) {
        value = static_cast<T>(i);
        return;
      }
    }
    fail(fmt::format("`{}` is not known here", spelling));
  }
  template <class T>
  void into(const nlohmann::json& json, std::optional<T>& value) {
    value.reset();
    if (!json.is_null()) into(json, value.emplace());
  }
  template <class T>
  void into(const nlohmann::json& json, std::vector<T>& values) {
    values.clear();
    if (!json.is_array()) return fail("a list is wanted");
    values.reserve(json.size());
    for (const nlohmann::json& one : json) {
      into(one, values.emplace_back());
      if (!mistake_.empty()) return;
    }
  }
  template <class... T>
  void into(const nlohmann::json& json, std::variant<T...>& value) {
    if (!json.is_object() || !json.contains("is") || !json["is"].is_string()) {
      return fail("an object that says what it `is` is wanted");
    }
    const auto is = json["is"].template get<std::string>();
    const bool known = (... || (T::kName == is && (into(json, value.template emplace<T>()), true)));
    if (!known) fail(fmt::format("`{}` is not known to this version", is));
  }
  template <class T>
  requires std::is_class_v<T>
  void into(const nlohmann::json& json, T& value) {
    if (!json.is_object()) return fail("an object is wanted");
    const nlohmann::json* outer = std::exchange(object_, &json);
    fields(*this, value);
    object_ = outer;
  }

  const nlohmann::json* object_ = nullptr;
  std::string mistake_;
};

}  // namespace mig::plan
