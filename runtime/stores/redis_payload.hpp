// The payload of DUMP and RESTORE, for the values that rows are: a string, or a hash of strings.
//
// Written in the oldest form that there is, field by field, so every server reads it and keeps the
// value as it would have kept that of SET or HSET. Read in the forms of Redis 7: plain or
// compressed strings, a hash as a table or as a list pack; what else there is (lists, sets,
// streams, values of modules, hashes of other versions) is told as not read. Stateless, but a
// reader keeps the memory of what it took apart; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mig::runtime {

// The format that an entry ends with, as every DUMP does; nothing where that is none.
std::optional<std::uint16_t> payload_format(std::string_view payload);

// `words`: name, value, name, value.
void append_hash_payload(std::span<const std::string> words, std::string& payload);
void append_string_payload(std::string_view value, std::string& payload);

class PayloadReader {
 public:
  enum class Kind : std::uint8_t { String, Hash };

  // `most`: how many bytes it may make of what stands there compressed.
  explicit PayloadReader(std::size_t most = std::numeric_limits<std::size_t>::max())
      : most_(most) {}

  // Nothing where the payload is none of these values, or not whole, or says that it would be
  // larger than that. Its checksum is not looked at: the server that restores it does.
  std::optional<Kind> read(std::string_view payload);
  bool is_too_large() const { return is_too_large_; }

  // Of what was read last, until the next call or until that payload goes.
  std::string_view text() const { return text_; }
  const std::vector<std::pair<std::string_view, std::string_view>>& fields() const {
    return fields_;
  }

 private:
  bool read_table();
  bool read_list_pack();
  std::optional<std::size_t> read_length(bool& is_encoded);
  std::optional<std::string_view> read_string();
  std::optional<std::string_view> take(std::size_t size);
  std::string_view kept(std::int64_t number);

  std::size_t most_;
  std::size_t expanded_ = 0;
  bool is_too_large_ = false;
  std::string_view rest_;
  std::string_view text_;
  std::vector<std::pair<std::string_view, std::string_view>> fields_;
  std::deque<std::string> made_;  // texts that do not stand in the payload; those in use come first
  std::size_t made_count_ = 0;
};

}  // namespace mig::runtime
