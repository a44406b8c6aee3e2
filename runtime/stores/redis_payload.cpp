#include "runtime/stores/redis_payload.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstring>

namespace mig::runtime {
namespace {

// Types of values, by their first byte.
constexpr char kString = 0;
constexpr char kHashTable = 4;
constexpr char kHashListPack = 16;
// Behind a payload: two bytes of its format, the lower one first, and eight of a checksum.
constexpr std::size_t kFooter = 10;
// A longer text makes a table of a hash, unless the server is told otherwise: standing first, it
// spares the server packing what stands before it.
constexpr std::size_t kPackedText = 64;
// A format that is older than every server that rows are moved to, and knows both values.
constexpr std::uint16_t kWrittenFormat = 9;

// CRC-64 of Jones, as Redis reckons it, reflected; eight bytes at a time.
constexpr std::uint64_t kPolynomial = 0x95AC9329AC4BC9B5;
using Tables = std::array<std::array<std::uint64_t, 256>, 8>;
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 1) != 0 ? crc >> 1 ^ kPolynomial : crc >> 1;
    tables[0][byte] = crc;
  }
  for (std::size_t table = 1; table < 8; ++table) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[table - 1][byte];
      tables[table][byte] = tables[0][before & 0xFF] ^ before >> 8;
    }
  }
  return tables;
}
constexpr Tables kTables = make_tables();

std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t crc = 0;
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    crc ^= word;
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < 8; ++i)
      next ^= kTables[7 - i][crc >> 8 * i & 0xFF];
    crc = next;
    bytes.remove_prefix(8);
  }
  for (const char byte : bytes)
    crc = kTables[0][(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ crc >> 8;
  return crc;
}

void append_little(std::uint64_t value, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i)
    out += static_cast<char>(value >> 8 * i & 0xFF);
}

void append_length(std::size_t length, std::string& out) {
  if (length < 64) {
    out += static_cast<char>(length);
  } else if (length < 16384) {
    out += static_cast<char>(0x40 | length >> 8);
    out += static_cast<char>(length & 0xFF);
  } else {
    assert(length <= 0xFFFFFFFF && "no value of Redis is larger than 512 MB");
    out += static_cast<char>(0x80);
    for (int shift = 24; shift >= 0; shift -= 8)
      out += static_cast<char>(length >> shift & 0xFF);
  }
}

void append_text(std::string_view text, std::string& out) {
  append_length(text.size(), out);
  out += text;
}

// `from`: where this payload begins in `out`.
void append_footer(std::size_t from, std::string& out) {
  append_little(kWrittenFormat, 2, out);
  append_little(checksum(std::string_view(out).substr(from)), 8, out);
}

std::int64_t little(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  const int unused = 64 - 8 * static_cast<int>(bytes.size());
  return static_cast<std::int64_t>(value << unused) >> unused;
}

// LZF: runs of letters, and runs that stood earlier in what came out.
bool expand(std::string_view packed, std::size_t size, std::string& out) {
  out.clear();
  out.reserve(size);
  const auto byte = [&](std::size_t at) -> std::size_t {
    return static_cast<unsigned char>(packed[at]);
  };
  std::size_t at = 0;
  while (at < packed.size()) {
    const std::size_t mark = byte(at++);
    if (mark < 32) {
      if (packed.size() - at < mark + 1 || size - out.size() < mark + 1) return false;
      out.append(packed.substr(at, mark + 1));
      at += mark + 1;
      continue;
    }
    std::size_t length = mark >> 5;
    if (length == 7) {
      if (at == packed.size()) return false;
      length += byte(at++);
    }
    if (at == packed.size()) return false;
    const std::size_t back = ((mark & 31) << 8 | byte(at++)) + 1;
    length += 2;
    if (back > out.size() || size - out.size() < length) return false;
    for (std::size_t i = 0; i < length; ++i)
      out += out[out.size() - back];
  }
  return out.size() == size;
}

}  // namespace

std::optional<std::uint16_t> payload_format(std::string_view payload) {
  if (payload.size() < kFooter) return std::nullopt;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(payload[at]); };
  const std::size_t footer = payload.size() - kFooter;
  return static_cast<std::uint16_t>(byte(footer) | byte(footer + 1) << 8);
}

void append_hash_payload(std::span<const std::string> words, std::string& payload) {
  assert(!words.empty() && words.size() % 2 == 0 && "Redis has no empty hash");
  const std::size_t from = payload.size();
  payload += kHashTable;
  append_length(words.size() / 2, payload);
  const auto longest = std::ranges::max_element(words, {}, &std::string::size);
  const std::size_t first =
      longest->size() > kPackedText ? static_cast<std::size_t>(longest - words.begin()) / 2 * 2 : 0;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::size_t at = i == 0 ? first : i == first ? 0 : i;
    append_text(words[at], payload);
    append_text(words[at + 1], payload);
  }
  append_footer(from, payload);
}

void append_string_payload(std::string_view value, std::string& payload) {
  const std::size_t from = payload.size();
  payload += kString;
  append_text(value, payload);
  append_footer(from, payload);
}

