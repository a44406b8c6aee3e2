#include "runtime/stores/plain_tuples.hpp"

#include <cassert>

#include "runtime/data/iso_time.hpp"
#include "runtime/data/json_text.hpp"
#include "runtime/data/utf8.hpp"
#include "runtime/stores/postgres_bytes.hpp"

namespace mig::runtime {
namespace {

using plan::Base;

constexpr std::int64_t kDaysTo2000 = 10957;  // from 1970-01-01
constexpr std::int64_t kMicrosTo2000 = kDaysTo2000 * 86'400 * 1'000'000;
constexpr std::uint16_t kNumericSpecial = 0xC000;  // NaN and both infinities

}  // namespace

std::optional<PlainTuples> PlainTuples::of(const plan::Entity& entity,
                                           std::span<const PostgresType> columns, Texts texts) {
  assert(columns.size() == entity.fields.size());
  PlainTuples plain(texts);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const plan::Type& type = entity.fields[i].type;
    const auto look = look_at(type, columns[i]);
    if (!look) return std::nullopt;
    plain.cells_.push_back({*look, type.optional, type.length});
  }
  return plain;
}

std::optional<PlainTuples::Look> PlainTuples::look_at(const plan::Type& type,
                                                      const PostgresType& column) {
  const auto where = [](bool is_so, Look look) {
    return is_so ? std::optional(look) : std::nullopt;
  };
  switch (type.base) {
    case Base::Bool:
      return where(column.wire == Wire::Bool, Look::None);
    case Base::I16:
      return where(column.wire == Wire::Int2, Look::None);
    case Base::I32:
      return where(column.wire == Wire::Int2 || column.wire == Wire::Int4, Look::None);
    case Base::I64:
      return where(
          column.wire == Wire::Int2 || column.wire == Wire::Int4 || column.wire == Wire::Int8,
          Look::None);
    case Base::F64:
      return where(column.wire == Wire::Float8, Look::None);
    case Base::Bytes:
      return where(column.wire == Wire::Bytea, Look::None);
    case Base::Uuid:
      return where(column.wire == Wire::Uuid, Look::None);
    case Base::Decimal:
      return where(column.wire == Wire::Numeric && column.has_precision() &&
                       column.precision() == type.precision && column.scale() == type.scale,
                   Look::Numeric);
    case Base::Text:
      return where(column.wire == Wire::Text, Look::Text);
    case Base::Date:
      return where(column.wire == Wire::Date, Look::Date);
    case Base::Time:
      return where(column.wire == Wire::Time, Look::Time);
    case Base::Timestamp:
      return where(column.wire == Wire::Timestamp || column.wire == Wire::TimestampTz,
                   Look::Timestamp);
    case Base::Json:
      if (column.wire == Wire::Json) return Look::Json;
      return where(column.wire == Wire::Jsonb, Look::Jsonb);
    case Base::OneOf:
    case Base::List:
      return std::nullopt;
  }
  assert(false && "every base is decided");
  return std::nullopt;
}

bool PlainTuples::is_value(const Cell& cell, std::string_view bytes) const {
  switch (cell.look) {
    case Look::None:
      return true;
    case Look::Numeric:
      return bytes.size() >= 8 &&
             (number_at<std::uint16_t>(bytes, 4) & kNumericSpecial) != kNumericSpecial;
    case Look::Date:
      return bytes.size() == 4 &&
             is_printable_date(number_at<std::int32_t>(bytes, 0) + kDaysTo2000);
    case Look::Time:
      return bytes.size() == 8 && is_printable_time(number_at<std::int64_t>(bytes, 0));
    case Look::Timestamp: {
      if (bytes.size() != 8) return false;
      const auto micros = number_at<std::int64_t>(bytes, 0);
      return micros <= INT64_MAX - kMicrosTo2000 && is_printable_timestamp(micros + kMicrosTo2000);
    }
    case Look::Text: {
      if (texts_ == Texts::Checked && cell.length == 0) return true;
      const auto length = count_code_points(bytes);
      return length && (cell.length == 0 || *length <= cell.length);
    }
    case Look::Json:
      return is_json(bytes);
    case Look::Jsonb:
      // The server has made the text from its own form.
      return !bytes.empty() && bytes.front() == 1 &&
             (texts_ == Texts::Checked || count_code_points(bytes.substr(1)));
  }
  assert(false && "every look is taken");
  return false;
}

bool PlainTuples::holds(std::string_view tuple) const {
  if (tuple.size() < 2) return false;
  if (number_at<std::uint16_t>(tuple, 0) != cells_.size()) return false;
  tuple.remove_prefix(2);
  for (const Cell& cell : cells_) {
    if (tuple.size() < 4) return false;
    const auto size = number_at<std::int32_t>(tuple, 0);
    tuple.remove_prefix(4);
    if (size == -1) {
      if (!cell.may_be_null) return false;
      continue;
    }
    if (size < 0 || tuple.size() < static_cast<std::size_t>(size)) return false;
    if (!is_value(cell, tuple.substr(0, static_cast<std::size_t>(size)))) return false;
    tuple.remove_prefix(static_cast<std::size_t>(size));
  }
  return tuple.empty();
}

}  // namespace mig::runtime
