// Reads hashes by SCAN and pipelines of HMGET, a page's keys behind the page before: what reading
// rows from Redis costs at least.
//   mig_redis_scan_bench URL PATTERN FIELD…     prints how many there are
// Used by movers.sh.
#include <cstdio>
#include <string>
#include <vector>

#include "runtime/stores/redis_connection.hpp"
#include "tests/bench/need.hpp"

using mig::bench::need;
using mig::runtime::RedisConnection;
using mig::runtime::RedisReply;

namespace {

void ask(RedisConnection& redis, const std::string& key, const std::vector<std::string>& fields) {
  redis.begin_command(2 + fields.size());
  redis.add_word("HMGET");
  redis.add_word(key);
  for (const std::string& field : fields)
    redis.add_word(field);
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) {
    std::fputs("usage: mig_redis_scan_bench URL PATTERN FIELD...\n", stderr);
    return 64;
  }
  RedisConnection redis = need(RedisConnection::open(words[1]));
  const std::vector<std::string> fields(words + 3, words + count);
  const auto scan = [&](const std::string& cursor) {
    redis.append({"SCAN", cursor, "MATCH", words[2], "COUNT", "1000"});
  };
  long rows = 0;
  scan("0");
  while (true) {
    const RedisReply page = need(redis.value());
    const std::vector<RedisReply>& keys = page.items.at(1).items;
    for (const RedisReply& key : keys)
      ask(redis, key.text, fields);
    const bool is_last = page.items[0].text == "0";
    if (!is_last) scan(page.items[0].text);
    for (std::size_t i = 0; i < keys.size(); ++i)
      rows += need(redis.value()).items.empty() ? 0 : 1;
    if (is_last) break;
  }
  std::printf("%ld rows\n", rows);
}
