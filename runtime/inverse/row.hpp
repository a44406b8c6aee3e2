// Single rows as values that can be made up, changed and printed: what generated rows are before
// they become a batch.
//
// Used by the check of an inverse and by the tests of transforms. Values; one thread each.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "compiler/plan/schema.hpp"
#include "runtime/data/batch.hpp"

namespace mig::runtime {

// Nothing; or what a Column of the type holds: integers (bool, dates and times, the index of a
// one_of), decimal digits, reals, bytes (text, json, bytes, uuid), the items of a list.
struct FieldValue {
  using Node = std::variant<std::monostate, std::int64_t, Decimal, double, std::string,
                            std::vector<FieldValue>>;
  // Not inline: this compiler sees uninitialised memory in variants that it moves about.
  FieldValue();
  FieldValue(Node value);  // NOLINT(google-explicit-constructor): a value is what it holds
  FieldValue(const FieldValue& other);
  FieldValue(FieldValue&& other) noexcept;
  FieldValue& operator=(const FieldValue& other);
  FieldValue& operator=(FieldValue&& other) noexcept;
  ~FieldValue();

  bool is_none() const { return std::holds_alternative<std::monostate>(node); }
  bool operator==(const FieldValue& other) const;
  bool operator<(const FieldValue& other) const;

  Node node;
};

using Row = std::vector<FieldValue>;  // one value a field of the entity

// REQUIRES: the value is one of the column's type.
void append(Column& column, const FieldValue& value);
FieldValue value_at(const Column& column, std::size_t row);

std::vector<plan::Type> types_of(const plan::Entity& entity);
Batch batch_of(const plan::Entity& entity, const std::vector<Row>& rows);
Row row_at(const std::vector<Column>& columns, std::size_t row);

// In the order in which a store reads keys: numbers by value, texts by their bytes.
bool comes_before(const Row& key, const Row& other);

// As the language writes it where it can: `none`, `42`, `"text"`, `2026-01-02T03:04:05.000006Z`.
std::string print(const FieldValue& value, const plan::Type& type);
// `User { id = 1; name = "Ada" }`
std::string print(const plan::Entity& entity, const Row& row);

}  // namespace mig::runtime
