#include "runtime/stores/redis_transaction.hpp"

#include <cassert>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace mig::runtime {

RedisTransaction::RedisTransaction(RedisTransaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), is_watching_(other.is_watching_) {}

// Goes with whatever is sent next; its answer is dropped then.
RedisTransaction::~RedisTransaction() {
  if (connection_ == nullptr || !is_watching_ || connection_->is_lost()) return;
  connection_->append({"UNWATCH"});
}

Result<void> RedisTransaction::watch(std::span<const std::string> keys) {
  if (keys.empty()) return {};
  MIG_TRY(connection_->drop_pending());
  connection_->begin_command(1 + keys.size());
  connection_->add_word("WATCH");
  for (const std::string& key : keys)
    connection_->add_word(key);
  is_watching_ = true;
  MIG_TRY(connection_->value());
  return {};
}

Result<bool> RedisTransaction::commit(const RedisCommands& commands) {
  std::vector<std::size_t> busy;
  MIG_ASSIGN(is_done, commit({&commands}, busy));
  assert(busy.empty() && "these say what is to become of a key that is taken");
  return is_done;
}

Result<bool> RedisTransaction::commit(std::initializer_list<const RedisCommands*> parts,
                                      std::vector<std::size_t>& busy) {
  MIG_TRY(connection_->drop_pending());
  connection_->append({"MULTI"});
  std::size_t commands = 0;
  for (const RedisCommands* part : parts) {
    connection_->append(*part);
    commands += part->size();
  }
  connection_->append({"EXEC"});
  is_watching_ = false;  // EXEC forgets it, whatever it answers
  return outcome(commands, busy);
}

Result<bool> RedisTransaction::outcome(std::size_t commands, std::vector<std::size_t>& busy) {
  std::optional<Error> refused;
  RedisReply queued;
  for (std::size_t i = 0; i <= commands; ++i) {  // MULTI too
    const auto answered = connection_->reply(queued);
    // A server that cannot go on says why, and closes the connection.
    if (!answered && refused) return std::unexpected(std::move(*refused));
    if (!answered) return std::unexpected(answered.error());
    if (queued.is_error() && !refused) refused = redis_error(queued, connection_->shown());
  }
  MIG_ASSIGN(done, connection_->reply());
  // The first refusal says more than that of EXEC, which only follows from it.
  if (refused) return std::unexpected(std::move(*refused));
  if (done.is_error()) return std::unexpected(redis_error(done, connection_->shown()));
  if (done.is_nil()) return false;
  for (std::size_t i = 0; i < done.items.size(); ++i) {
    if (!done.items[i].is_error()) continue;
    if (done.items[i].code() == "BUSYKEY") {
      busy.push_back(i);
      continue;
    }
    const Error error = redis_error(done.items[i], connection_->shown());
    return fail(ErrorKind::Permanent, "a transaction was carried out in part: " + error.message,
                error.help + "; then roll the run back, or verify and repair");
  }
  return true;
}

}  // namespace mig::runtime
