// Plans of one dataset in Redis, rows for them, and what stands under a key, for tests of the
// store.
#pragma once

#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "compiler/plan/plan.hpp"
#include "runtime/data/fingerprint.hpp"
#include "runtime/stores/redis_connection.hpp"

namespace mig::tests {

inline plan::Field field(std::string name, plan::Type type, bool is_key = false) {
  return plan::Field{.name = name, .column = name, .type = std::move(type), .key = is_key};
}

// One store, one entity, one dataset: `rows`.
inline plan::Plan redis_plan(std::vector<plan::Field> fields, std::string pattern,
                             plan::Codec codec) {
  plan::Plan plan;
  plan.stores.push_back({.name = "cache", .kind = plan::StoreKind::Redis});
  plan.entities.push_back({.name = "Row", .fields = std::move(fields)});
  plan.datasets.push_back({.name = "rows",
                           .entity = plan::EntityId{0},
                           .store = plan::StoreId{0},
                           .keys = plan::Keyspace{std::move(pattern), codec, {}}});
  return plan;
}

inline constexpr plan::DatasetId kRows{0};

inline runtime::Batch batch_of(const plan::Plan& plan) {
  std::vector<plan::Type> types;
  for (const plan::Field& each : plan.entities[0].fields)
    types.push_back(each.type);
  return runtime::Batch::of(types);
}

inline runtime::RedisConnection connected(const std::string& url) {
  auto connection = runtime::RedisConnection::open(url);
  if (!connection) FAIL(connection.error().message);
  return std::move(*connection);
}

// The answer of a command that must succeed, as text: items in order, parted by spaces.
inline std::string told(const runtime::RedisReply& reply) {
  using Kind = runtime::RedisReply::Kind;
  switch (reply.kind) {
    case Kind::Nil:
      return "nil";
    case Kind::Integer:
      return std::to_string(reply.integer);
    case Kind::Array: {
      std::string all;
      for (const auto& item : reply.items)
        all += (all.empty() ? "" : " ") + told(item);
      return all;
    }
    case Kind::Text:
    case Kind::Status:
    case Kind::Error:
      break;
  }
  return reply.text;
}

inline std::string ask(runtime::RedisConnection& redis,
                       std::initializer_list<std::string_view> words) {
  const auto reply = redis.call(words);
  if (!reply) FAIL(reply.error().message);
  return told(*reply);
}

template <class T>
T value_of(runtime::Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}

inline void done(const runtime::Result<void>& result) {
  if (!result) FAIL(result.error().message);
}

inline runtime::Fingerprint print_of(const runtime::Batch& rows, std::size_t row) {
  std::string memory;
  return runtime::fingerprint(rows.columns, row, memory);
}

// Values of every type, extremes among them. Deterministic for a seed.
class RandomRows {
 public:
  explicit RandomRows(std::uint64_t seed) : random_(seed) {}

  std::int64_t below(std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random_);
  }

  void append(runtime::Column& column) {
    const plan::Type& type = column.type();
    if (type.optional && below(4) == 0) return column.append_null();
    switch (type.base) {
      case plan::Base::Bool:
        return column.append_integer(below(2));
      case plan::Base::I16:
        return column.append_integer(integer(INT16_MIN, INT16_MAX));
      case plan::Base::I32:
        return column.append_integer(integer(INT32_MIN, INT32_MAX));
      case plan::Base::I64:
        return column.append_integer(integer(INT64_MIN, INT64_MAX));
      case plan::Base::Decimal:
        return column.append_decimal(below(1'000'000'000) - 500'000'000);
      case plan::Base::F64:
        return column.append_real(real());
      case plan::Base::Text:
        return column.append_bytes(text());
      case plan::Base::Bytes:
        return column.append_bytes(bytes(static_cast<std::size_t>(below(20))));
      case plan::Base::Uuid:
        return column.append_bytes(bytes(16));
      case plan::Base::Date:
        return column.append_integer(below(100'000) - 50'000);
      case plan::Base::Time:
        return column.append_integer(below(86'400'000'000));
      case plan::Base::Timestamp:
        return column.append_integer(below(4'000'000'000'000'000) - 2'000'000'000'000'000);
      case plan::Base::Json:
        return column.append_bytes(json());
      case plan::Base::OneOf:
        return column.append_integer(below(static_cast<std::int64_t>(type.members.size())));
      case plan::Base::List:
        for (std::int64_t items = below(4); items > 0; --items)
          append(column.element());
        return column.append_list();
    }
  }

 private:
  std::int64_t integer(std::int64_t least, std::int64_t most) {
    switch (below(6)) {
      case 0:
        return least;
      case 1:
        return most;
      case 2:
        return 0;
      default:
        return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
    }
  }
  double real() {
    static constexpr double kReals[] = {0.0,
                                        -0.0,
                                        0.1,
                                        1.0 / 3,
                                        -1e300,
                                        5e-324,
                                        1e16,
                                        1e22,
                                        1e15 + 1,
                                        9e15,
                                        9007199254740994.0,
                                        123456789.0};
    return kReals[below(12)];
  }
  std::string text() {
    static const std::string kTexts[] = {
        "",         "a",     "zoë€ 😀", "\"quoted\\\"",        "null",
        "a:b{c}*?", "[1,2]", " x ",    "line\r\nbreak\t\x01", std::string("a\0b", 3)};
    return kTexts[below(10)];
  }
  std::string json() {
    static const std::string kTexts[] = {
        "1",   "true",     "\"a\\u0000b\"",          "{\"a\" : [1, {}]}",
        "[ ]", "-0.10e+5", "12345678901234567890123"};
    return kTexts[below(7)];
  }
  std::string bytes(std::size_t size) {
    std::string made;
    while (made.size() < size)
      made += static_cast<char>(below(256));
    return made;
  }

  std::mt19937_64 random_;
};

}  // namespace mig::tests
