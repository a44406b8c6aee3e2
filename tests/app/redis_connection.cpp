#include "tests/app/redis_connection.hpp"

#include <utility>

#include <hiredis/hiredis.h>

namespace mig::app {
namespace {

constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};

RedisAnswer plain(const redisReply& reply) {
  RedisAnswer answer{.is_absent = reply.type == REDIS_REPLY_NIL, .number = reply.integer};
  if (reply.str != nullptr) answer.text.assign(reply.str, reply.len);
  for (std::size_t i = 0; i < reply.elements; ++i)
    answer.items.push_back(plain(*reply.element[i]));
  return answer;
}

// A server that starts answers that it is loading.
SqlFailure kind_of(const std::string& error) {
  const bool is_away = error.starts_with("LOADING") || error.starts_with("MASTERDOWN") ||
                       error.starts_with("READONLY");
  return is_away ? SqlFailure::Lost : SqlFailure::Other;
}

}  // namespace

RedisConnection::~RedisConnection() {
  leave();
}

void RedisConnection::leave() {
  if (handle_ != nullptr) redisFree(std::exchange(handle_, nullptr));
}

void RedisConnection::lose() {
  const std::string message = handle_ == nullptr ? "no server" : handle_->errstr;
  leave();
  throw SqlError(SqlFailure::Lost, message);
}

void RedisConnection::connect() {
  if (url_.starts_with("unix://")) {
    handle_ = redisConnectUnixWithTimeout(url_.substr(7).c_str(), kPatience);
  } else {
    const std::string place = url_.substr(url_.find("//") + 2);
    const std::size_t colon = place.find(':');
    handle_ = redisConnectWithTimeout(place.substr(0, colon).c_str(),
                                      std::stoi(place.substr(colon + 1)), kPatience);
  }
  if (handle_ == nullptr || handle_->err != 0) lose();
  redisSetTimeout(handle_, kPatience);
}

void RedisConnection::send(const Words& words) {
  if (handle_ == nullptr) connect();
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  if (redisAppendCommandArgv(handle_, static_cast<int>(words.size()), texts.data(), sizes.data()) !=
      REDIS_OK)
    lose();
}

RedisAnswer RedisConnection::answer() {
  void* given = nullptr;
  if (redisGetReply(handle_, &given) != REDIS_OK) lose();
  auto* reply = static_cast<redisReply*>(given);
  RedisAnswer answer = plain(*reply);
  const bool is_error = reply->type == REDIS_REPLY_ERROR;
  freeReplyObject(reply);
  if (!is_error) return answer;
  // What else was sent is not read any more.
  leave();
  throw SqlError(kind_of(answer.text), answer.text);
}

RedisAnswer RedisConnection::ask(const Words& words) {
  // What is watched is forgotten with the connection, so a transaction keeps to its own.
  if (is_in_transaction_ && handle_ == nullptr) lose();
  send(words);
  return answer();
}

std::vector<RedisAnswer> RedisConnection::ask_together(const std::vector<Words>& commands) {
  send({"MULTI"});
  for (const Words& words : commands)
    send(words);
  send({"EXEC"});
  for (std::size_t i = 0; i <= commands.size(); ++i)
    answer();
  RedisAnswer all = answer();
  if (all.is_absent) throw SqlError(SqlFailure::Refused, "what was watched has changed");
  return std::move(all.items);
}

void RedisConnection::begin(Mode) {
  if (handle_ == nullptr) connect();
  queued_.clear();
  is_in_transaction_ = true;
}

std::vector<SqlRow> RedisConnection::run(std::string_view sql, const SqlRow&) {
  is_in_transaction_ = false;
  if (sql == "COMMIT") {
    if (handle_ == nullptr) lose();
    ask_together(std::exchange(queued_, {}));
  } else if (sql == "ROLLBACK") {
    queued_.clear();
    if (handle_ != nullptr) ask({"UNWATCH"});
  } else {
    throw std::logic_error("Redis knows no SQL");
  }
  return {};
}

bool RedisConnection::has_table(const std::string& name) {
  return ask({"EXISTS", name}).number == 1;
}

// Watched before it is read: it holds until the EXEC, or that does nothing.
std::optional<std::string> RedisConnection::document(const std::string& key,
                                                     const std::string& router, bool is_for_write) {
  if (is_for_write) ask({"WATCH", key});
  RedisAnswer found = ask({"HGET", key, router});
  if (found.is_absent) return std::nullopt;
  return std::move(found.text);
}

}  // namespace mig::app
