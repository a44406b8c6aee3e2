// Every field of a preview, named once: what its JSON form holds, and what the published schema
// says of it. Included by codec files only.
#pragma once

#include "compiler/plan/fields.hpp"
#include "runtime/cli/preview/document.hpp"

namespace mig::plan {

template <>
inline constexpr std::array<std::string_view, 3> kSpellings<cli::Certainty> = {"fact", "sample",
                                                                               "estimate"};
template <>
inline constexpr std::array<std::string_view, 3> kSpellings<cli::Bound> = {"exactly", "at_least",
                                                                           "at_most"};
template <>
inline constexpr std::array<std::string_view, 9> kSpellings<cli::Sign> = {
    "create", "delete", "change", "move", "compare", "share", "turn", "wait", "look"};
template <>
inline constexpr std::array<std::string_view, 4> kSpellings<cli::Risk> = {"none", "low", "medium",
                                                                          "high"};

}  // namespace mig::plan

namespace mig::cli {

#define MIG_FIELD(name) visit(#name, it.name)

template <class Visit>
void fields(Visit& visit, ShownNumber& it) {
  MIG_FIELD(value), MIG_FIELD(kind), MIG_FIELD(from);
}
template <class Visit>
void fields(Visit& visit, ShownTime& it) {
  MIG_FIELD(ns), MIG_FIELD(bound), MIG_FIELD(kind), MIG_FIELD(from);
}
template <class Visit>
void fields(Visit& visit, ShownHashes& it) {
  MIG_FIELD(plan), MIG_FIELD(source), MIG_FIELD(review), MIG_FIELD(live);
}
template <class Visit>
void fields(Visit& visit, ShownStore& it) {
  MIG_FIELD(name), MIG_FIELD(kind), MIG_FIELD(location), MIG_FIELD(identity), MIG_FIELD(bytes);
}
template <class Visit>
void fields(Visit& visit, ShownMovement& it) {
  MIG_FIELD(resource), MIG_FIELD(from), MIG_FIELD(to), MIG_FIELD(via), MIG_FIELD(back),
      MIG_FIELD(may_go_back_alone);
}
template <class Visit>
void fields(Visit& visit, ShownDataset& it) {
  MIG_FIELD(name), MIG_FIELD(store), MIG_FIELD(table), MIG_FIELD(exists), MIG_FIELD(rows),
      MIG_FIELD(greatest_key);
}
template <class Visit>
void fields(Visit& visit, ShownReject& it) {
  MIG_FIELD(key), MIG_FIELD(field), MIG_FIELD(reason);
}
template <class Visit>
void fields(Visit& visit, ShownSample& it) {
  MIG_FIELD(resource), MIG_FIELD(read), MIG_FIELD(rejected), MIG_FIELD(which), MIG_FIELD(first),
      MIG_FIELD(limit), MIG_FIELD(rows_per_second);
}
template <class Visit>
void fields(Visit& visit, ShownClause& it) {
  MIG_FIELD(text), MIG_FIELD(seen);
}
template <class Visit>
void fields(Visit& visit, ShownGate& it) {
  MIG_FIELD(name), MIG_FIELD(now), MIG_FIELD(clauses);
}
template <class Visit>
void fields(Visit& visit, ShownChange& it) {
  MIG_FIELD(steps), MIG_FIELD(verb), MIG_FIELD(line), MIG_FIELD(sign), MIG_FIELD(what),
      MIG_FIELD(fewest_reads_new), MIG_FIELD(most_reads_new), MIG_FIELD(risk), MIG_FIELD(takes),
      MIG_FIELD(way_back), MIG_FIELD(back_in), MIG_FIELD(is_destructive), MIG_FIELD(rows),
      MIG_FIELD(is_point_of_no_return), MIG_FIELD(after);
}
template <class Visit>
void fields(Visit& visit, ShownPhase& it) {
  MIG_FIELD(name), MIG_FIELD(about), MIG_FIELD(resource), MIG_FIELD(needs), MIG_FIELD(window),
      MIG_FIELD(opens), MIG_FIELD(changes);
}
template <class Visit>
void fields(Visit& visit, ShownProof& it) {
  MIG_FIELD(states), MIG_FIELD(is_complete), MIG_FIELD(failures), MIG_FIELD(crashes),
      MIG_FIELD(text);
}
template <class Visit>
void fields(Visit& visit, ShownAssumption& it) {
  MIG_FIELD(text), MIG_FIELD(support);
}
template <class Visit>
void fields(Visit& visit, ShownPlace& it) {
  MIG_FIELD(file), MIG_FIELD(line), MIG_FIELD(column), MIG_FIELD(end_line), MIG_FIELD(end_column);
}
template <class Visit>
void fields(Visit& visit, ShownLabel& it) {
  MIG_FIELD(place), MIG_FIELD(text);
}
template <class Visit>
void fields(Visit& visit, ShownTraceLine& it) {
  MIG_FIELD(number), MIG_FIELD(actor), MIG_FIELD(phase), MIG_FIELD(text), MIG_FIELD(place);
}
template <class Visit>
void fields(Visit& visit, ShownDiagnostic& it) {
  MIG_FIELD(code), MIG_FIELD(severity), MIG_FIELD(message), MIG_FIELD(place), MIG_FIELD(label),
      MIG_FIELD(labels), MIG_FIELD(notes), MIG_FIELD(helps), MIG_FIELD(trace), MIG_FIELD(outcome);
}
template <class Visit>
void fields(Visit& visit, ShownObstacle& it) {
  MIG_FIELD(exit), MIG_FIELD(message), MIG_FIELD(help);
}
template <class Visit>
void fields(Visit& visit, ShownFinish& it) {
  MIG_FIELD(takes), MIG_FIELD(without), MIG_FIELD(point_of_no_return);
}
template <class Visit>
void fields(Visit& visit, Document& it) {
  MIG_FIELD(format), MIG_FIELD(mig), MIG_FIELD(edition), MIG_FIELD(outcome), MIG_FIELD(plan),
      MIG_FIELD(about), MIG_FIELD(env), MIG_FIELD(file), MIG_FIELD(made_at), MIG_FIELD(valid_until),
      MIG_FIELD(run), MIG_FIELD(hash), MIG_FIELD(is_live), MIG_FIELD(why_not_live),
      MIG_FIELD(params), MIG_FIELD(movements), MIG_FIELD(stores), MIG_FIELD(datasets),
      MIG_FIELD(samples), MIG_FIELD(gates), MIG_FIELD(phases), MIG_FIELD(proof), MIG_FIELD(beyond),
      MIG_FIELD(residents), MIG_FIELD(limits), MIG_FIELD(locks), MIG_FIELD(assumptions),
      MIG_FIELD(tables_created), MIG_FIELD(rows_deleted), MIG_FIELD(finish), MIG_FIELD(warnings),
      MIG_FIELD(obstacles), MIG_FIELD(diagnostics), MIG_FIELD(since);
}

#undef MIG_FIELD

}  // namespace mig::cli
