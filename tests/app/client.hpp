// A client of the application: one operation after the other, routed by the routing document, each
// written down with what it was told.
//
// The document is a row of a table in the new store, or a field of a key there. A write there reads
// it again in its own transaction, after it has the write lock, and decides anew where it has
// changed; in the other store the guards decide. Who is told to come again, or is refused, comes
// again for a while. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "runtime/traffic/clients/cpp/mig_router.hpp"
#include "tests/app/history_file.hpp"
#include "tests/app/side.hpp"

namespace mig::app {

struct ClientOptions {
  const Application* application = nullptr;
  Places places;
  std::string table;        // that holds the document, in the new store
  std::string name;         // among all clients; part of its values
  std::int64_t number = 0;  // among all clients: makes its values its own
  std::uint64_t seed = 0;
  std::int64_t keys = 100;
  bool is_behind_switch = false;  // writes the old table, whatever the document says
  mig_router::Attributes attributes;
};

// What a client met so far.
struct Tally {
  std::int64_t acknowledged = 0;  // writes
  std::int64_t refused = 0;       // writes that a store or the document refused
  std::int64_t busy = 0;          // operations that ran into the busy timeout
  std::int64_t unknown = 0;       // writes of which nobody was told how they ended
  std::int64_t swapped = 0;       // of the acknowledged ones
  std::int64_t reads = 0;
  std::int64_t reads_new = 0;  // of them, answered by the new side
};

class Client {
 public:
  Client(ClientOptions options, HistoryWriter& history, mig_router::Report& report);

  void step();
  const Tally& tally() const { return tally_; }

 private:
  // What an attempt came to. Refused: by the document, or by a store, or there is no server.
  // Nothing: the row was not as the operation wants it. Unknown: the server went away before it
  // answered a commit.
  enum class Told { Ok, Refused, Busy, Nothing, Unknown };
  // Swap: two rows exchange what they hold, each value unique in its table at any moment.
  enum class Change { Insert, Update, Replace, Remove, Rename, Swap };

  // What is being written, and the operations that are open in the history for it.
  struct Writing {
    Change change;
    std::string key;
    std::string to;  // another key, of those that have two
    std::int64_t value;
    std::vector<Operation> operations;
    std::vector<std::int64_t> numbers;
  };

  // The routing document; `is_write` keeps it as it is until the transaction ends.
  mig_router::Document document(bool is_write);
  Side* side(mig_router::Side which);
  void read(const std::string& key);
  // True where the answer is one that the document allows, before and after.
  bool try_read(Operation& operation, mig_router::Read& route);
  void change(Change change, const std::string& key);
  void begin(Writing& writing, const Operation& operation);
  void end(Writing& writing, Outcome outcome);
  Told try_change(Writing& writing, mig_router::Write& route);
  Told attempt(Side& on, Writing& writing, const mig_router::Document* decided);
  bool carry_out(Side& on, Writing& writing);
  bool swap(Side& on, Writing& writing);
  std::string any_key();

  ClientOptions options_;
  HistoryWriter& history_;
  mig_router::Report& report_;
  std::mt19937_64 random_;
  std::unique_ptr<Sides> sides_;
  std::int64_t next_value_;
  Tally tally_;
};

// Nanoseconds of a clock that all processes of the machine share and that never goes back.
Moment moment();

}  // namespace mig::app
