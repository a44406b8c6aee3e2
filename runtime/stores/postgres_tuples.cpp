#include "runtime/stores/postgres_tuples.hpp"

#include <cassert>
#include <cstdint>
#include <limits>

#include "runtime/stores/postgres_bytes.hpp"

namespace mig::runtime {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kHeader = kSignature.size() + 8;
constexpr std::uint32_t kMustKnow = 0xFFFF0000;  // flags of a newer format

std::unexpected<Error> malformed() {
  return fail(ErrorKind::Permanent, "the server's COPY answer is not in the binary format",
              "look for a proxy between mig and the server");
}

}  // namespace

void append_copy_header(std::string& out) {
  out += kSignature;
  append_number(out, std::int32_t{0});
  append_number(out, std::int32_t{0});
}

void append_copy_trailer(std::string& out) {
  append_number(out, std::int16_t{-1});
}

void append_field_count(std::string& out, std::size_t fields) {
  assert(fields <= std::numeric_limits<std::int16_t>::max());
  append_number(out, static_cast<std::int16_t>(fields));
}

Result<void> first_fields(std::string_view tuple, std::span<CopyField> fields) {
  if (tuple.size() < 2) return malformed();
  if (number_at<std::int16_t>(tuple, 0) < static_cast<std::int64_t>(fields.size())) {
    return malformed();
  }
  std::size_t at = 2;
  for (CopyField& field : fields) {
    if (tuple.size() - at < 4) return malformed();
    const auto size = number_at<std::int32_t>(tuple, at);
    at += 4;
    if (size == -1) {
      field.reset();
      continue;
    }
    if (size < 0 || tuple.size() - at < static_cast<std::size_t>(size)) return malformed();
    field = tuple.substr(at, static_cast<std::size_t>(size));
    at += static_cast<std::size_t>(size);
  }
  return {};
}

Result<std::string_view> TupleSplitter::tuple_of(std::string_view message) {
  if (!has_header_) {
    if (message.size() < kHeader || !message.starts_with(kSignature)) return malformed();
    const auto flags = number_at<std::uint32_t>(message, kSignature.size());
    const auto extension = number_at<std::uint32_t>(message, kSignature.size() + 4);
    if ((flags & kMustKnow) != 0 || message.size() - kHeader < extension) return malformed();
    message.remove_prefix(kHeader + extension);
    has_header_ = true;
    if (message.empty()) return message;
  }
  if (is_at_end_ || message.size() < 2) return malformed();
  if (number_at<std::int16_t>(message, 0) == -1) {
    is_at_end_ = true;
    return std::string_view();
  }
  return message;
}

}  // namespace mig::runtime
