// A client of the application: one operation after the other, routed by the routing document, each
// written down with what it was told.
//
// The document is a row of a table in one of the stores. A write there reads it again in its own
// transaction, after it has the write lock, and decides anew where it has changed; in the other
// store the guards decide. Who is told to come again, or is refused, comes again for a while. One
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "runtime/traffic/clients/cpp/mig_router.hpp"
#include "tests/app/history_file.hpp"
#include "tests/app/side.hpp"

namespace mig::app {

struct ClientOptions {
  const Application* application = nullptr;
  std::string folder;       // of the stores
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
  std::int64_t reads = 0;
  std::int64_t reads_new = 0;  // of them, answered by the new side
};

class Client {
 public:
  Client(ClientOptions options, HistoryWriter& history, mig_router::Report& report);

  void step();
  const Tally& tally() const { return tally_; }

 private:
  // What an attempt came to. Refused: by the document, or by a store. Nothing: the row was not as
  // the operation wants it.
  enum class Told { Ok, Refused, Busy, Nothing };
  enum class Change { Insert, Update, Replace, Remove, Rename };

  mig_router::Document document();
  Side* side(mig_router::Side which);
  void read(const std::string& key);
  // True where the answer is one that the document allows, before and after.
  bool try_read(Operation& operation, mig_router::Read& route);
  void change(Change change, const std::string& key);
  Told try_change(Change change, const std::string& key, const std::string& to, std::int64_t value,
                  mig_router::Write& route);
  Told attempt(Side& on, Change change, const std::string& key, const std::string& to,
               std::int64_t value, const mig_router::Document* decided);
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
