// Which bytes our values are in Redis, and how they are read back. Redis knows no types, so every
// value is checked; nothing is rounded, cut or guessed.
//
//   type          text (a hash field, a string, a part of a key)   JSON
//   bool          1, 0 (true and false are read too)               true, false (1, 0 are read too)
//   i16 i32 i64   digits, as Redis itself counts: no sign `+`,     a number of the same form,
//   beyond
//                 no zero in front                                 2^53 too
//   decimal(p,s)  all s places, `12.50`; more zeros are read       the text; a number without an
//                                                                  exponent is read too
//   f64           shortest digits that give it back, `inf`,        a number
//                 `-inf`; never NaN
//   text(n)       UTF-8, at most n code points                     a string
//   bytes         the bytes                                        lower-case hexadecimal digits
//   uuid          lower case, `xxxxxxxx-xxxx-...`                  the text
//   date, time,   `2026-01-02`, `03:04:05.000006`,                 the text
//   timestamp     `2026-01-02T03:04:05.000006Z`; what
//                 data/iso_time.hpp takes is read
//   json          the JSON text                                    the value itself
//   one_of        the word                                         the text
//   [T]           a JSON array                                     an array
//   optional      see redis_codec.hpp; in an array, null           null
//
// A whole number beyond 2^53 is no f64. Stateless; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/data/batch.hpp"
#include "runtime/data/reject.hpp"

namespace mig::runtime {

// Appends the value to `into`, or says why not and appends nothing.
std::optional<Reject> read_text(std::string_view text, Column& into);
std::optional<Reject> read_json(std::string_view json, Column& into);

// Of a text so long, or that is no UTF-8 where its length is nothing: why it is no such value.
std::optional<Reject> judge_length(std::optional<std::size_t> code_points, const plan::Type& type);

// Appends the form to `out`, or says why the value has none: NaN, dates out of 0001 to 9999, an
// infinite number in JSON. REQUIRES: the value is not null.
std::optional<Reject> print_text(const Column& from, std::size_t row, std::string& out);
std::optional<Reject> print_json(const Column& from, std::size_t row, std::string& out);

}  // namespace mig::runtime
