#include "runtime/stores/postgres_statement.hpp"

#include <cassert>
#include <charconv>
#include <cstdlib>
#include <libpq-fe.h>
#include <utility>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

// Numbers of types in every server's catalog.
constexpr std::uint32_t kBool = 16;
constexpr std::uint32_t kBytea = 17;
constexpr std::uint32_t kInt8 = 20;
constexpr std::uint32_t kInt2 = 21;
constexpr std::uint32_t kInt4 = 23;
constexpr std::uint32_t kOid = 26;
constexpr std::uint32_t kXid = 28;
constexpr std::uint32_t kFloat4 = 700;
constexpr std::uint32_t kFloat8 = 701;

int digit(char letter) {
  return letter <= '9' ? letter - '0' : letter - 'a' + 10;
}

std::string bytes_of_hex(std::string_view text) {
  assert(text.starts_with("\\x") && "the session asks for hexadecimal");
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 2; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  return bytes;
}

}  // namespace

void PostgresStatement::ClearResult::operator()(PGresult* result) const {
  PQclear(result);
}

PostgresStatement::PostgresStatement(PostgresConnection& connection, std::string name,
                                     std::string sql, int parameters)
    : SqlStatement(Dialect::Postgres),
      connection_(connection),
      name_(std::move(name)),
      sql_(std::move(sql)),
      values_(static_cast<std::size_t>(parameters)),
      formats_(static_cast<std::size_t>(parameters), 0) {}

PostgresStatement::~PostgresStatement() {
  reset();
  connection_.forget(name_);
}

void PostgresStatement::bind(int parameter, const SqlCell& value) {
  const auto index = static_cast<std::size_t>(parameter) - 1;
  assert(parameter >= 1 && index < values_.size() && "the statement has this parameter");
  formats_[index] = value.storage == StorageClass::Blob ? 1 : 0;
  switch (value.storage) {
    case StorageClass::Null:
      values_[index].reset();
      break;
    case StorageClass::Integer:
      values_[index] = std::to_string(value.integer);
      break;
    case StorageClass::Real:
      values_[index] = fmt::format("{}", value.real);
      break;
    case StorageClass::Text:
    case StorageClass::Blob:
      values_[index] = std::string(value.bytes);
      break;
  }
  const bool is_cut =
      value.storage == StorageClass::Text && value.bytes.find('\0') != value.bytes.npos;
  if (is_cut) {
    binding_failure_ = Error{
        ErrorKind::Permanent,
        fmt::format("the {} `{}` takes no text with U+0000", connection_.noun, connection_.shown),
        "PostgreSQL has no such text; take it out in the transform"};
  }
}

Result<void> PostgresStatement::start() {
  if (auto refused = std::exchange(binding_failure_, std::nullopt)) {
    connection_.last_failure = SqlFailure::Other;
    connection_.last_constraint = SqlConstraint::None;
    return std::unexpected(std::move(*refused));
  }
  MIG_TRY(connection_.free_wire());
  MIG_TRY(connection_.refuse_hollow_commit(sql_));
  std::vector<const char*> texts;
  std::vector<int> lengths;
  for (const auto& value : values_) {
    texts.push_back(value ? value->c_str() : nullptr);
    lengths.push_back(value ? static_cast<int>(value->size()) : 0);
  }
  PGconn* handle = connection_.handle();
  const bool in_transaction = connection_.is_in_transaction();
  const int sent = PQsendQueryPrepared(handle, name_.c_str(), static_cast<int>(texts.size()),
                                       texts.data(), lengths.data(), formats_.data(), 0);
  if (sent == 0) return connection_.failure(sql_);
  PQsetSingleRowMode(handle);
  connection_.take_wire(*this, in_transaction);
  state_ = State::OnWire;
  return {};
}

Result<bool> PostgresStatement::receive() {
  assert(state_ == State::OnWire);
  PGconn* handle = connection_.handle();
  answer_.reset(PQgetResult(handle));
  row_.clear();
  if (!has_shape_ && answer_ != nullptr) learn_shape(answer_.get());
  const auto status = PQresultStatus(answer_.get());
  if (status == PGRES_SINGLE_TUPLE) {
    for (int i = 0; i < PQnfields(answer_.get()); ++i) {
      if (PQgetisnull(answer_.get(), 0, i) != 0) {
        row_.emplace_back();
        continue;
      }
      const auto size = static_cast<std::size_t>(PQgetlength(answer_.get(), 0, i));
      row_.emplace_back(PQgetvalue(answer_.get(), 0, i), size);
    }
    return true;
  }
  // Whatever it was, the wire is free once the answers have ended.
  const bool is_well = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  const std::string_view verb = answer_ ? PQcmdStatus(answer_.get()) : "";
  const bool writes =
      verb.starts_with("INSERT") || verb.starts_with("UPDATE") || verb.starts_with("DELETE");
  if (is_well && writes) connection_.set_changes(std::atoll(PQcmdTuples(answer_.get())));
  while (Answer rest{PQgetResult(handle)}) {
  }
  connection_.leave_wire(*this);
  state_ = State::AtEnd;
  if (!is_well) return connection_.failure(sql_);
  return false;
}

