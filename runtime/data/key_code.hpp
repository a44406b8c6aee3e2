// Keys as bytes whose order is the keys' order. Cursors, ranges and change logs hold these, so that
// no store's collation ever decides where a copy continues.
//
//   optional field          one byte: 0 for NULL (which comes first), 1 and then the value
//   bool                    one byte
//   i16, i32, i64, date,    8 bytes, most significant first, sign bit flipped; an integer that
//   time, timestamp         is widened keeps its code
//   decimal                 16 bytes likewise, of the digits without the point
//   uuid                    16 bytes
//   text, bytes, one_of     the bytes (of the word), 0 written as 0 255, and then 0 1
//
// Text order is the order of its UTF-8 bytes. Several fields are written one after the other.
// Pure; thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "compiler/plan/types.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

// False for f64, json and lists, which are no keys.
bool is_key_type(const plan::Type& type);

// Appends the code of one field; the type is a key type.
void append_key_field(std::string& out, const Column& column, std::size_t row);

// The code of a key of several fields.
std::string key_code(std::span<const Column> fields, std::size_t row);

// Appends one row to `fields`. On an error (a damaged cursor, a key of other types) nothing is
// appended.
Result<void> decode_key(std::string_view code, std::span<Column> fields);

}  // namespace mig::runtime
