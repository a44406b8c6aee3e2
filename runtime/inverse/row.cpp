#include "runtime/inverse/row.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/overloaded.hpp"
#include "runtime/data/decimal.hpp"
#include "runtime/data/iso_time.hpp"
#include "runtime/data/uuid.hpp"
#include "runtime/inverse/made_up_texts.hpp"
#include "runtime/inverse/written_text.hpp"

namespace mig::runtime {
namespace {

using plan::Base;

std::string print_integer(std::int64_t number, const plan::Type& type) {
  switch (type.base) {
    case Base::Bool:
      return number != 0 ? "true" : "false";
    case Base::OneOf:
      return type.members.at(static_cast<std::size_t>(number));
    case Base::Date:
      return print_date(number);
    case Base::Time:
      return print_time(number);
    case Base::Timestamp:
      return print_timestamp(number);
    default:
      return fmt::format("{}", number);
  }
}

std::string print_hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes)
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string print_bytes(const std::string& bytes, const plan::Type& type) {
  if (type.base == Base::Uuid) return print_uuid(bytes);
  if (type.base == Base::Bytes) return fmt::format("bytes \"{}\"", print_hex(bytes));
  constexpr std::size_t kMostShown = 80;  // characters
  const std::size_t length = characters_of(bytes).size();
  if (length <= kMostShown) return fmt::format("\"{}\"", written_text(bytes));
  return fmt::format("\"{}…\" ({} characters)", written_text(cut(bytes, kMostShown / 2)), length);
}

}  // namespace

FieldValue::FieldValue() = default;
FieldValue::FieldValue(Node value) : node(std::move(value)) {}
FieldValue::FieldValue(const FieldValue& other) = default;
FieldValue::FieldValue(FieldValue&& other) noexcept = default;
FieldValue& FieldValue::operator=(const FieldValue& other) = default;
FieldValue& FieldValue::operator=(FieldValue&& other) noexcept = default;
FieldValue::~FieldValue() = default;

bool FieldValue::operator==(const FieldValue& other) const {
  return node == other.node;
}
bool FieldValue::operator<(const FieldValue& other) const {
  return node < other.node;
}

void append(Column& column, const FieldValue& value) {
  std::visit(plan::Overloaded{
                 [&](std::monostate) { column.append_null(); },
                 [&](std::int64_t number) { column.append_integer(number); },
                 [&](Decimal digits) { column.append_decimal(digits); },
                 [&](double real) { column.append_real(real); },
                 [&](const std::string& bytes) { column.append_bytes(bytes); },
                 [&](const std::vector<FieldValue>& items) {
                   for (const FieldValue& item : items)
                     append(column.element(), item);
                   column.append_list();
                 },
             },
             value.node);
}

FieldValue value_at(const Column& column, std::size_t row) {
  if (column.is_null(row)) return {};
  switch (storage_of(column.type().base)) {
    case Storage::Integers:
      return {column.integer(row)};
    case Storage::Decimals:
      return {column.decimal(row)};
    case Storage::Reals:
      return {column.real(row)};
    case Storage::Bytes:
      return {std::string(column.bytes(row))};
    case Storage::List:
      break;
  }
  std::vector<FieldValue> items;
  const Column::Range range = column.list(row);
  for (std::size_t i = range.first; i < range.end; ++i)
    items.push_back(value_at(column.element(), i));
  return {std::move(items)};
}

std::vector<plan::Type> types_of(const plan::Entity& entity) {
  std::vector<plan::Type> types;
  types.reserve(entity.fields.size());
  for (const plan::Field& field : entity.fields)
    types.push_back(field.type);
  return types;
}

Batch batch_of(const plan::Entity& entity, const std::vector<Row>& rows) {
  Batch batch = Batch::of(types_of(entity));
  for (const Row& row : rows) {
    assert(row.size() == entity.fields.size());
    for (std::size_t i = 0; i < row.size(); ++i)
      append(batch.columns[i], row[i]);
  }
  batch.rows = rows.size();
  return batch;
}

Row row_at(const std::vector<Column>& columns, std::size_t row) {
  Row values;
  for (const Column& column : columns)
    values.push_back(value_at(column, row));
  return values;
}

bool comes_before(const Row& key, const Row& other) {
  return key < other;
}

std::string print(const FieldValue& value, const plan::Type& type) {
  return std::visit(plan::Overloaded{
                        [](std::monostate) { return std::string("none"); },
                        [&](std::int64_t number) { return print_integer(number, type); },
                        [&](Decimal digits) { return print_decimal(digits, type.scale); },
                        [](double real) { return fmt::format("{}", real); },
                        [&](const std::string& bytes) { return print_bytes(bytes, type); },
                        [&](const std::vector<FieldValue>& items) {
                          std::vector<std::string> texts;
                          texts.reserve(items.size());
                          for (const FieldValue& item : items)
                            texts.push_back(print(item, type.element.front()));
                          return fmt::format("[{}]", fmt::join(texts, ", "));
                        },
                    },
                    value.node);
}

std::string print(const plan::Entity& entity, const Row& row) {
  assert(row.size() == entity.fields.size());
  std::vector<std::string> fields;
  fields.reserve(row.size());
  for (std::size_t i = 0; i < row.size(); ++i)
    fields.push_back(
        fmt::format("{} = {}", entity.fields[i].name, print(row[i], entity.fields[i].type)));
  return fmt::format("{} {{ {} }}", entity.name, fmt::join(fields, "; "));
}

}  // namespace mig::runtime
