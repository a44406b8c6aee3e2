#include "runtime/data/key_code.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <optional>

namespace mig::runtime {
namespace {

constexpr char kZero = '\0';
constexpr char kEscaped = '\xff';
constexpr char kEnd = '\x01';

template <class Unsigned>
void append_big_endian(std::string& out, Unsigned value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<unsigned char>(value >> shift));
  }
}

template <class Unsigned>
constexpr Unsigned kSignBit = Unsigned{1} << (sizeof(Unsigned) * 8 - 1);

void append_escaped(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) {
    out += byte;
    if (byte == kZero) out += kEscaped;
  }
  out += kZero;
  out += kEnd;
}

// Takes codes off the front; nothing where the rest is too short or malformed.
class Decoder {
 public:
  explicit Decoder(std::string_view code) : rest_(code) {}

  std::optional<std::string_view> take(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  template <class Unsigned>
  std::optional<Unsigned> big_endian() {
    const auto bytes = take(sizeof(Unsigned));
    if (!bytes) return std::nullopt;
    Unsigned value = 0;
    for (const char byte : *bytes)
      value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  std::optional<std::string> escaped() {
    std::string bytes;
    while (true) {
      const auto byte = take(1);
      if (!byte) return std::nullopt;
      if (byte->front() != kZero) {
        bytes += byte->front();
        continue;
      }
      const auto mark = take(1);
      if (!mark) return std::nullopt;
      if (mark->front() == kEnd) return bytes;
      if (mark->front() != kEscaped) return std::nullopt;
      bytes += kZero;
    }
  }
  bool is_at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool decode_integer(Decoder& in, Column& field) {
  const auto value = in.big_endian<std::uint64_t>();
  if (!value) return false;
  const auto number = static_cast<std::int64_t>(*value ^ kSignBit<std::uint64_t>);
  const auto fits = [&](std::int64_t least, std::int64_t most) {
    return number >= least && number <= most;
  };
  if (field.type().base == plan::Base::I16 && !fits(INT16_MIN, INT16_MAX)) return false;
  if (field.type().base == plan::Base::I32 && !fits(INT32_MIN, INT32_MAX)) return false;
  field.append_integer(number);
  return true;
}

bool decode_word(Decoder& in, Column& field) {
  const auto word = in.escaped();
  if (!word) return false;
  const auto& members = field.type().members;
  const auto found = std::ranges::find(members, *word);
  if (found == members.end()) return false;
  field.append_integer(found - members.begin());
  return true;
}

bool decode_value(Decoder& in, Column& field) {
  switch (field.type().base) {
    case plan::Base::Bool: {
      const auto byte = in.take(1);
      if (!byte || (byte->front() != 0 && byte->front() != 1)) return false;
      field.append_integer(byte->front());
      return true;
    }
    case plan::Base::I16:
    case plan::Base::I32:
    case plan::Base::I64:
    case plan::Base::Date:
    case plan::Base::Time:
    case plan::Base::Timestamp:
      return decode_integer(in, field);
    case plan::Base::Decimal: {
      const auto value = in.big_endian<unsigned __int128>();
      if (!value) return false;
      field.append_decimal(static_cast<Decimal>(*value ^ kSignBit<unsigned __int128>));
      return true;
    }
    case plan::Base::Uuid: {
      const auto bytes = in.take(16);
      if (!bytes) return false;
      field.append_bytes(*bytes);
      return true;
    }
    case plan::Base::Text:
    case plan::Base::Bytes: {
      const auto bytes = in.escaped();
      if (!bytes) return false;
      field.append_bytes(*bytes);
      return true;
    }
    case plan::Base::OneOf:
      return decode_word(in, field);
    case plan::Base::F64:
    case plan::Base::Json:
    case plan::Base::List:
      break;
  }
  assert(false && "the type is a key type");
  return false;
}

bool decode_field(Decoder& in, Column& field) {
  if (!field.type().optional) return decode_value(in, field);
  const auto mark = in.take(1);
  if (!mark || (mark->front() != 0 && mark->front() != 1)) return false;
  if (mark->front() == 1) return decode_value(in, field);
  field.append_null();
  return true;
}

}  // namespace

bool is_key_type(const plan::Type& type) {
  return type.base != plan::Base::F64 && type.base != plan::Base::Json &&
         type.base != plan::Base::List;
}

void append_key_field(std::string& out, const Column& column, std::size_t row) {
  assert(is_key_type(column.type()));
  const bool is_null = column.is_null(row);
  if (column.type().optional) out += is_null ? '\0' : '\1';
  if (is_null) return;
  const plan::Type& type = column.type();
  if (type.base == plan::Base::Bool) {
    out += static_cast<char>(column.integer(row));
  } else if (type.base == plan::Base::OneOf) {
    append_escaped(out, type.members.at(static_cast<std::size_t>(column.integer(row))));
  } else if (type.base == plan::Base::Decimal) {
    append_big_endian(
        out, static_cast<unsigned __int128>(column.decimal(row)) ^ kSignBit<unsigned __int128>);
  } else if (type.base == plan::Base::Uuid) {
    out += column.bytes(row);
  } else if (storage_of(type.base) == Storage::Bytes) {
    append_escaped(out, column.bytes(row));
  } else {
    append_big_endian(out,
                      static_cast<std::uint64_t>(column.integer(row)) ^ kSignBit<std::uint64_t>);
  }
}

std::string key_code(std::span<const Column> fields, std::size_t row) {
  std::string code;
  for (const Column& field : fields)
    append_key_field(code, field, row);
  return code;
}

Result<void> decode_key(std::string_view code, std::span<Column> fields) {
  std::vector<std::size_t> sizes;
  sizes.reserve(fields.size());
  for (const Column& field : fields)
    sizes.push_back(field.size());
  Decoder in(code);
  const bool is_read =
      std::ranges::all_of(fields, [&](Column& field) { return decode_field(in, field); });
  if (is_read && in.is_at_end()) return {};
  for (std::size_t i = 0; i < fields.size(); ++i)
    fields[i].shrink(sizes[i]);
  return fail(ErrorKind::Permanent, "a stored key does not have the types of its table",
              "the cursor is damaged, or the key's columns were changed");
}

}  // namespace mig::runtime