Result<bool> PostgresStatement::step() {
  decoded_.clear();
  if (state_ == State::AtEnd) reset();
  if (state_ == State::Ready) MIG_TRY(start());
  if (state_ == State::OnWire) {
    auto has_row = receive();
    if (!has_row) state_ = State::Ready;
    return has_row;
  }
  assert(state_ == State::Parked);
  MIG_ASSIGN(has_row, parked_.next(row_));
  if (has_row) return true;
  state_ = State::AtEnd;
  if (auto met = std::exchange(parked_failure_, std::nullopt)) {
    state_ = State::Ready;
    return std::unexpected(std::move(*met));
  }
  return false;
}

// The row at hand stays at hand: its cells move out of the answer that the wire gave.
Result<void> PostgresStatement::park() {
  assert(state_ == State::OnWire);
  Answer at_hand = std::move(answer_);
  RowCells row = std::move(row_);
  while (true) {
    auto has_row = receive();
    if (!has_row) parked_failure_ = has_row.error();
    if (!has_row || !*has_row) break;
    if (auto kept = parked_.add(row_); !kept) {
      drop_rest();
      return kept;
    }
  }
  state_ = State::Parked;
  answer_ = std::move(at_hand);
  row_ = std::move(row);
  return {};
}

// Reads to the end rather than cancelling: a cancellation that comes late would hit the next
// statement, and inside a transaction it would end all of it.
void PostgresStatement::drop_rest() {
  while (state_ == State::OnWire) {
    const auto has_row = receive();
    if (!has_row) break;
  }
}

void PostgresStatement::reset() {
  drop_rest();
  parked_.clear();
  parked_failure_.reset();
  row_.clear();
  answer_.reset();
  decoded_.clear();
  state_ = State::Ready;
}

void PostgresStatement::learn_shape(const PGresult* result) const {
  shape_.clear();
  for (int i = 0; i < PQnfields(result); ++i)
    shape_.push_back({PQfname(result, i), PQftype(result, i)});
  has_shape_ = true;
}

const std::vector<PostgresStatement::Shape>& PostgresStatement::shape() const {
  if (!has_shape_ && connection_.free_wire()) {
    const Answer described(PQdescribePrepared(connection_.handle(), name_.c_str()));
    if (PQresultStatus(described.get()) == PGRES_COMMAND_OK) learn_shape(described.get());
  }
  return shape_;
}

int PostgresStatement::column_count() const {
  return static_cast<int>(shape().size());
}

std::string_view PostgresStatement::column_name(int column) const {
  return shape().at(static_cast<std::size_t>(column)).name;
}

std::string_view PostgresStatement::cell(int column) const {
  const auto index = static_cast<std::size_t>(column);
  assert(index < row_.size() && "a row is at hand and has this column");
  return row_[index];
}

StorageClass PostgresStatement::storage_class(int column) const {
  if (cell(column).data() == nullptr) return StorageClass::Null;
  switch (shape_[static_cast<std::size_t>(column)].type) {
    case kBool:
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
    case kXid:
      return StorageClass::Integer;
    case kFloat4:
    case kFloat8:
      return StorageClass::Real;
    case kBytea:
      return StorageClass::Blob;
    default:
      return StorageClass::Text;
  }
}

std::int64_t PostgresStatement::integer(int column) const {
  const std::string_view text = bytes(column);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double PostgresStatement::real(int column) const {
  const std::string_view text = bytes(column);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view PostgresStatement::bytes(int column) const {
  const std::string_view text = cell(column);
  if (text.data() == nullptr) return {};
  const auto index = static_cast<std::size_t>(column);
  if (shape_[index].type == kBool) return text == "t" ? "1" : "0";
  if (shape_[index].type != kBytea) return text;
  if (decoded_.size() < row_.size()) decoded_.resize(row_.size());
  if (decoded_[index].empty()) decoded_[index] = bytes_of_hex(text);
  return decoded_[index];
}

}  // namespace mig::runtime
