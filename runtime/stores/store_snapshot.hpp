// A database as it is at one moment, whoever writes to it meanwhile, by a connection of its own.
//
// Held by all sources of a backup whose tables stand in that database. One thread.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "runtime/result.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

struct StoreSnapshot {
  Database database;
  std::optional<Transaction> transaction;  // ends before its database

  static Result<std::shared_ptr<StoreSnapshot>> take(const Stores& stores, plan::StoreId store) {
    MIG_ASSIGN(opened, stores.another_reader(store));
    auto snapshot = std::make_shared<StoreSnapshot>(StoreSnapshot{std::move(opened), {}});
    MIG_ASSIGN(begun, Transaction::begin_read(snapshot->database));
    snapshot->transaction.emplace(std::move(begun));
    return snapshot;
  }
};

}  // namespace mig::runtime
