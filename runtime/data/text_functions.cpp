// Functions of text. What only cuts a text gives a view of it; what changes it writes to the arena.
#include <algorithm>
#include <cassert>
#include <cstring>

#include "runtime/data/function_call.hpp"
#include "runtime/data/white_space.hpp"

namespace mig::runtime {
namespace {

using plan::Function;

bool begins_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

// Where code point number `count` begins; the end when there are fewer.
std::size_t skip_code_points(std::string_view text, std::int64_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (begins_code_point(text[at]) && count-- == 0) return at;
  }
  return at;
}

// Positions count from 1; those outside the text hold nothing.
std::string_view part(std::string_view text, std::int64_t first, std::int64_t count) {
  if (count <= 0) return {};
  std::int64_t end = 0;  // the position behind the last
  if (__builtin_add_overflow(first, count, &end)) end = INT64_MAX;
  first = std::max<std::int64_t>(first, 1);
  if (end <= first) return {};
  text.remove_prefix(skip_code_points(text, first - 1));
  return text.substr(0, skip_code_points(text, end - first));
}

void change_case(const Call& call, char least, char most) {
  for (const std::uint32_t row : call.rows) {
    const std::string_view text = call.text(0, row);
    const auto changes = [&](char c) { return c >= least && c <= most; };
    if (std::ranges::none_of(text, changes)) {
      call.result.texts[row] = text;
      continue;
    }
    char* bytes = call.arena.allocate(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
      bytes[i] = static_cast<char>(changes(text[i]) ? text[i] ^ 0x20 : text[i]);
    }
    call.result.texts[row] = {bytes, text.size()};
  }
}

void concat(const Call& call) {
  for (const std::uint32_t row : call.rows) {
    std::size_t size = 0;
    for (const Cells* argument : call.arguments)
      size += argument->text(row).size();
    char* bytes = call.arena.allocate(size);
    char* end = bytes;
    for (const Cells* argument : call.arguments) {
      const std::string_view text = argument->text(row);
      end = std::copy(text.begin(), text.end(), end);
    }
    call.result.texts[row] = {bytes, size};
  }
}

void split(const Call& call) {
  if (call.items.empty()) call.items.push_back(std::make_unique<Cells>());
  Cells& items = *call.items.front();
  items.storage = Storage::Bytes;
  for (const std::uint32_t row : call.rows) {
    std::string_view text = call.text(0, row);
    const std::string_view separator = call.text(1, row);
    const std::size_t first = items.texts.size();
    if (!text.empty()) {
      auto at = separator.empty() ? std::string_view::npos : text.find(separator);
      for (; at != std::string_view::npos; at = text.find(separator)) {
        items.texts.push_back(text.substr(0, at));
        text.remove_prefix(at + separator.size());
      }
      items.texts.push_back(text);
    }
    call.result.lists[row] = ListCell{&items, first, items.texts.size()};
  }
}

void split_once(const Call& call, bool wants_tail) {
  for (const std::uint32_t row : call.rows) {
    const std::string_view text = call.text(0, row);
    const std::string_view separator = call.text(1, row);
    const auto at = separator.empty() ? std::string_view::npos : text.find(separator);
    if (!wants_tail) {
      call.result.texts[row] = text.substr(0, at);
    } else if (at == std::string_view::npos) {
      call.absent(row);
    } else {
      call.result.texts[row] = text.substr(at + separator.size());
    }
  }
}

void replace(const Call& call) {
  std::string changed;
  for (const std::uint32_t row : call.rows) {
    std::string_view text = call.text(0, row);
    const std::string_view from = call.text(1, row);
    const std::string_view to = call.text(2, row);
    auto at = from.empty() ? std::string_view::npos : text.find(from);
    if (at == std::string_view::npos) {
      call.result.texts[row] = text;
      continue;
    }
    changed.clear();
    for (; at != std::string_view::npos; at = text.find(from)) {
      changed += text.substr(0, at);
      changed += to;
      text.remove_prefix(at + from.size());
    }
    changed += text;
    call.result.texts[row] = call.arena.keep(changed);
  }
}

}  // namespace

void apply_text(const Call& call) {
  switch (call.function) {
    case Function::Concat:
      return concat(call);
    case Function::Count:
      for (const std::uint32_t row : call.rows) {
        const ListCell& list = call.arguments[0]->list(row);
        call.result.integers[row] = static_cast<std::int64_t>(list.end - list.first);
      }
      return;
    case Function::Trim:
      for (const std::uint32_t row : call.rows)
        call.result.texts[row] = trimmed(call.text(0, row));
      return;
    case Function::Lower:
      return change_case(call, 'A', 'Z');
    case Function::Upper:
      return change_case(call, 'a', 'z');
    case Function::Split:
      return split(call);
    case Function::SplitOnceHead:
      return split_once(call, /*wants_tail=*/false);
    case Function::SplitOnceTail:
      return split_once(call, /*wants_tail=*/true);
    case Function::Replace:
      return replace(call);
    case Function::Substr:
      for (const std::uint32_t row : call.rows) {
        call.result.texts[row] = part(call.text(0, row), call.arguments[1]->integer(row),
                                      call.arguments[2]->integer(row));
      }
      return;
    case Function::Length:
      for (const std::uint32_t row : call.rows)
        call.result.integers[row] = std::ranges::count_if(call.text(0, row), begins_code_point);
      return;
    default:
      break;
  }
  assert(false && "a function of text is wanted");
}

}  // namespace mig::runtime
