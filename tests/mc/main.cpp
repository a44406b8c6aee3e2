// Prints the table of protocol variants, searched anew; says which one is not as it must be.
//   mig_mc                 every variant: verdict, states, name, idea
//   mig_mc --trace NAME    one variant, and the shortest way in which it breaks
#include <cstdio>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "tests/mc/variant.hpp"

namespace {

using namespace mig::mc;

std::vector<Variant> every_variant() {
  std::vector<Variant> all;
  for (auto* family : {dual_writes, polled_changelogs, cutover_orders, lease_races, reverse_orders,
                       fenced_copies, locked_copies, origin_loops, takeovers, switchovers}) {
    for (Variant& variant : family()) {
      all.push_back(std::move(variant));
    }
  }
  return all;
}

// What is wrong with the finding; empty if nothing is.
std::string complaint(const Variant& variant, const Finding& finding) {
  if (finding.is_broken && variant.role == Role::Safe) return "must be ok";
  if (!finding.is_broken && variant.role == Role::Control) return "must FAIL";
  if (!finding.is_broken && finding.settled == 0) return "never settles, so it shows nothing";
  if (finding.states != variant.states) return fmt::format("must take {} states", variant.states);
  return {};
}

void print(const Variant& variant, const Finding& finding) {
  fmt::print("{:4} {:>8} states  {:7}  {:4} {}\n", finding.is_broken ? "FAIL" : "ok",
             finding.states, variant.role == Role::Control ? "control" : "", variant.name,
             variant.idea);
  if (const std::string wrong = complaint(variant, finding); !wrong.empty()) {
    fmt::print("     ^^^^ {} {}\n", variant.name, wrong);
  }
}

int trace(std::string_view name) {
  for (const Variant& variant : every_variant()) {
    if (variant.name != name) continue;
    const Finding finding = variant.search();
    print(variant, finding);
    for (const std::string& words : finding.trace) {
      fmt::print("       {}\n", words);
    }
    return complaint(variant, finding).empty() ? 0 : 1;
  }
  fmt::print(stderr, "no variant `{}`; without arguments every name is printed\n", name);
  return 64;
}

int table() {
  std::size_t states = 0;
  std::size_t controls = 0;
  std::size_t wrong = 0;
  const std::vector<Variant> all = every_variant();
  for (const Variant& variant : all) {
    const Finding finding = variant.search();
    print(variant, finding);
    states += finding.states;
    controls += variant.role == Role::Control ? 1 : 0;
    wrong += complaint(variant, finding).empty() ? 0 : 1;
  }
  fmt::print("{} variants, {} of them controls, {} states; {} not as expected\n", all.size(),
             controls, states, wrong);
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string_view> arguments(words + 1, words + count);
  if (arguments.empty()) return table();
  if (arguments.size() == 2 && arguments[0] == "--trace") return trace(arguments[1]);
  fmt::print(stderr, "usage: mig_mc [--trace NAME]\n");
  return 64;
}
