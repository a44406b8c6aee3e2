#include "runtime/stores/redis_row_check.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace mig::runtime {
namespace {

std::vector<plan::Type> types_of(const plan::Entity& entity) {
  std::vector<plan::Type> types;
  for (const plan::Field& field : entity.fields)
    types.push_back(field.type);
  return types;
}

}  // namespace

RedisRowCheck::RedisRowCheck(const plan::Entity& entity, KeyPattern pattern, RowCodec codec,
                             std::uint16_t format, std::size_t most)
    : entity_(entity),
      pattern_(std::move(pattern)),
      codec_(std::move(codec)),
      format_(format),
      payload_(most),
      row_(Batch::of(types_of(entity))) {}

bool RedisRowCheck::is_row(std::string_view key, std::string_view payload) {
  const auto kind = payload_.read(payload);
  const auto format = payload_format(payload);
  if (!format || *format > format_) return false;
  const bool is_hash = codec_.kind() == plan::Codec::Hash;
  if (kind != (is_hash ? PayloadReader::Kind::Hash : PayloadReader::Kind::String)) return false;
  row_.clear();
  if (pattern_.read(key, row_)) return false;
  if (!is_hash) return !codec_.read_string(payload_.text(), row_);
  if (!find_texts()) return false;
  return !codec_.read_hash(texts_, static_cast<std::int64_t>(payload_.fields().size()), row_);
}

// False where a field is not declared.
bool RedisRowCheck::find_texts() {
  const std::vector<std::string>& names = codec_.names();
  texts_.assign(names.size(), std::nullopt);
  std::size_t guess = 0;  // fields mostly stand in the order in which they are declared
  for (const auto& [name, text] : payload_.fields()) {
    while (guess < names.size() && names[guess] != name && entity_.fields[guess].key)
      ++guess;
    const std::size_t at =
        guess < names.size() && names[guess] == name
            ? guess
            : static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    if (at == names.size()) return false;
    texts_[at] = text;
    guess = at + 1;
  }
  return true;
}

std::optional<std::string> RedisRowCheck::renamed(std::string_view key, const KeyPattern& to) {
  row_.clear();
  std::string name;
  if (pattern_.read(key, row_)) return std::nullopt;
  row_.rows = 1;
  if (to.print(row_, 0, name)) return std::nullopt;
  return name;
}

}  // namespace mig::runtime