std::optional<std::string_view> PayloadReader::take(std::size_t size) {
  if (rest_.size() < size) return std::nullopt;
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::string_view PayloadReader::kept(std::int64_t number) {
  if (made_count_ == made_.size()) made_.emplace_back();
  std::string& text = made_[made_count_++];
  text.resize(24);
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  text.resize(static_cast<std::size_t>(end - text.data()));
  return text;
}

std::optional<std::size_t> PayloadReader::read_length(bool& is_encoded) {
  const auto first = take(1);
  if (!first) return std::nullopt;
  const auto mark = static_cast<unsigned char>(first->front());
  is_encoded = mark >> 6 == 3;
  if (is_encoded || mark >> 6 == 0) return mark & 0x3F;
  const std::size_t more = mark >> 6 == 1 ? 1 : mark == 0x80 ? 4 : mark == 0x81 ? 8 : 0;
  const auto bytes = take(more);
  if (!bytes || more == 0) return std::nullopt;
  std::size_t length = more == 1 ? mark & 0x3F : 0;
  for (const char byte : *bytes)
    length = length << 8 | static_cast<unsigned char>(byte);
  return length;
}

std::optional<std::string_view> PayloadReader::read_string() {
  bool is_encoded = false;
  const auto length = read_length(is_encoded);
  if (!length) return std::nullopt;
  if (!is_encoded) return take(*length);
  if (*length <= 2) {  // a number of one, two or four bytes
    const auto bytes = take(std::size_t{1} << *length);
    if (!bytes) return std::nullopt;
    return kept(little(*bytes));
  }
  if (*length != 3) return std::nullopt;
  const auto packed_size = read_length(is_encoded);
  const auto size = is_encoded || !packed_size ? std::nullopt : read_length(is_encoded);
  if (!size || is_encoded) return std::nullopt;
  const auto packed = take(*packed_size);
  // One byte of it stands for 264 at most: a size that lies is not made room for.
  if (!packed || *size / 264 > packed->size()) return std::nullopt;
  is_too_large_ = *size > most_ - expanded_;
  if (is_too_large_) return std::nullopt;
  expanded_ += *size;
  if (made_count_ == made_.size()) made_.emplace_back();
  std::string& text = made_[made_count_++];
  if (!expand(*packed, *size, text)) return std::nullopt;
  return text;
}

bool PayloadReader::read_table() {
  bool is_encoded = false;
  const auto size = read_length(is_encoded);
  if (!size || is_encoded) return false;
  for (std::size_t i = 0; i < *size; ++i) {
    const auto name = read_string();
    const auto value = name ? read_string() : std::nullopt;
    if (!value) return false;
    fields_.emplace_back(*name, *value);
  }
  return rest_.empty();
}

// Six bytes of sizes, entries of name and value in turn, and 0xFF. An entry has its kind, its bytes
// and how long both are, to be read from behind.
bool PayloadReader::read_list_pack() {
  const auto pack = read_string();
  if (!pack || !rest_.empty() || pack->size() < 7) return false;
  rest_ = pack->substr(6);
  std::optional<std::string_view> name;
  while (!rest_.empty()) {
    const auto mark = static_cast<unsigned char>(rest_.front());
    if (mark == 0xFF) return rest_.size() == 1 && !name;
    const std::size_t before = rest_.size();
    rest_.remove_prefix(1);
    std::optional<std::string_view> text;
    const auto number = [&](std::size_t bytes) -> std::optional<std::string_view> {
      const auto digits = take(bytes);
      if (!digits) return std::nullopt;
      return kept(little(*digits));
    };
    if (mark < 0x80) {
      text = kept(mark);
    } else if (mark < 0xC0) {
      text = take(mark & 0x3F);
    } else if (mark < 0xE0) {
      const auto low = take(1);
      if (!low) return false;
      const int value = (mark & 0x1F) << 8 | static_cast<unsigned char>(low->front());
      text = kept(value >= 4096 ? value - 8192 : value);
    } else if (mark < 0xF0) {
      const auto low = take(1);
      if (!low) return false;
      text = take(static_cast<std::size_t>((mark & 0x0F) << 8) |
                  static_cast<unsigned char>(low->front()));
    } else if (mark == 0xF0) {
      const auto size = take(4);
      if (!size) return false;
      text = take(static_cast<std::uint32_t>(little(*size)));
    } else if (mark <= 0xF4) {
      text = number(mark == 0xF4 ? 8 : mark - 0xEF);
    }
    if (!text) return false;
    const std::size_t entry = before - rest_.size();
    const std::size_t behind = entry < 128         ? 1
                               : entry < 16384     ? 2
                               : entry < 2097152   ? 3
                               : entry < 268435456 ? 4
                                                   : 5;
    if (!take(behind)) return false;
    if (name) fields_.emplace_back(*name, *text);
    name = name ? std::nullopt : text;
  }
  return false;
}

std::optional<PayloadReader::Kind> PayloadReader::read(std::string_view payload) {
  fields_.clear();
  made_count_ = 0;
  expanded_ = 0;
  is_too_large_ = false;
  if (payload.size() <= kFooter) return std::nullopt;
  const char type = payload.front();
  rest_ = payload.substr(1, payload.size() - 1 - kFooter);
  if (type == kString) {
    const auto text = read_string();
    if (!text || !rest_.empty()) return std::nullopt;
    text_ = *text;
    return Kind::String;
  }
  const bool is_hash =
      type == kHashTable ? read_table() : type == kHashListPack && read_list_pack();
  return is_hash ? std::optional(Kind::Hash) : std::nullopt;
}

}  // namespace mig::runtime
