// The table of protocols: each with what it must come to, and how many states that takes.
//
// A control is a protocol with one guard missing. Its failure is wanted: it shows that the guard is
// needed, and that the model can see what the guard is there for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/mc/explorer.hpp"

namespace mig::mc {

enum class Role : std::uint8_t { Safe, Control };

struct Variant {
  std::string_view name;  // `--trace` knows it by this
  std::string_view idea;
  Role role = Role::Safe;
  std::size_t states = 0;  // another number means that the model is another one
  std::function<Finding()> search;
};

template <Explorable Model>
Variant safe(std::string_view name, std::string_view idea, std::size_t states, Model model) {
  return {name, idea, Role::Safe, states, [model = std::move(model)] { return explore(model); }};
}

template <Explorable Model>
Variant control(std::string_view name, std::string_view idea, std::size_t states, Model model) {
  return {name, idea, Role::Control, states, [model = std::move(model)] { return explore(model); }};
}

// One file each, in the order of the table.
std::vector<Variant> dual_writes();
std::vector<Variant> polled_changelogs();
std::vector<Variant> cutover_orders();
std::vector<Variant> lease_races();
std::vector<Variant> reverse_orders();
std::vector<Variant> fenced_copies();
std::vector<Variant> locked_copies();
std::vector<Variant> origin_loops();
std::vector<Variant> takeovers();
std::vector<Variant> switchovers();

}  // namespace mig::mc
