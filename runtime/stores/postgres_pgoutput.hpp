// What the server's plugin `pgoutput` says of transactions that committed: which watched rows each
// of them touched.
//
// Row images are read and dropped: of a transaction only the places of its rows are kept, each
// once. A transaction in which mig says so (kOwnWrites) is its own, and touches nothing but the
// rows that it names itself (kTouchedRow). What the server sends is checked, never trusted. Used by
// postgres_slot_stream; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/postgres_slot.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// Prefixes of messages in the log: that the transaction is mig's own, and that it touches a row all
// the same, whose publication and place are the message, parted by a blank.
inline constexpr std::string_view kOwnWrites = "mig";
inline constexpr std::string_view kTouchedRow = "mig.touched";
// A SELECT list that says so.
std::string own_writes_sql();
// Inside a transaction of ours: these rows are touched all the same.
Result<void> name_touched(const Database& postgres, const std::string& publication,
                          const std::vector<std::string>& places);

struct ToldTransaction {
  std::int64_t behind = 0;  // its commit
  std::uint32_t xid = 0;    // the lower half of its number
  std::vector<std::string> places;
};

class Pgoutput {
 public:
  explicit Pgoutput(const PostgresSlot& slot) : slot_(&slot) {}

  // One message. With the last one of a transaction comes what it touched. Permanent where a table
  // was emptied by TRUNCATE, or a row does not tell its key. `asks`: what knows the types of the
  // server.
  Result<std::optional<ToldTransaction>> take(std::string_view message, const Database& asks);
  bool is_in_transaction() const { return is_in_transaction_; }
  // Whoever sends begins anew.
  void forget();

 private:
  struct KeyColumn {
    std::size_t position = 0;  // among the columns of the table
    plan::Type type;
    bool is_plain = false;  // what is sent is what a place holds
    bool is_number = false;
    std::string declared_type;  // `numeric(10,2)`; where it is not plain
  };
  struct Relation {
    std::string table;  // empty: none of ours
    std::vector<KeyColumn> key;
  };
  using Cells = std::vector<std::optional<std::string_view>>;
  class Bytes;

  Result<void> take_relation(Bytes& bytes, const Database& asks);
  Result<void> take_row(char kind, Bytes& bytes, const Database& asks);
  Result<void> take_truncate(Bytes& bytes) const;
  Result<void> take_message(Bytes& bytes);
  Result<void> touch(const Relation& relation, const Cells& cells, const Database& asks);
  Result<std::string> place_of(const Relation& relation, const Cells& cells,
                               const Database& asks) const;

  const PostgresSlot* slot_;
  std::map<std::uint32_t, Relation> relations_;
  std::uint32_t xid_ = 0;
  bool is_in_transaction_ = false;
  bool is_ours_ = false;
  std::unordered_set<std::string> touched_;
  std::unordered_set<std::string> named_;  // by ourselves
};

}  // namespace mig::runtime
