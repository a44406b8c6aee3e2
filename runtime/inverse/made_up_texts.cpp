#include "runtime/inverse/made_up_texts.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

#include <fmt/format.h>

#include "runtime/data/iso_time.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kLongText = 1000;  // where the type sets no limit

// Each is a text of its own, and a piece of random ones.
const std::vector<std::string>& odd_pieces() {
  static const std::vector<std::string> kPieces = {
      " ",
      "  ",
      "\t",
      "\n",
      std::string(1, '\0'),
      "a",
      "A",
      "b",
      "0",
      "7",
      "-",
      "'",
      "\"",
      "\\",
      "%",
      ",",
      ".",
      "\u00e9",                      // one character
      "e\u0301",                     // the same to the eye, two characters
      "\u0130",                      // its lower case is two characters
      "\u00df",                      // its upper case is two letters
      "\u017f",                      // its upper case is an S
      "\u00a0",                      // a blank that no ASCII rule trims
      "\u200d",                      // joins its neighbours and shows nothing
      "\U0001d49c",                  // beyond the first 65,536 characters
      "\U0001f469\u200d\U0001f680",  // one picture of three characters
  };
  return kPieces;
}

const std::vector<std::string>& names() {
  static const std::vector<std::string> kNames = {"Ada",  "Grace", "Lovelace", "van", "den",
                                                  "Berg", "Øre",   "o'Neill",  "x"};
  return kNames;
}

std::vector<std::string> texts_of(TextForm form) {
  switch (form) {
    case TextForm::Mailbox:
      return {"Ada <ada@example.org>",
              "ada@example.org",
              "<ada@example.org>",
              "Ada Lovelace <Ada@Example.ORG>",
              "\"Lovelace, Ada\" <ada@example.org>",
              " Ada  <ada@example.org> "};
    case TextForm::Timestamp:
      return {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000006Z", "2026-01-02T03:04:05+02:00",
              "2026-01-02t03:04:05z", "2026-01-02T03:04Z",           "2026-01-02T03:04:05",
              "2026-01-02 03:04:05",  "0001-01-01 00:00:00"};
    case TextForm::Integer:
      return {"0", "1", "-1", "007", "+5", " 12", "1,234", "9223372036854775807"};
    case TextForm::Fraction:
      return {"0", "1.5", "1.50", "-0.1", "007.5", "1e3", "0.000001"};
    case TextForm::Truth:
      return {"true", "false", "TRUE", "t", "1", "0", "yes"};
  }
  assert(false && "every form has texts");
  return {};
}

std::string random_name(Dice& dice) {
  std::string name = dice.pick(names());
  while (dice.one_in(3))
    name += " " + dice.pick(names());
  return name;
}

std::string random_text_of(TextForm form, Dice& dice) {
  switch (form) {
    case TextForm::Mailbox:
      return fmt::format("{} <{}{}@example.org>", random_name(dice), dice.pick(names()),
                         dice.below(100));
    case TextForm::Timestamp: {
      constexpr std::int64_t kSeconds = 4'000'000'000;
      const auto second = static_cast<std::int64_t>(dice.below(kSeconds));
      std::string text = print_timestamp(second * 1'000'000);  // …:05.000000Z
      text.erase(19, 7);
      if (dice.one_in(2)) text[10] = ' ';
      if (dice.one_in(2)) text.pop_back();
      return text;
    }
    case TextForm::Integer: {
      const std::uint64_t bits = dice.bits() >> dice.below(64);
      return std::to_string(static_cast<std::int64_t>(bits >> 1U));
    }
    case TextForm::Fraction:
      return fmt::format("{}.{}", dice.below(1000), dice.below(1000));
    case TextForm::Truth:
      return dice.pick(texts_of(form));
  }
  assert(false && "every form has texts");
  return {};
}

