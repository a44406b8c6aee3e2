// The workload's access to Redis: commands, and writes that happen together if nothing that was
// watched has changed.
//
// In a transaction commands are watched, asked and queued; COMMIT sends what was queued in MULTI
// and EXEC. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/app/connection.hpp"

struct redisContext;

namespace mig::app {

using Words = std::vector<std::string>;

// Absent, a text, a number or a list of these.
struct RedisAnswer {
  bool is_absent = false;
  std::int64_t number = 0;
  std::string text;
  std::vector<RedisAnswer> items;
};

class RedisConnection final : public Connection {
 public:
  // `unix:///…/redis.sock` or `redis://127.0.0.1:PORT`; connected when it is used.
  explicit RedisConnection(std::string url) : url_(std::move(url)) {}
  ~RedisConnection() override;
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  RedisAnswer ask(const Words& words);
  // All in one transaction, when it is committed.
  void queue(Words words) { queued_.push_back(std::move(words)); }
  // In one MULTI and EXEC, at once: what they answer is of one moment.
  std::vector<RedisAnswer> ask_together(const std::vector<Words>& commands);

  std::vector<SqlRow> run(std::string_view sql, const SqlRow& values) override;
  int changes() const override { return 0; }
  bool is_in_transaction() const override { return is_in_transaction_; }
  void begin(Mode mode) override;
  bool has_table(const std::string& name) override;
  bool is_server() const override { return true; }
  std::optional<std::string> document(const std::string& key, const std::string& router,
                                      bool is_for_write) override;

 private:
  void connect();
  void send(const Words& words);
  RedisAnswer answer();
  void leave();
  [[noreturn]] void lose();

  std::string url_;
  redisContext* handle_ = nullptr;
  std::vector<Words> queued_;
  bool is_in_transaction_ = false;
};

}  // namespace mig::app
