// One thing that a run uses up, look after look: how fast it goes, for how long it lasts at that
// rate, and what is to be said of that, once.
//
// It warns and holds nobody up: a run that fails for want of something says so by itself. Pure;
// used by Budgets. Times are Clock::elapsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "compiler/plan/machine/record.hpp"
#include "runtime/clock.hpp"
#include "runtime/steps/supplies.hpp"

namespace mig::runtime {

enum class Concern : std::uint8_t { None, Low, Urgent };

// A hold or an approval that goes on, and for how long yet.
struct PendingWait {
  std::string step;
  Duration left{};
};

// What else is so at the time of a look.
struct Surroundings {
  std::optional<PendingWait> wait;  // the longest
  Duration still{};                 // for how long the follower has not moved, though it has to
};

class Budget {
 public:
  // `said`: what an earlier runner said of it last.
  explicit Budget(Concern said) : said_(said) {}

  // What is to be journaled after this look. Of what was said nothing is said again before it has
  // been well; that it got worse is said.
  std::optional<plan::Warned> note(Duration now, const Supply& supply, const Surroundings& around);
  // What is to be said once it is not used any more.
  std::optional<plan::Warned> end(const std::string& what) const;

  struct Growth {
    std::int64_t amount = 0;  // more than none
    Duration in{};
  };
  // Of late. What goes up and down by itself does not grow: its lows are compared.
  std::optional<Growth> growth() const;

 private:
  struct Sample {
    Duration at;
    std::int64_t used;
  };
  // Nothing: nobody can tell yet. `lasts`: at the present rate.
  std::optional<Concern> judge(const Supply& supply, const Surroundings& around,
                               std::optional<Duration> lasts) const;
  std::optional<Duration> lasts(const Supply& supply) const;
  std::string sentence(const Supply& supply, const Surroundings& around,
                       std::optional<Duration> lasts) const;

  Concern said_;
  std::deque<Sample> samples_;
};

}  // namespace mig::runtime
