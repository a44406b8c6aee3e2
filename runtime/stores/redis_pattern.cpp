#include "runtime/stores/redis_pattern.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/places.hpp"
#include "runtime/stores/redis_text.hpp"

namespace mig::runtime {
namespace {

std::unexpected<Error> ambiguous(std::string_view pattern, std::string what, std::string help) {
  return fail(ErrorKind::Permanent, fmt::format("the key pattern `{}` {}", pattern, what),
              std::move(help));
}

// Letters that mean something to SCAN's MATCH stand for themselves behind a backslash.
void append_escaped(std::string& glob, std::string_view text) {
  for (const char letter : text) {
    if (std::string_view("*?[]\\^-").find(letter) != std::string_view::npos) glob += '\\';
    glob += letter;
  }
}

// Places hold these as numbers.
bool is_whole(plan::Base base) {
  return base == plan::Base::Bool || base == plan::Base::I16 || base == plan::Base::I32 ||
         base == plan::Base::I64;
}

std::vector<plan::Type> types_of(const plan::Entity& entity) {
  std::vector<plan::Type> types;
  for (const plan::Field& field : entity.fields)
    types.push_back(field.type);
  return types;
}

// Appends what a place's cell stands for; false where it is none of the column's values.
bool append_place_cell(const PlaceCell& one, Column& into) {
  const bool is_bytes = into.type().base == plan::Base::Bytes;
  switch (one.cell.storage) {
    case StorageClass::Integer:
      if (!is_whole(into.type().base)) return false;
      return !read_text(std::to_string(one.cell.integer), into);
    case StorageClass::Text:
      if (is_bytes || is_whole(into.type().base)) return false;
      return !read_text(one.bytes, into);
    case StorageClass::Blob:
      if (is_bytes) into.append_bytes(one.bytes);
      return is_bytes;
    case StorageClass::Null:
    case StorageClass::Real:
      break;
  }
  return false;
}

}  // namespace

Result<KeyPattern> KeyPattern::parse(const plan::Entity& entity, std::string_view pattern) {
  KeyPattern result;
  result.text_ = pattern;
  std::string_view rest = pattern;
  const auto literal = [&] {
    const std::size_t end = std::min(rest.find('{'), rest.size());
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(end);
    append_escaped(result.glob_, taken);
    return std::string(taken);
  };
  result.before_ = literal();
  while (!rest.empty()) {
    const std::size_t close = rest.find('}');
    if (close == rest.npos) return ambiguous(pattern, "has a `{` without its `}`", "close it");
    const std::string_view name = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    const auto field = std::ranges::find(entity.fields, name, &plan::Field::name);
    if (field == entity.fields.end() || !field->key) {
      return ambiguous(pattern, fmt::format("names `{}`, which is no part of the key", name),
                       "name the fields of the key and no others");
    }
    const auto index = static_cast<std::uint32_t>(field - entity.fields.begin());
    if (std::ranges::find(result.parts_, index, &Part::field) != result.parts_.end()) {
      return ambiguous(pattern, fmt::format("names `{}` twice", name), "name each field once");
    }
    if (!result.parts_.empty() && result.parts_.back().behind.empty()) {
      return ambiguous(pattern, fmt::format("has nothing before `{}` to part two fields", name),
                       "put a text between them, as in `{a}:{b}`");
    }
    result.glob_ += '*';
    result.parts_.push_back({index, 0, literal()});
  }
  for (const std::uint32_t index : entity.key()) {
    const auto part = std::ranges::find(result.parts_, index, &Part::field);
    if (part != result.parts_.end()) {
      part->cell = result.key_.fields.size();
      result.key_.fields.push_back(entity.fields[index]);
      continue;
    }
    return ambiguous(pattern, fmt::format("leaves out `{}`", entity.fields[index].name),
                     "two rows that differ in it would meet under one key; name it");
  }
  return result;
}

std::optional<std::vector<std::string_view>> KeyPattern::split(std::string_view key) const {
  if (!key.starts_with(before_)) return std::nullopt;
  key.remove_prefix(before_.size());
  std::vector<std::string_view> texts;
  for (const Part& part : parts_) {
    const bool is_last = &part == &parts_.back();
    if (is_last && (key.size() < part.behind.size() || !key.ends_with(part.behind))) {
      return std::nullopt;
    }
    const std::size_t end = is_last ? key.size() - part.behind.size() : key.find(part.behind);
    if (end == key.npos) return std::nullopt;
    texts.push_back(key.substr(0, end));
    key.remove_prefix(end + part.behind.size());
  }
  return texts;
}

std::optional<Reject> KeyPattern::read_parts(std::string_view key, Batch& rows,
                                             std::size_t Part::*column_of) const {
  const auto texts = split(key);
  if (!texts) return Reject{fmt::format("the key is not of the form `{}`", text_)};
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Column& column = rows.columns[parts_[i].*column_of];
    const std::size_t row = column.size();
    auto reject = read_text((*texts)[i], column);
    if (!reject) {
      std::string again;
      reject = print_text(column, row, again);
      if (!reject && again != (*texts)[i]) reject = Reject{"a part of the key in another form"};
    }
    if (!reject) continue;
    for (std::size_t done = 0; done <= i; ++done)
      rows.columns[parts_[done].*column_of].shrink(row);
    return reject;
  }
  return std::nullopt;
}

std::optional<Reject> KeyPattern::print_parts(const Batch& rows, std::size_t row, std::string& key,
                                              std::size_t Part::*column_of) const {
  key = before_;
  std::vector<std::string> texts(parts_.size());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Column& column = rows.columns[parts_[i].*column_of];
    if (column.is_null(row)) return Reject{"an absent value in the key"};
    if (auto reject = print_text(column, row, texts[i])) return reject;
    key += texts[i];
    key += parts_[i].behind;
  }
  if (key.starts_with(kRedisControlPrefix)) return Reject{"a key among mig's own keys"};
  if (parts_.size() == 1) return std::nullopt;
  const auto again = split(key);
  assert(again && "what was printed has the form");
  if (std::ranges::equal(*again, texts)) return std::nullopt;
  return Reject{"a value that holds the text between two parts of the key"};
}

std::optional<Reject> KeyPattern::read(std::string_view key, Batch& rows) const {
  return read_parts(key, rows, &Part::field);
}

std::optional<Reject> KeyPattern::print(const Batch& rows, std::size_t row,
                                        std::string& key) const {
  return print_parts(rows, row, key, &Part::field);
}

std::string KeyPattern::place_of(std::string_view key) const {
  Batch row = Batch::of(types_of(key_));
  if (read_parts(key, row, &Part::cell)) return raw_place(key);
  return written_key(key_, row, 0);
}

std::optional<std::string> KeyPattern::key_at(std::string_view place) const {
  if (auto raw = raw_key_of(place)) return raw;
  const auto cells = cells_of(place);
  if (cells.size() != key_.fields.size()) return std::nullopt;
  Batch row = Batch::of(types_of(key_));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!append_place_cell(cells[i], row.columns[i])) return std::nullopt;
  }
  std::string key;
  if (print_parts(row, 0, key, &Part::cell)) return std::nullopt;
  return key;
}

}  // namespace mig::runtime
