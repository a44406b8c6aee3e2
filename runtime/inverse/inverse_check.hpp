// Whether `back` undoes `via`, tried with rows that are made up: those at the limits first, then
// random ones. The same plan and seed give the same rows, and so the same answer.
//
// Rows that a rule or `via` rejects are never carried over; they are counted apart. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/inverse/round_trip.hpp"
#include "runtime/inverse/row.hpp"

namespace mig::runtime {

struct InverseOptions {
  std::uint64_t seed = 0;
  std::size_t rows = 1000;           // random ones that are carried over, after those at the limits
  std::vector<std::uint32_t> drops;  // fields of the old side that `via` says are lost
  std::vector<Row> examples;         // rows of the old side that somebody wrote
  std::function<void(std::size_t)>
      watch;  // after each batch: rows carried over so far; may be null
};

struct Counterexample {
  Row row;    // as small as it gets
  Trip trip;  // of it, with the rows
  Row found;  // what it was made smaller from
};

struct InverseResult {
  std::size_t boundary = 0;   // rows at the limits that were carried over there and back
  std::size_t generated = 0;  // random ones
  std::size_t rejected = 0;   // of both, not carried over
  std::map<std::string, std::size_t> reasons;  // of those: how often
  bool is_complete = false;                    // as many random rows as wanted were carried over
  std::optional<Counterexample> counterexample;
  std::vector<std::uint32_t> fields;  // that differ in any row: more than the counterexample shows

  std::size_t carried() const { return boundary + generated; }
};

// REQUIRES: a view with sides, `via` and `back`.
InverseResult check_inverse(const plan::Plan& plan, const InverseOptions& options);

}  // namespace mig::runtime
