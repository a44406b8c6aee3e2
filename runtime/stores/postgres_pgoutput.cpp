#include "runtime/stores/postgres_pgoutput.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/places.hpp"

namespace mig::runtime {
namespace {

constexpr std::uint32_t kBool = 16;
constexpr std::uint32_t kInt8 = 20;
constexpr std::uint32_t kInt2 = 21;
constexpr std::uint32_t kInt4 = 23;
constexpr std::uint32_t kChar = 1042;

std::unexpected<Error> garbled() {
  return fail(ErrorKind::Permanent, "the server sends changes in a form that mig does not know",
              "mig follows PostgreSQL 14 and 15; look at the server's version");
}

// Whether the server's text of a value is the one that a place holds (place_sql).
bool is_plain(const plan::Type& type, std::uint32_t column) {
  switch (type.base) {
    case plan::Base::I16:
    case plan::Base::I32:
    case plan::Base::I64:
      return column == kInt2 || column == kInt4 || column == kInt8;
    case plan::Base::Bool:
    case plan::Base::Bytes:
    case plan::Base::Decimal:
    case plan::Base::Time:
    case plan::Base::Timestamp:
      return false;
    default:
      return column != kChar && column != kBool;
  }
}

bool is_number(const plan::Type& type) {
  return type.base == plan::Base::I16 || type.base == plan::Base::I32 ||
         type.base == plan::Base::I64;
}

std::unexpected<Error> key_is_untold(const std::string& table) {
  return fail(
      ErrorKind::Permanent,
      fmt::format("the key of `{}` is in its replica identity no more, so the slot does not "
                  "tell which rows go",
                  table),
      fmt::format("run `ALTER TABLE {} REPLICA IDENTITY FULL`, then roll back and begin "
                  "again",
                  table));
}

}  // namespace

Result<void> name_touched(const Database& postgres, const std::string& publication,
                          const std::vector<std::string>& places) {
  MIG_ASSIGN(message, postgres.prepare("SELECT pg_logical_emit_message(true, ?1::text, ?2::text)"));
  for (const std::string& place : places) {
    message.bind_text(1, kTouchedRow);
    message.bind_text(2, fmt::format("{} {}", publication, place));
    MIG_TRY(message.run());
  }
  return {};
}

std::string own_writes_sql() {
  return fmt::format("pg_logical_emit_message(true, '{}', '')", kOwnWrites);
}

// Reads what is in network order, and says once whether all of it was there.
class Pgoutput::Bytes {
 public:
  explicit Bytes(std::string_view left) : left_(left) {}

