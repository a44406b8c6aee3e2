// Carries rows of the old side over by `via` and back by `back`, and compares: each source row is a
// world of its own.
//
// What runs is what copies and followers run. No store is involved. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/inverse/row.hpp"

namespace mig::runtime {

enum class TripEnd : std::uint8_t {
  Equal,
  Rejected,      // by a rule of the old side, or by `via`: such a row is never carried over
  Different,     // another row came back
  Lost,          // `via` makes no row that drives `back`, so no row comes back
  RejectedBack,  // `back`, or a rule, rejects what `via` made
};

struct Trip {
  TripEnd end = TripEnd::Equal;
  std::vector<std::uint32_t> fields;  // Different: of the old side's entity
  std::string reason;                 // Rejected, RejectedBack: of which field, and why
  std::vector<std::string> made;      // what `via` made, row by row; only where `keeps_rows`
  std::vector<Row> back;              // what `back` gave; only where `keeps_rows`
};

class RoundTrip {
 public:
  // `drops`: the fields of the old side that `via` says are lost. REQUIRES: a view with sides,
  // `via` and `back`.
  RoundTrip(const plan::Plan& plan, const std::vector<std::uint32_t>& drops);

  // One for each row.
  std::vector<Trip> run(const std::vector<Row>& rows, bool keeps_rows = false);

  const plan::Entity& source() const { return plan_.entity_of(plan_.from); }

 private:
  // A row that `via` made, by its place in the carrier.
  struct Made {
    std::size_t emit = 0;
    std::size_t row = 0;
  };

  bool find_made(std::uint32_t source_row, Trip& trip);
  std::string made_text(const Made& made) const;
  void append_driven(const Made& driver);
  std::vector<Made> companions_of(const plan::Companion& companion, const Made& driver) const;
  void compare(const Batch& sources, const std::vector<std::uint32_t>& driven_by,
               std::vector<Trip>& trips, bool keeps_rows);

  plan::Plan plan_;
  std::vector<bool> is_dropped_;
  Carrier forth_;
  Carrier back_;
  CanonicalForm source_form_;
  CanonicalForm back_form_;
  plan::Entity input_;      // of `back`
  std::vector<Made> made_;  // of the source row at hand
  Batch driven_;            // what goes into `back`
};

}  // namespace mig::runtime
