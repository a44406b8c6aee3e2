#include "runtime/stores/redis_codec.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "runtime/data/fingerprint.hpp"
#include "runtime/data/json_parts.hpp"
#include "runtime/data/json_text.hpp"
#include "runtime/data/plan_value.hpp"
#include "runtime/stores/redis_text.hpp"

namespace mig::runtime {
namespace {

using plan::Codec;

std::size_t first_value(const plan::Entity& entity) {
  const auto found = std::ranges::find(entity.fields, false, &plan::Field::key);
  return static_cast<std::size_t>(found - entity.fields.begin());
}

}  // namespace

Result<RowCodec> RowCodec::of(const plan::Entity& entity, Codec codec) {
  RowCodec result;
  result.entity_ = entity;
  result.codec_ = codec;
  for (const plan::Field& field : entity.fields)
    result.names_.push_back(field.column);
  const auto values = std::ranges::count(entity.fields, false, &plan::Field::key);
  if (codec == Codec::Hash && values == 0) {
    return fail(
        ErrorKind::Permanent,
        fmt::format("`{}` has nothing beside its key, and Redis has no empty hash", entity.name),
        "write `codec = json`");
  }
  if (codec == Codec::String && values != 1) {
    return fail(ErrorKind::Permanent,
                fmt::format("`codec = string` keeps one value, and `{}` has {} beside its key",
                            entity.name, values),
                "write `codec = json`, or `codec = hash`");
  }
  return result;
}

std::optional<FieldReject> RowCodec::read_absent(std::size_t field, Batch& rows) const {
  const plan::Field& declared = entity_.fields[field];
  Column& column = rows.columns[field];
  if (declared.type.optional) {
    column.append_null();
    return std::nullopt;
  }
  if (declared.fallback) {
    [[maybe_unused]] const bool fits = append_value(column, *declared.fallback);
    assert(fits && "a default is a value of its field");
    return std::nullopt;
  }
  return FieldReject{declared.name,
                     fmt::format("no value where `{}` is expected", plan::print(declared.type))};
}

std::optional<FieldReject> RowCodec::read_field(std::size_t field, std::string_view value,
                                                Batch& rows) const {
  const plan::Field& declared = entity_.fields[field];
  const auto read = codec_ == Codec::Json ? read_json : read_text;
  if (!declared.key) {
    auto reject = read(value, rows.columns[field]);
    if (!reject) return std::nullopt;
    return FieldReject{declared.name, std::move(reject->reason)};
  }
  Column again(declared.type);
  if (auto reject = read(value, again)) return FieldReject{declared.name, reject->reason};
  std::string here;
  std::string in_key;
  append_canonical(here, again, 0);
  append_canonical(in_key, rows.columns[field], rows.rows);
  if (here == in_key) return std::nullopt;
  return FieldReject{declared.name, "a value that differs from the one in the key"};
}

std::optional<FieldReject> RowCodec::read_hash(
    std::span<const std::optional<std::string_view>> values, std::int64_t size, Batch& rows) const {
  assert(values.size() == entity_.fields.size());
  std::int64_t known = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::optional<FieldReject> reject;
    if (values[i]) {
      ++known;
      reject = read_field(i, *values[i], rows);
    } else if (!entity_.fields[i].key) {
      reject = read_absent(i, rows);
    }
    if (reject) return reject;
  }
  if (known == size) return std::nullopt;
  return undeclared_field();
}

std::optional<FieldReject> RowCodec::check_field(std::size_t field,
                                                 std::optional<std::string_view> value,
                                                 Batch& rows) const {
  assert(rows.rows == 0);
  const plan::Field& declared = entity_.fields[field];
  if (!value && declared.key) return std::nullopt;
  auto reject = value ? read_field(field, *value, rows) : read_absent(field, rows);
  Column empty(declared.type);
  if (!declared.key) std::swap(rows.columns[field], empty);  // its memory goes, too
  return reject;
}

FieldReject RowCodec::undeclared_field() const {
  return {entity_.name, "the hash has a field that is not declared"};
}

FieldReject RowCodec::another_kind() const {
  return {entity_.name, fmt::format("a value of another kind where {} is expected",
                                    codec_ == Codec::Hash ? "a hash" : "a string")};
}

std::optional<FieldReject> RowCodec::read_object(std::string_view json, Batch& rows) const {
  if (!is_json(json)) return FieldReject{entity_.name, "text that is no JSON"};
  json = trim_json(json);
  if (!json.starts_with('{')) return FieldReject{entity_.name, "JSON that is no object"};
  std::vector<bool> is_known(names_.size());
  for (const JsonMember& member : json_members(json)) {
    const auto found = std::ranges::find(names_, member.name);
    if (found == names_.end()) {
      return FieldReject{entity_.name, "the object has a member that is not declared"};
    }
    const auto field = static_cast<std::size_t>(found - names_.begin());
    const plan::Type& type = entity_.fields[field].type;
    if (is_known[field]) return FieldReject{entity_.fields[field].name, "a member that is twice"};
    if (member.value == "null" && type.base != plan::Base::Json) continue;
    is_known[field] = true;
    if (auto reject = read_field(field, member.value, rows)) return reject;
  }
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (is_known[i] || entity_.fields[i].key) continue;
    if (auto reject = read_absent(i, rows)) return reject;
  }
  return std::nullopt;
}

std::optional<FieldReject> RowCodec::read_string(std::string_view value, Batch& rows) const {
  if (codec_ == Codec::Json) return read_object(value, rows);
  assert(codec_ == Codec::String);
  return read_field(first_value(entity_), value, rows);
}

std::optional<FieldReject> RowCodec::print(const Batch& rows, std::size_t row,
                                           std::vector<std::string>& words) const {
  std::size_t used = 0;  // of `words`, which keep their memory
  const auto next = [&]() -> std::string& {
    if (used == words.size()) words.emplace_back();
    words[used].clear();
    return words[used++];
  };
  std::string object = "{";
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const plan::Field& field = entity_.fields[i];
    const Column& column = rows.columns[i];
    if (field.key) continue;
    if (column.is_null(row)) {
      if (codec_ != Codec::String) continue;
      return FieldReject{field.name, "an absent value, which no string can be"};
    }
    std::optional<Reject> reject;
    if (codec_ == Codec::Json) {
      if (object.size() > 1) object += ',';
      append_json_string(names_[i], object);
      object += ':';
      reject = print_json(column, row, object);
    } else {
      if (codec_ == Codec::Hash) next() = names_[i];
      reject = print_text(column, row, next());
    }
    if (reject) return FieldReject{field.name, std::move(reject->reason)};
  }
  if (codec_ == Codec::Json) next() = object + '}';
  words.resize(used);
  if (!words.empty()) return std::nullopt;
  return FieldReject{entity_.fields[first_value(entity_)].name,
                     "a row without any value, which no hash can be"};
}

}  // namespace mig::runtime