  bool ok() const { return ok_; }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char byte : take(size))
      value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  char letter() { return static_cast<char>(number(1)); }
  std::string_view take(std::size_t size) {
    if (size > left_.size()) {
      ok_ = false;
      left_ = {};
      return {};
    }
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  std::string_view text() {
    const auto end = left_.find('\0');
    const std::string_view taken = take(end == left_.npos ? left_.size() + 1 : end + 1);
    return taken.empty() ? taken : taken.substr(0, taken.size() - 1);
  }
  // The cells of a row; nothing for NULL and for what is not sent again.
  void cells(Cells& into) {
    into.assign(number(2), std::nullopt);
    for (auto& cell : into) {
      const char kind = letter();
      if (kind == 't') cell = take(number(4));
      if (!ok_) return;
    }
  }

 private:
  std::string_view left_;
  bool ok_ = true;
};

void Pgoutput::forget() {
  relations_.clear();
  touched_.clear();
  named_.clear();
  is_in_transaction_ = false;
  is_ours_ = false;
}

Result<std::optional<ToldTransaction>> Pgoutput::take(std::string_view message,
                                                      const Database& asks) {
  Bytes bytes(message);
  const char kind = bytes.letter();
  std::optional<ToldTransaction> told;
  if (kind == 'B') {
    bytes.take(16);  // where it ends, and when
    xid_ = static_cast<std::uint32_t>(bytes.number(4));
    is_in_transaction_ = true;
  } else if (kind == 'C') {
    bytes.take(9);  // flags, and where the commit begins
    told.emplace();
    told->behind = static_cast<std::int64_t>(bytes.number(8));
    told->xid = xid_;
    auto& places = is_ours_ ? named_ : touched_;
    while (!places.empty())
      told->places.push_back(std::move(places.extract(places.begin()).value()));
    touched_.clear();
    named_.clear();
    is_in_transaction_ = is_ours_ = false;
  } else if (kind == 'R') {
    MIG_TRY(take_relation(bytes, asks));
  } else if (kind == 'I' || kind == 'U' || kind == 'D') {
    MIG_TRY(take_row(kind, bytes, asks));
  } else if (kind == 'T') {
    MIG_TRY(take_truncate(bytes));
  } else if (kind == 'M') {
    MIG_TRY(take_message(bytes));
  } else if (kind != 'O' && kind != 'Y') {  // who wrote it first, and what a type is called
    return garbled();
  }
  if (!bytes.ok()) return garbled();
  return told;
}

Result<void> Pgoutput::take_relation(Bytes& bytes, const Database& asks) {
  const auto id = static_cast<std::uint32_t>(bytes.number(4));
  bytes.text();  // its schema
  const std::string table(bytes.text());
  const bool tells_all = bytes.letter() == 'f';
  struct Found {
    std::string name;
    bool is_told = false;
    std::uint32_t type = 0;
    std::int32_t modifier = 0;
  };
  std::vector<Found> columns(bytes.number(2));
  for (Found& column : columns) {
    column.is_told = tells_all || (bytes.number(1) & 1) != 0;
    column.name = bytes.text();
    column.type = static_cast<std::uint32_t>(bytes.number(4));
    column.modifier = static_cast<std::int32_t>(bytes.number(4));
    if (!bytes.ok()) return garbled();
  }
  const auto& all = slot_->watched();
  const auto watched = std::ranges::find(all, table, &WatchedTable::table);
  Relation& relation = relations_[id];
  relation = {};
  if (watched == all.end()) return {};
  relation.table = table;
  for (std::size_t i = 0; i < watched->key.size(); ++i) {
    const auto column = std::ranges::find(columns, watched->key[i], &Found::name);
    if (column == columns.end() || !column->is_told) return key_is_untold(table);
    const plan::Type& type = slot_->key_types()[i];
    KeyColumn key{.position = static_cast<std::size_t>(column - columns.begin()),
                  .type = type,
                  .is_plain = is_plain(type, column->type),
                  .is_number = is_number(type),
                  .declared_type = {}};
    if (!key.is_plain) {
      MIG_ASSIGN(rows, asks.prepare("SELECT format_type(?1::bigint::oid, ?2::int)"));
      rows.bind(1, static_cast<std::int64_t>(column->type));
      rows.bind(2, static_cast<std::int64_t>(column->modifier));
      MIG_TRY(rows.step());
      key.declared_type = rows.text(0);
    }
    relation.key.push_back(std::move(key));
  }
  return {};
}

// A changed key is two rows: the one that was, which is sent where it is another one, and the one
// that is.
Result<void> Pgoutput::take_row(char kind, Bytes& bytes, const Database& asks) {
  const auto id = static_cast<std::uint32_t>(bytes.number(4));
  const auto found = relations_.find(id);
  if (found == relations_.end()) return garbled();
  const Relation& relation = found->second;
  if (relation.table.empty()) return {};
  Cells before;
  Cells now;
  char part = bytes.letter();
  if (part == 'K' || part == 'O') {
    bytes.cells(before);
    MIG_TRY(touch(relation, before, asks));
    if (kind == 'D') return {};
    part = bytes.letter();
  }
  if (part != 'N') return garbled();
  bytes.cells(now);
  // A long value that stays is not sent again, but where it is told which row it was.
  for (std::size_t i = 0; i < now.size() && i < before.size(); ++i) {
    if (!now[i]) now[i] = before[i];
  }
  if (!bytes.ok()) return garbled();
  return touch(relation, now, asks);
}

Result<void> Pgoutput::take_truncate(Bytes& bytes) const {
  if (is_ours_) return {};
  const std::uint64_t tables = bytes.number(4);
  bytes.number(1);
  for (std::uint64_t i = 0; i < tables && bytes.ok(); ++i) {
    const auto found = relations_.find(static_cast<std::uint32_t>(bytes.number(4)));
    if (found == relations_.end() || found->second.table.empty()) continue;
    return fail(ErrorKind::Permanent,
                fmt::format("somebody has sent TRUNCATE of `{}`, which takes all rows at once",
                            found->second.table),
                "where that was meant, roll back and begin again; where not, bring the data back "
                "first");
  }
  return {};
}

Result<void> Pgoutput::take_message(Bytes& bytes) {
  const bool is_within = (bytes.number(1) & 1) != 0;
  bytes.take(8);  // where it stands
  const std::string_view prefix = bytes.text();
  const std::string_view content = bytes.take(bytes.number(4));
  if (!bytes.ok()) return garbled();
  if (!is_within) return {};
  if (prefix == kOwnWrites) is_ours_ = true;
  const auto blank = content.rfind(' ');
  if (prefix == kTouchedRow && blank != content.npos &&
      content.substr(0, blank) == slot_->publication())
    named_.emplace(content.substr(blank + 1));
  return {};
}

Result<void> Pgoutput::touch(const Relation& relation, const Cells& cells, const Database& asks) {
  MIG_ASSIGN(place, place_of(relation, cells, asks));
  touched_.insert(std::move(place));
  return {};
}

Result<std::string> Pgoutput::place_of(const Relation& relation, const Cells& cells,
                                       const Database& asks) const {
  std::string place;
  for (const KeyColumn& key : relation.key) {
    if (key.position >= cells.size()) return garbled();
    const auto& cell = cells[key.position];
    if (!cell) {
      append_cell(place, {});
    } else if (key.is_plain && key.is_number) {
      std::int64_t number = 0;
      std::from_chars(cell->data(), cell->data() + cell->size(), number);
      append_cell(place, {.storage = StorageClass::Integer, .integer = number});
    } else if (key.is_plain) {
      append_cell(place, {.storage = StorageClass::Text, .bytes = *cell});
    } else {
      const std::string typed = fmt::format("(?1::text)::{}", key.declared_type);
      MIG_ASSIGN(rows, asks.prepare("SELECT " + place_sql(Dialect::Postgres, key.type, typed)));
      rows.bind_text(1, *cell);
      MIG_TRY(rows.step());
      append_cell(place, cell_at(rows, 0));
    }
  }
  return place;
}

}  // namespace mig::runtime
