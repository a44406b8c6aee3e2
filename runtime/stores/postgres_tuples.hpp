// COPY's binary format: a header, tuples, a trailer. A tuple is a number of fields and, for each, a
// length (-1 for NULL) and so many bytes.
//
// Used for bulk rows in and out. A tuple that needs no change passes through as it came:
// `first_fields` looks at its key only. Pure, but for the splitter's place. One thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/result.hpp"

namespace mig::runtime {

void append_copy_header(std::string& out);
void append_copy_trailer(std::string& out);
// What a tuple begins with; its fields follow.
void append_field_count(std::string& out, std::size_t fields);

// One field's bytes; nothing for NULL.
using CopyField = std::optional<std::string_view>;

// Reads the first `fields.size()` fields of a tuple; the rest is not looked at.
Result<void> first_fields(std::string_view tuple, std::span<CopyField> fields);

// Takes the messages of a COPY TO STDOUT, each with one tuple, the first with the header too.
class TupleSplitter {
 public:
  // The tuple of this message; empty for the trailer.
  Result<std::string_view> tuple_of(std::string_view message);
  bool is_at_end() const { return is_at_end_; }

 private:
  bool has_header_ = false;
  bool is_at_end_ = false;
};

}  // namespace mig::runtime
