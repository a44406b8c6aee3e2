// How a row stands under its key: as a hash, as a JSON object, or as one string.
//
//   hash     one hash field a column; an absent one has no field. A row without any value cannot be
//            kept: Redis has no empty hash
//   json     an object with a member a column; an absent one has no member, and null is read as
//            absent (but is the JSON null itself where the type is json)
//   string   the one column beside the key; it is never absent
//
// The fields of the key stand in the key, and are not written again; where they are found in the
// value they must agree with it. A field or member that the entity does not declare is refused, as
// it would be lost. What was written before a field existed gets the field's default. Values are
// documented in redis_text.hpp. Immutable; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/schema.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

struct FieldReject {
  std::string field;
  std::string reason;  // by class and rule, never by content
};

class RowCodec {
 public:
  // Permanent where rows of the entity cannot be kept like that.
  static Result<RowCodec> of(const plan::Entity& entity, plan::Codec codec);

  plan::Codec kind() const { return codec_; }
  // Of a hash: every field that is asked for.
  const std::vector<std::string>& names() const { return names_; }

  // Each appends the columns that are no part of the key, whose columns already hold this row; or
  // says why not, and may have appended some of it (Batch::drop_unfinished).
  // `values`: what stands under each of `names()`; `size`: how many fields the hash has.
  std::optional<FieldReject> read_hash(std::span<const std::optional<std::string_view>> values,
                                       std::int64_t size, Batch& rows) const;
  std::optional<FieldReject> read_string(std::string_view value, Batch& rows) const;

  // The same of one field of a hash, for who never has all of them: `value` is nothing where the
  // hash has no such field. Leaves nothing behind. REQUIRES: `rows` has the row's key alone.
  std::optional<FieldReject> check_field(std::size_t field, std::optional<std::string_view> value,
                                         Batch& rows) const;
  // What keeps a hash with other fields from being a row, and a value that is of another kind.
  FieldReject undeclared_field() const;
  FieldReject another_kind() const;

  // What is to be stored: of a hash name, value, name, value; else one text.
  std::optional<FieldReject> print(const Batch& rows, std::size_t row,
                                   std::vector<std::string>& words) const;

 private:
  std::optional<FieldReject> read_object(std::string_view json, Batch& rows) const;
  std::optional<FieldReject> read_field(std::size_t field, std::string_view value,
                                        Batch& rows) const;
  std::optional<FieldReject> read_absent(std::size_t field, Batch& rows) const;

  plan::Entity entity_;
  plan::Codec codec_ = plan::Codec::Json;
  std::vector<std::string> names_;  // one a field of the entity
};

}  // namespace mig::runtime
