// Whether a copy has to wait between two pages, because it strains a server: a replica of its
// target lags behind, or many sessions are at work.
//
// Looks over connections of its own, now and then, and never waits itself. One thread, the copy's.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/plan/machine/record.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/replicas.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

// Tells which replicas are further behind than they may be: by what the server says of them, and by
// where it stood itself when they would have to have been there. Time is Clock::elapsed. A value.
class LagWatch {
 public:
  explicit LagWatch(Duration most) : most_(most) {}

  void note(Duration now, std::int64_t position);
  // Of a replica that was read with the newest note.
  bool is_behind(const Replica& replica) const;

 private:
  struct Sample {
    Duration at;
    std::int64_t position;
  };
  Duration most_;
  std::deque<Sample> samples_;  // the first is the youngest that is as old as may be, if any is
  Duration now_{};
};

class Strain {
 public:
  Strain(const plan::Plan& plan, const plan::Copy& copy);

  struct Look {
    std::string why;  // it waits for that; empty: it goes on
    std::vector<plan::Warned> warned;
  };
  // What is so now; soon after a look, what was so then. Fails where nobody can tell.
  Result<Look> look(World& world);

 private:
  struct Server {
    plan::StoreId store;
    std::optional<Database> sql;
    std::optional<RedisConnection> redis;
  };
  static Result<OpenStore> open(Server& server, const Stores& stores);
  Result<void> look_at_replicas(World& world, Look& look);
  Result<void> look_at_sessions(World& world, Look& look);
  void compare(const Replication& now, Look& look);

  const plan::Plan& plan_;
  std::optional<std::uint32_t> most_active_;
  std::optional<LagWatch> watch_;
  Server target_;
  std::vector<Server> busy_;                            // where sessions are counted
  std::optional<std::multiset<std::string>> replicas_;  // that were there at the last look
  std::set<std::string> gone_;
  std::optional<Duration> looked_at_;
  std::string why_;
};

// How soon a copy that waits looks again.
inline constexpr Duration kStrainAgain = std::chrono::milliseconds(500);

// Before a run: whether what its copies would have to see can be seen. What is told, where there is
// something to tell, is that no replica is there. Permanent where the role may not see it.
Result<std::optional<std::string>> check_strain(const plan::Plan& view, const plan::Copy& copy,
                                                Stores& stores);

}  // namespace mig::runtime
