#include "compiler/sql_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace mig::compiler {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<std::string_view, 6> kChanging = {"alter",   "create",   "drop",
                                                       "reindex", "truncate", "cluster"};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<Words> statements() {
    while (at_ < text_.size())
      read();
    end();
    return std::move(all_);
  }

 private:
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  // Behind the next `what`, or at the end.
  void skip_past(std::string_view what) {
    const std::size_t found = text_.find(what, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + what.size();
  }
  void end() {
    if (!words_.empty()) all_.push_back(std::move(words_));
    words_.clear();
  }

  void read() {
    const char c = text_[at_];
    if (starts("--")) return skip_past("\n");
    if (starts("/*")) {
      at_ += 2;
      return skip_past("*/");
    }
    if (c == '\'') {
      ++at_;
      skip_past("'");
      words_.emplace_back("''");
      return;
    }
    if (c == '"') return read_quoted();
    if (is_word(c)) return read_word();
    ++at_;
    if (c == ';') return end();
    if (std::isspace(static_cast<unsigned char>(c)) == 0) words_.emplace_back(1, c);
  }

  void read_quoted() {
    const std::size_t begin = ++at_;
    skip_past("\"");
    const bool is_closed = text_[at_ - 1] == '"' && at_ > begin;
    words_.emplace_back(text_.substr(begin, at_ - begin - (is_closed ? 1 : 0)));
  }

  void read_word() {
    std::string word;
    for (; at_ < text_.size() && is_word(text_[at_]); ++at_)
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(text_[at_])));
    words_.push_back(std::move(word));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Words words_;
  std::vector<Words> all_;
};

bool has(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// `default now()`: a name, and a parenthesis that touches it.
bool defaults_to_call(const Words& words) {
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    if (words[i] == "default" && words[i + 2] == "(") return true;
  }
  return false;
}

}  // namespace

bool SqlChange::names(std::string_view table) const {
  return std::ranges::any_of(words, [&](const std::string& word) {
    return std::ranges::equal(word, table, [](char one, char other) {
      return std::tolower(static_cast<unsigned char>(one)) ==
             std::tolower(static_cast<unsigned char>(other));
    });
  });
}

std::vector<SqlChange> changes_of(std::string_view text) {
  std::vector<SqlChange> changes;
  for (Words& words : Reader(text).statements()) {
    if (std::ranges::find(kChanging, words.front()) == kChanging.end()) continue;
    SqlChange change;
    const bool indexes = (words.front() == "create" && has(words, "index")) ||
                         words.front() == "reindex" || words.front() == "cluster";
    change.builds_under_lock = indexes && !has(words, "concurrently");
    change.fills_by_call = words.front() == "alter" && has(words, "add") && defaults_to_call(words);
    change.words = std::move(words);
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace mig::compiler
