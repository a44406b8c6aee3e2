#include "tests/app/history_file.hpp"

#include <fcntl.h>
#include <map>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

#include <fmt/format.h>

namespace mig::app {
namespace {

std::string word_of(Kind kind) {
  return kind == Kind::Put ? "put" : kind == Kind::Delete ? "delete" : "read";
}

Kind kind_of(const std::string& word) {
  if (word == "put") return Kind::Put;
  if (word == "delete") return Kind::Delete;
  if (word == "read") return Kind::Read;
  throw std::runtime_error("no kind of operation: " + word);
}

std::string text_of(const Cell& cell) {
  return cell ? std::to_string(*cell) : "-";
}

Cell cell_of(const std::string& text) {
  return text == "-" ? Cell() : Cell(std::stoll(text));
}

}  // namespace

HistoryWriter::HistoryWriter(const std::filesystem::path& path, std::string client)
    : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)),
      client_(std::move(client)) {
  if (file_ < 0) throw std::runtime_error("cannot write " + path.string());
}

HistoryWriter::~HistoryWriter() {
  ::close(file_);
}

void HistoryWriter::put(const std::string& line) const {
  if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw std::runtime_error("the history cannot be written");
}

std::int64_t HistoryWriter::begin(const Operation& operation) {
  put(fmt::format("b {}.{} {} {} {} {}\n", client_, next_, word_of(operation.kind), operation.key,
                  text_of(operation.value), operation.began));
  return next_++;
}

void HistoryWriter::end(std::int64_t number, const Operation& operation) {
  const char* outcome = operation.outcome == Outcome::Acknowledged ? "ok" : "failed";
  put(fmt::format("e {}.{} {} {} {} {}\n", client_, number, outcome, text_of(operation.value),
                  operation.ended, operation.may_be_behind));
}

History read_history(const std::vector<std::filesystem::path>& files) {
  History history;
  for (const std::filesystem::path& path : files) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path.string());
    std::map<std::string, std::size_t> open;  // operation -> position in the history
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string mark, number, word, key, value;
      Moment at = 0;
      words >> mark >> number >> word;
      if (mark == "b") {
        words >> key >> value >> at;
        open[number] = history.size();
        history.push_back({key, kind_of(word), cell_of(value), at, kNever, Outcome::Unknown});
      } else if (mark == "e" && open.contains(number)) {
        Operation& operation = history[open.at(number)];
        words >> value >> operation.ended >> operation.may_be_behind;
        operation.value = cell_of(value);
        operation.outcome = word == "ok" ? Outcome::Acknowledged : Outcome::Failed;
      } else {
        throw std::runtime_error(path.string() + " is no history: " + line);
      }
      if (!words) throw std::runtime_error(path.string() + " is no history: " + line);
    }
  }
  return history;
}

}  // namespace mig::app
