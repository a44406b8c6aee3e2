// The pattern of a dataset's keys, `sess:{id}`, and the keys that it makes.
//
// A row has one key and a key one row. Parts are written as text (redis_text.hpp) and read only as
// they would be written: `user:007` is no key of an i64. A part ends where the text behind it in
// the pattern begins for the first time, so a value that holds that text is refused, as one that
// could be read as another row's. Braces stand for fields only. Immutable; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/schema.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/data/reject.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

// Keys under it are mig's own and rows of nobody.
inline constexpr std::string_view kRedisControlPrefix = "mig:ctl:";

class KeyPattern {
 public:
  // Permanent where the pattern is ambiguous (two fields without text between them), names
  // something else than the fields of the key, or leaves one out.
  static Result<KeyPattern> parse(const plan::Entity& entity, std::string_view pattern);

  // For SCAN: matches every key of the pattern, and maybe more.
  const std::string& glob() const { return glob_; }
  const std::string& text() const { return text_; }

  // Appends the key's fields to their columns; or says why it is none of this pattern's keys and
  // appends nothing.
  std::optional<Reject> read(std::string_view key, Batch& rows) const;
  // Puts the row's key into `key`.
  std::optional<Reject> print(const Batch& rows, std::size_t row, std::string& key) const;

  // The place of a key (places.hpp): the cells of the row's key as in any other store, so that a
  // row is found by what another side knows of it. A key that is none of this pattern's has a place
  // of its own.
  std::string place_of(std::string_view key) const;
  // The key at a place; nothing where no key can stand there.
  std::optional<std::string> key_at(std::string_view place) const;

 private:
  struct Part {
    std::size_t field = 0;  // of the entity
    std::size_t cell = 0;   // of a place
    std::string behind;     // the text between it and the next part, or the end
  };
  // What stands for each part; nothing where the key does not have this form.
  std::optional<std::vector<std::string_view>> split(std::string_view key) const;
  // Both over a batch in which `column_of` a part is the index of its column.
  std::optional<Reject> read_parts(std::string_view key, Batch& rows,
                                   std::size_t Part::*column_of) const;
  std::optional<Reject> print_parts(const Batch& rows, std::size_t row, std::string& key,
                                    std::size_t Part::*column_of) const;

  std::string text_;
  std::string glob_;
  std::string before_;
  std::vector<Part> parts_;
  plan::Entity key_;  // of the key's fields alone, in their order
};

}  // namespace mig::runtime
