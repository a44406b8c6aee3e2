#include "runtime/inverse/inverse_check.hpp"

#include <algorithm>
#include <cassert>

#include "runtime/dice.hpp"
#include "runtime/inverse/hints.hpp"
#include "runtime/inverse/made_up_values.hpp"
#include "runtime/inverse/smaller.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kMostTries = 40;  // rows made up for each that is wanted
constexpr std::size_t kPool = 256;      // accepted rows that others are made of

bool is_failure(TripEnd end) {
  return end != TripEnd::Equal && end != TripEnd::Rejected;
}

class Check {
 public:
  Check(const plan::Plan& plan, const InverseOptions& options)
      : options_(options),
        trip_(plan, options.drops),
        entity_(trip_.source()),
        hints_(hints_of(plan)),
        dice_(options.seed) {
    for (std::size_t field = 0; field < entity_.fields.size(); ++field)
      boundary_.push_back(boundary_values(entity_.fields[field].type, hints_[field]));
  }

  InverseResult run() {
    find_first_rows();
    if (!pool_.empty()) {
      try_boundaries();
      try_random_rows();
    }
    if (const auto& failure = failure_) shrink(*failure);
    return std::move(result_);
  }

 private:
  struct Failure {
    Row row;
    Trip trip;
  };

  // Rows that were written by somebody, all plain ones, and random ones until one is accepted: what
  // the rules let through is the ground for all others.
  void find_first_rows() {
    std::vector<Row> rows = options_.examples;
    Row plain;
    Row full;
    for (std::size_t field = 0; field < entity_.fields.size(); ++field) {
      plain.push_back(plainest(entity_.fields[field].type));
      full.push_back(plainest(entity_.fields[field].type.as_optional(false)));
    }
    rows.push_back(plain);
    rows.push_back(full);
    run_batch(rows, result_.boundary);
    constexpr std::size_t kMostBatches = 400;
    for (std::size_t i = 0; pool_.empty() && i < kMostBatches; ++i)
      run_batch(made_up(kBatch), result_.generated);
  }

  // Each value at a limit in each field of an accepted row, and in each field of a few others.
  void try_boundaries() {
    const std::vector<Row> grounds(pool_.begin(),
                                   pool_.begin() + std::min<std::ptrdiff_t>(std::ssize(pool_), 3));
    for (const Row& ground : grounds) {
      std::vector<Row> rows;
      for (std::size_t field = 0; field < boundary_.size(); ++field) {
        for (const FieldValue& value : boundary_[field]) {
          Row& row = rows.emplace_back(ground);
          row[field] = value;
        }
      }
      for (std::size_t first = 0; first < rows.size(); first += kBatch) {
        const auto end = std::min(rows.size(), first + kBatch);
        run_batch({rows.begin() + static_cast<std::ptrdiff_t>(first),
                   rows.begin() + static_cast<std::ptrdiff_t>(end)},
                  result_.boundary);
      }
    }
  }

  void try_random_rows() {
    std::size_t tries = 0;
    while (result_.generated < options_.rows && tries < options_.rows * kMostTries) {
      const std::size_t count = std::min(kBatch, options_.rows - result_.generated);
      tries += count;
      run_batch(made_up(count), result_.generated);
    }
    result_.is_complete = result_.generated >= options_.rows;
  }

  std::vector<Row> made_up(std::size_t count) {
    std::vector<Row> rows;
    while (rows.size() < count)
      rows.push_back(made_up_row());
    return rows;
  }

  // Anew, or an accepted row with a few other values: rules let few rows through that are all new.
  Row made_up_row() {
    const bool is_new = pool_.empty() || dice_.one_in(3);
    Row row = is_new ? Row(entity_.fields.size()) : dice_.pick(pool_);
    if (is_new) {
      for (std::size_t field = 0; field < row.size(); ++field)
        row[field] = value_for(field);
      return row;
    }
    for (std::size_t changes = 1 + dice_.below(3); changes > 0; --changes) {
      const std::size_t field = dice_.below(row.size());
      row[field] = value_for(field);
    }
    for (const std::uint32_t key : entity_.key())
      row[key] = value_for(key);
    return row;
  }

  FieldValue value_for(std::size_t field) {
    return random_value(entity_.fields[field].type, hints_[field], boundary_[field], dice_);
  }

  void run_batch(const std::vector<Row>& rows, std::size_t& count) {
    const std::vector<Trip> trips = trip_.run(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Trip& trip = trips[i];
      if (trip.end == TripEnd::Rejected) {
        ++result_.rejected;
        ++result_.reasons[trip.reason];
        continue;
      }
      ++count;
      note_accepted(rows[i]);
      for (const std::uint32_t field : trip.fields) {
        if (std::ranges::find(result_.fields, field) == result_.fields.end())
          result_.fields.push_back(field);
      }
      if (is_failure(trip.end) && !failure_) failure_ = Failure{rows[i], trip};
    }
    if (options_.watch) options_.watch(result_.carried());
  }

  void note_accepted(const Row& row) {
    if (pool_.size() < kPool) {
      pool_.push_back(row);
    } else {
      pool_[dice_.below(kPool)] = row;
    }
  }

  // Another row of the same mistake: it ends alike, and the same field tells.
  void shrink(const Failure& failure) {
    const Trip& first = failure.trip;
    const auto fails = [&](const std::vector<Row>& rows) {
      std::vector<bool> same;
      for (const Trip& trip : trip_.run(rows)) {
        const bool tells =
            first.fields.empty() ||
            std::ranges::find(trip.fields, first.fields.front()) != trip.fields.end();
        same.push_back(trip.end == first.end && tells);
      }
      return same;
    };
    Counterexample found{.row = smallest(entity_, hints_, failure.row, fails)};
    found.trip = trip_.run({found.row}, true).front();
    found.found = failure.row;
    assert(is_failure(found.trip.end));
    result_.counterexample = std::move(found);
    std::ranges::sort(result_.fields);
  }

  const InverseOptions& options_;
  InverseResult result_;
  RoundTrip trip_;
  plan::Entity entity_;
  std::vector<FieldHints> hints_;
  Dice dice_;
  std::vector<std::vector<FieldValue>> boundary_;  // one list a field
  std::vector<Row> pool_;
  std::optional<Failure> failure_;
};

}  // namespace

InverseResult check_inverse(const plan::Plan& plan, const InverseOptions& options) {
  return Check(plan, options).run();
}

}  // namespace mig::runtime
