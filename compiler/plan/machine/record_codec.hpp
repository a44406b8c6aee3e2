// The stored form of a record: its kind, and a JSON body. Law: decode(kind, body of r) == r. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "compiler/plan/machine/record.hpp"

namespace mig::plan {

std::string encode_body(const Record& record);

// The error is one sentence. A kind that this version does not know is an error, never skipped.
std::expected<Record, std::string> decode_record(std::string_view kind, std::string_view body);

}  // namespace mig::plan
