// Visits every state that a protocol can reach, the nearest first, and judges each: what an 'ok'
// rests on is exhaustion, and what breaks a promise is found by its shortest path.
//
// A state is a struct of small integers without padding, so that its bytes are its identity: nobody
// writes a hash, and nobody forgets a member in one. A path is kept as numbers of predecessors;
// its words are made again only for the one that is shown. One thread.
#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

namespace mig::mc {

// What a state says about the promise. Unsettled: work is under way, nothing is promised yet.
enum class Judgement : std::uint8_t { Unsettled, Holds, Broken };

struct Finding {
  std::size_t states = 0;   // judged ones, the broken one among them
  std::size_t settled = 0;  // in which the promise was due and held
  bool is_broken = false;
  std::vector<std::string> trace;  // the shortest way into the broken state, which is its last line
};

// The states found so far, in the order in which they were found.
template <class State>
class Reached {
  static_assert(std::has_unique_object_representations_v<State>);

 public:
  Reached() : known_(0, Hash{this}, Same{this}) {}
  Reached(const Reached&) = delete;
  Reached& operator=(const Reached&) = delete;

  void add(const State& state, std::uint32_t from) {
    nodes_.push_back({state, from});
    assert(nodes_.size() < kMost);  // a model without bounds would eat the machine
    if (!known_.insert(static_cast<std::uint32_t>(nodes_.size() - 1)).second) nodes_.pop_back();
  }
  std::size_t size() const { return nodes_.size(); }
  const State& state(std::size_t at) const { return nodes_[at].state; }
  std::uint32_t from(std::size_t at) const { return nodes_[at].from; }

 private:
  static constexpr std::size_t kMost = 20'000'000;

  struct Node {
    State state;
    std::uint32_t from;
  };
  struct Hash {
    const Reached* all;
    std::size_t operator()(std::uint32_t at) const {
      const auto* bytes = reinterpret_cast<const char*>(&all->nodes_[at].state);
      return std::hash<std::string_view>()({bytes, sizeof(State)});
    }
  };
  struct Same {
    const Reached* all;
    bool operator()(std::uint32_t left, std::uint32_t right) const {
      return all->nodes_[left].state == all->nodes_[right].state;
    }
  };

  std::vector<Node> nodes_;
  std::unordered_set<std::uint32_t, Hash, Same> known_;
};

// Where a model puts what can happen next. `words` is a text, or a function that makes one.
template <class State>
class Steps {
 public:
  Steps(const State& here, std::function<void(const State&)> found)
      : here_(here), found_(std::move(found)) {}
  Steps(const State& here, const State& wanted) : here_(here), wanted_(&wanted) {}

  template <class Words>
  void to(const State& next, const Words& words) {
    can_move_ = can_move_ || next != here_;
    if (wanted_ == nullptr) return found_(next);
    if (!words_.empty() || next != *wanted_) return;
    if constexpr (std::is_invocable_v<Words>) {
      words_ = words();
    } else {
      words_ = words;
    }
  }
  bool can_move() const { return can_move_; }
  const std::string& words() const { return words_; }  // of the first step to the wanted state

 private:
  const State& here_;
  std::function<void(const State&)> found_;
  const State* wanted_ = nullptr;
  std::string words_;
  bool can_move_ = false;
};

template <class Model>
concept Explorable = requires(const Model& model, const typename Model::State& state,
                              Steps<typename Model::State>& steps) {
  { model.initial() } -> std::same_as<typename Model::State>;
  model.each_step(state, steps);
  { model.judge(state) } -> std::same_as<Judgement>;
  { model.describe(state) } -> std::same_as<std::string>;
};

template <Explorable Model>
std::vector<std::string> path_to(const Model& model, const Reached<typename Model::State>& reached,
                                 std::size_t last) {
  std::vector<std::string> words;
  for (std::size_t at = last; at != 0; at = reached.from(at)) {
    const auto& before = reached.state(reached.from(at));
    Steps<typename Model::State> steps(before, reached.state(at));
    model.each_step(before, steps);
    words.insert(words.begin(), steps.words());
  }
  words.push_back(model.describe(reached.state(last)));
  return words;
}

// A state in which nothing can happen although nothing is settled is broken too: a protocol that
// waits for itself keeps no promise.
template <Explorable Model>
Finding explore(const Model& model) {
  using State = typename Model::State;
  Finding finding;
  Reached<State> reached;
  reached.add(model.initial(), 0);
  for (std::size_t at = 0; at < reached.size(); ++at) {
    const State state = reached.state(at);  // by value: the states move when more are found
    ++finding.states;
    const Judgement judgement = model.judge(state);
    Steps<State> steps(
        state, [&](const State& next) { reached.add(next, static_cast<std::uint32_t>(at)); });
    if (judgement != Judgement::Broken) model.each_step(state, steps);
    const bool is_stuck = judgement == Judgement::Unsettled && !steps.can_move();
    if (judgement == Judgement::Broken || is_stuck) {
      finding.is_broken = true;
      finding.trace = path_to(model, reached, at);
      if (is_stuck) finding.trace.back() += ": nothing can happen, and nothing is settled";
      return finding;
    }
    if (judgement == Judgement::Holds) ++finding.settled;
  }
  return finding;
}

}  // namespace mig::mc