// `{"a":{"b":VALUE}}` for `a.b`
std::string document_with(const std::string& path, const std::string& value) {
  const std::size_t dot = path.find('.');
  const std::string inner =
      dot == std::string::npos ? value : document_with(path.substr(dot + 1), value);
  return fmt::format("{{\"{}\":{}}}", path.substr(0, dot), inner);
}

}  // namespace

std::vector<std::string_view> characters_of(std::string_view text) {
  std::vector<std::string_view> characters;
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= text.size(); ++i) {
    const bool goes_on = i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
    if (goes_on) continue;
    characters.push_back(text.substr(begin, i - begin));
    begin = i;
  }
  return characters;
}

std::string cut(std::string_view text, std::size_t length) {
  if (length == 0) return std::string(text);
  std::string kept;
  for (const std::string_view character : characters_of(text)) {
    if (length-- == 0) break;
    kept += character;
  }
  return kept;
}

std::vector<std::string> boundary_texts(std::size_t length, const FieldHints& hints) {
  std::vector<std::string> texts = {"", "a"};
  for (const TextForm form : hints.forms)
    std::ranges::copy(texts_of(form), std::back_inserter(texts));
  for (const std::string& word : hints.words) {
    texts.push_back(word);
    for (const char* around : {"a{0}", "{0}b", "a{0}b", "a{0}{0}b", "a{0}b{0}c"})
      texts.push_back(fmt::format(fmt::runtime(around), word));
  }
  std::ranges::copy(odd_pieces(), std::back_inserter(texts));
  for (const char* text : {"  a  ", "a b", "a  b", "a b c", "Ada Lovelace", "ADA", "\ta\n", "null"})
    texts.emplace_back(text);
  texts.push_back(std::string("a\0b", 3));
  const std::size_t longest = length == 0 ? kLongText : length;
  texts.emplace_back(longest, 'x');
  std::string wide;
  for (std::size_t i = 0; i < longest; ++i)
    wide += "\U0001d49c";
  texts.push_back(wide);
  std::vector<std::string> fitting;
  for (std::string& text : texts) {
    const bool fits = length == 0 || characters_of(text).size() <= length;
    const bool is_new = std::ranges::find(fitting, text) == fitting.end();
    if (fits && is_new) fitting.push_back(std::move(text));
  }
  return fitting;
}

std::string random_text(std::size_t length, const FieldHints& hints, Dice& dice) {
  if (!hints.forms.empty() && dice.below(4) > 0) {
    const std::vector<TextForm> forms(hints.forms.begin(), hints.forms.end());
    return cut(random_text_of(dice.pick(forms), dice), length);
  }
  if (dice.one_in(4)) return cut(random_name(dice), length);
  const std::vector<std::string> words(hints.words.begin(), hints.words.end());
  std::string text;
  for (std::size_t pieces = dice.below(7); pieces > 0; --pieces) {
    const std::size_t kind = dice.below(8);
    if (kind < 3 && !words.empty()) {
      text += dice.pick(words);
    } else if (kind < 6) {
      text += dice.pick(names());
    } else {
      text += dice.pick(odd_pieces());
    }
  }
  return cut(text, length);
}

std::vector<std::string> boundary_documents(const FieldHints& hints) {
  std::vector<std::string> documents = {
      "null",  "{}",   "[]",        "0",          "\"\"",
      "\"a\"", "true", "{\"a\":1}", "{\"a\": 1}", "[1,[2,{\"b\":null}]]"};
  for (const std::string& path : hints.json_paths) {
    for (const char* value : {"\"a\"", "\"\"", "null", "1", "{}"})
      documents.push_back(document_with(path, value));
  }
  return documents;
}

std::string random_document(const FieldHints& hints, Dice& dice) {
  if (hints.json_paths.empty() || dice.one_in(4)) return dice.pick(boundary_documents(hints));
  const std::vector<std::string> paths(hints.json_paths.begin(), hints.json_paths.end());
  return document_with(dice.pick(paths), fmt::format("\"{}\"", random_name(dice)));
}

}  // namespace mig::runtime
