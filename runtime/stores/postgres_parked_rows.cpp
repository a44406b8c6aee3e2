#include "runtime/stores/postgres_parked_rows.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "runtime/full_disk.hpp"

namespace mig::runtime {
namespace {

constexpr std::uint32_t kNull = 0xFFFFFFFF;

void append_number(std::string& out, std::uint32_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

std::string packed(const RowCells& row) {
  std::string out;
  for (const std::string_view cell : row) {
    const bool is_null = cell.data() == nullptr;
    append_number(out, is_null ? kNull : static_cast<std::uint32_t>(cell.size()));
    out += cell;
  }
  return out;
}

void unpack(std::string_view bytes, RowCells& row) {
  row.clear();
  for (std::size_t at = 0; at < bytes.size();) {
    const std::uint32_t size = number_at(bytes, at);
    at += sizeof size;
    if (size == kNull) {
      row.emplace_back();
      continue;
    }
    row.push_back(bytes.substr(at, size));
    at += size;
  }
}

std::unexpected<Error> file_failure() {
  if (is_disk_full(errno)) {
    return fail(ErrorKind::Permanent, "the disk for temporary files is full",
                "free space on it, then run the same command again", Cause::DiskFull);
  }
  return fail(ErrorKind::Permanent, "a temporary file cannot be written or read",
              "look at the folder that `TMPDIR` names");
}

}  // namespace

Result<void> ParkedRows::add(const RowCells& row) {
  std::string bytes = packed(row);
  if (file_ == nullptr && in_memory_ + bytes.size() <= memory_) {
    in_memory_ += bytes.size();
    rows_.push_back(std::move(bytes));
    return {};
  }
  if (file_ == nullptr) {
    file_.reset(std::tmpfile());
    if (file_ == nullptr) return file_failure();
    written_ = read_ = 0;
  }
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const bool is_placed = std::fseek(file_.get(), written_, SEEK_SET) == 0;
  if (!is_placed || std::fwrite(&size, sizeof size, 1, file_.get()) != 1 ||
      std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    return file_failure();
  }
  written_ += static_cast<long>(sizeof size + bytes.size());
  return {};
}

Result<bool> ParkedRows::next(RowCells& row) {
  if (!rows_.empty()) {
    current_ = std::move(rows_.front());
    rows_.pop_front();
    in_memory_ -= current_.size();
    unpack(current_, row);
    return true;
  }
  if (file_ == nullptr) return false;
  if (read_ == written_) {
    file_.reset();
    return false;
  }
  std::uint32_t size = 0;
  if (std::fseek(file_.get(), read_, SEEK_SET) != 0 ||
      std::fread(&size, sizeof size, 1, file_.get()) != 1) {
    return file_failure();
  }
  current_.resize(size);
  if (std::fread(current_.data(), 1, size, file_.get()) != size) return file_failure();
  read_ += static_cast<long>(sizeof size + size);
  unpack(current_, row);
  return true;
}

void ParkedRows::clear() {
  rows_.clear();
  in_memory_ = 0;
  file_.reset();
}

}  // namespace mig::runtime
