// Which keys of a dataset somebody else touched, as the server tells whoever listens: hints, not a
// log.
//
// What happens while nobody listens is told to nobody, nor is a FLUSHALL. So a hint says where to
// look first, and only a comparison of all keys says that nothing was missed; after a lost
// connection one is due. mig's own effects are left out: they lie between two changes of the origin
// key, as nobody else's commands can. A connection of its own. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_pattern.hpp"

namespace mig::runtime {

class RedisHints {
 public:
  // From here on changes are told. Permanent where the server is not set up to tell them
  // (`notify-keyspace-events`), which a person has to allow: it costs the server time.
  static Result<RedisHints> listen(RedisConnection connection, const KeyPattern& pattern);

  // The places of all keys that were touched since the last call, each once, in no order. Complete
  // up to what the server did before it was asked. After an error hints were lost.
  Result<std::vector<std::string>> take();
  bool is_lost() const { return connection_.is_lost(); }

 private:
  RedisHints(RedisConnection connection, KeyPattern pattern);
  void note(const RedisReply& message, std::vector<std::string>& keys);

  RedisConnection connection_;
  KeyPattern pattern_;
  std::string channel_;      // what the name of a key's channel begins with
  bool is_our_own_ = false;  // the messages that come now are about an effect of mig
};

}  // namespace mig::runtime
