// Fills any struct that has `fields` with random content, by walking its fields.
//
// For tests of encodings: a field that is added to a plan or a record is covered without a word
// here. Deterministic for a seed.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/plan/json_archive.hpp"

namespace mig::tests {

class RandomFiller {
 public:
  explicit RandomFiller(std::uint64_t seed) : random_(seed) {}

  std::int64_t below(std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random_);
  }

  template <class T>
  void operator()(const char*, T& value) {
    fill(value);
  }
  template <class T>
  void later(const char* name, T& value) {
    (*this)(name, value);
  }

  void fill(bool& value) { value = below(2) == 1; }
  void fill(std::string& value) {
    static const std::vector<std::string> kTexts = {
        "",     "a", "null", "\"quoted\\\"",        "line\nbreak\t",
        "zoë€", "😀", "{}",   std::string("a\0b", 3)};
    value = kTexts[static_cast<std::size_t>(below(static_cast<std::int64_t>(kTexts.size())))];
  }
  void fill(plan::Duration& value) { value = plan::Duration(any_integer()); }
  void fill(plan::RowCount& value) { value.value = any_integer(); }
  void fill(plan::Ratio& value) {
    value = *plan::Ratio::from_parts(below(plan::Ratio::kWhole + 1));
  }
  void fill(plan::Value& value) {
    switch (below(6)) {
      case 0:
        value = plan::Null{};
        return;
      case 1:
        value = below(2) == 1;
        return;
      case 2:
        value = any_integer();
        return;
      case 3: {
        plan::Decimal decimal{static_cast<__int128>(any_integer()) * below(1000),
                              static_cast<std::uint8_t>(below(19))};
        value = decimal;
        return;
      }
      case 4: {
        static constexpr double kReals[] = {0.0, -0.0, 0.1, -1e300, 5e-324, 1.0 / 3, 123456789.0};
        value = kReals[below(7)];
        return;
      }
      default:
        fill(value.emplace<std::string>());
    }
  }
  template <class Kind>
  void fill(plan::Id<Kind>& value) {
    value.index = static_cast<std::uint32_t>(below(3));
  }
  template <class T>
  requires std::is_integral_v<T>
  void fill(T& value) {
    switch (below(4)) {
      case 0:
        value = std::numeric_limits<T>::max();
        return;
      case 1:
        value = std::numeric_limits<T>::min();
        return;
      default:
        value = static_cast<T>(below(100));
    }
  }
  template <plan::HasSpellings T>
  void fill(T& value) {
    value = static_cast<T>(below(static_cast<std::int64_t>(plan::kSpellings<T>.size())));
  }
  template <class T>
  void fill(std::optional<T>& value) {
    value.reset();
    if (below(2) == 1) fill(value.emplace());
  }
  template <class T>
  void fill(std::vector<T>& values) {
    values.clear();
    // Types and expressions hold themselves; deep ones end here.
    const std::int64_t size = ++depth_ > 6 ? 0 : below(3);
    for (std::int64_t i = 0; i < size; ++i)
      fill(values.emplace_back());
    --depth_;
  }
  template <class... T>
  void fill(std::variant<T...>& value) {
    std::int64_t left = below(sizeof...(T));
    (void)(... || (left-- == 0 && (fill(value.template emplace<T>()), true)));
  }
  template <class T>
  requires std::is_class_v<T>
  void fill(T& value) { fields(*this, value); }

  std::int64_t any_integer() {
    switch (below(4)) {
      case 0:
        return INT64_MAX;
      case 1:
        return INT64_MIN;
      default:
        return below(2'000'000) - 1'000'000;
    }
  }

 private:
  std::mt19937_64 random_;
  int depth_ = 0;
};

}  // namespace mig::tests
