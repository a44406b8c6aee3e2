#include "runtime/cli/fact_words.hpp"

#include <fmt/format.h>

#include "compiler/plan/phrase.hpp"

namespace mig::cli {
namespace {

using compiler::Facts;
using plan::Ratio;
using plan::Side;

std::string_view name_of(Side side) {
  switch (side) {
    case Side::Old:
      return "old";
    case Side::New:
      return "new";
    case Side::None:
      return "nobody";
  }
  return "";
}

std::string writes(const Facts& facts) {
  const plan::WritesState& state = facts.writes;
  if (state.authority == Side::None) return "nobody may write";
  const std::string_view leader = name_of(state.authority);
  const std::string_view other = state.authority == Side::Old ? "new" : "old";
  std::string text = fmt::format("writes go to `{}`", leader);
  if (state.mirror) {
    switch (*state.mirror) {
      case plan::WriteMode::Sync:
        text += fmt::format(" and `{}` at once", other);
        break;
      case plan::WriteMode::Follow:
        text += fmt::format(", and `{}` follows", other);
        break;
      case plan::WriteMode::Transaction:
        text += fmt::format(" and, in the same transaction, to `{}`", other);
        break;
      case plan::WriteMode::App:
        text += fmt::format(" and `{}`, by the application", other);
        break;
    }
  }
  if (state.share) text += fmt::format("; `new` leads for {} of the keys", print(*state.share));
  return text;
}

std::string reads(const Facts& facts) {
  if (facts.fewest_reads != facts.most_reads) {
    return fmt::format("`new` answers {} to {} of the reads", print(facts.fewest_reads),
                       print(facts.most_reads));
  }
  if (facts.most_reads == Ratio{}) return "`old` answers all reads";
  if (facts.most_reads == Ratio::percent(100)) return "`new` answers all reads";
  return fmt::format("`new` answers {} of the reads", print(facts.most_reads));
}

std::string data(const plan::Plan& plan, const Facts& facts) {
  if (compiler::is_refilled(plan)) return "`new` is refilled as it is asked";
  if (plan.are_services()) return facts.asked ? "both sides have answered alike" : "";
  if (!facts.filled) return "nothing is copied yet";
  const std::string copied =
      fmt::format("`new` is complete since `{}`", phrase(plan, *facts.filled));
  if (!facts.proved) return copied + ", and not proved to be the same";
  return fmt::format("{}, and `{}` has proved it to be the same", copied,
                     phrase(plan, *facts.proved));
}

std::string way_back(const Facts& facts) {
  if (facts.marker) return "there is no way back: the point of no return is passed";
  if (facts.mirrored > plan::Duration::zero()) {
    return fmt::format("both sides have been written for {}; a rollback takes everything back",
                       plan::print(facts.mirrored));
  }
  return "a rollback takes everything back";
}

}  // namespace

std::string sentences(const plan::Plan& plan, const Facts& facts) {
  std::string first = fmt::format("{}; {}.", writes(facts), reads(facts));
  const std::string carried = data(plan, facts);
  std::string second =
      carried.empty() ? way_back(facts) + "." : fmt::format("{}; {}.", carried, way_back(facts));
  for (std::string* text : {&first, &second}) {
    if (text->front() >= 'a' && text->front() <= 'z')
      text->front() = static_cast<char>(text->front() - 'a' + 'A');
  }
  return first + " " + second;
}

std::string in_short(const Facts& facts) {
  std::string text = "writes ";
  const plan::WritesState& state = facts.writes;
  if (state.authority == Side::None) {
    text += "none";
  } else {
    text += name_of(state.authority);
    if (state.mirror) text += state.authority == Side::Old ? "+new" : "+old";
  }
  text += ", reads new ";
  text += facts.fewest_reads == facts.most_reads
              ? print(facts.most_reads)
              : fmt::format("{} to {}", print(facts.fewest_reads), print(facts.most_reads));
  if (facts.filled) text += ", new complete";
  if (facts.proved) text += ", proved the same";
  if (facts.marker) text += ", no way back";
  return text;
}

}  // namespace mig::cli
