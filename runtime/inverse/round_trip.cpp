#include "runtime/inverse/round_trip.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "runtime/data/fingerprint.hpp"
#include "runtime/data/key_code.hpp"

namespace mig::runtime {
namespace {

std::string key_of(const plan::Entity& entity, const Batch& rows, std::size_t row) {
  std::string code;
  for (const std::uint32_t field : entity.key())
    append_key_field(code, rows.columns[field], row);
  return code;
}

std::string print(const RowReject& reject) {
  return fmt::format("{}: {}", reject.field, reject.reason);
}

std::string canonical(const Column& column, std::size_t row) {
  std::string text;
  append_canonical(text, column, row);
  return text;
}

}  // namespace

RoundTrip::RoundTrip(const plan::Plan& plan, const std::vector<std::uint32_t>& drops)
    : plan_(plan),
      is_dropped_(plan.entity_of(plan.from).fields.size()),
      forth_(plan_, plan::Side::Old),
      back_(plan_, plan::Side::New),
      source_form_(plan_, plan_.from),
      back_form_(plan_, plan_.from),
      input_(plan::input_row(plan_, back_.transform())),
      driven_(Batch::of(types_of(input_))) {
  assert(plan_.via && plan_.back);
  for (const std::uint32_t field : drops)
    is_dropped_.at(field) = true;
}

std::vector<Trip> RoundTrip::run(const std::vector<Row>& rows, bool keeps_rows) {
  std::vector<Trip> trips(rows.size());
  const Batch sources = batch_of(source(), rows);
  forth_.run(sources);
  for (const RowReject& reject : forth_.rejects()) {
    Trip& trip = trips[reject.row];
    if (trip.end == TripEnd::Equal) trip = {.end = TripEnd::Rejected, .reason = print(reject)};
  }
  driven_.clear();
  std::vector<std::uint32_t> driven_by;  // the source row of each row that goes into `back`
  std::vector<std::size_t> cursors(forth_.emitted().size());
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    made_.clear();
    for (std::size_t emit = 0; emit < cursors.size(); ++emit) {
      const auto& of = forth_.emitted()[emit].source;
      for (; cursors[emit] < of.size() && of[cursors[emit]] == row; ++cursors[emit])
        made_.push_back({emit, cursors[emit]});
    }
    Trip& trip = trips[row];
    if (trip.end != TripEnd::Equal || !find_made(row, trip)) continue;
    if (keeps_rows) {
      for (const Made& made : made_)
        trip.made.push_back(made_text(made));
    }
    trip.end = TripEnd::Lost;
    for (const Made& made : made_) {
      if (forth_.emitted()[made.emit].entity != back_.transform().input) continue;
      append_driven(made);
      driven_by.push_back(row);
      trip.end = TripEnd::Equal;
    }
  }
  driven_.rows = driven_by.size();
  back_.run(driven_);
  compare(sources, driven_by, trips, keeps_rows);
  return trips;
}

// Equal rows of one key are one row. Two that differ are no row of a table: the later is rejected.
bool RoundTrip::find_made(std::uint32_t source_row, Trip& trip) {
  std::vector<Made> kept;
  for (const Made& made : made_) {
    const Emitted& emitted = forth_.emitted()[made.emit];
    const plan::Entity& entity = plan_.at(emitted.entity);
    const std::string key = key_of(entity, emitted.rows, made.row);
    const auto twin = std::ranges::find_if(kept, [&](const Made& other) {
      const Emitted& another = forth_.emitted()[other.emit];
      return another.entity == emitted.entity && key_of(entity, another.rows, other.row) == key;
    });
    if (twin == kept.end()) {
      kept.push_back(made);
      continue;
    }
    const Batch& rows = forth_.emitted()[twin->emit].rows;
    if (row_at(rows.columns, twin->row) == row_at(emitted.rows.columns, made.row)) continue;
    trip = {.end = TripEnd::Rejected,
            .reason = fmt::format("{}: two rows with one key", entity.name)};
    return false;
  }
  assert(forth_.is_rejected(source_row) == false);
  made_ = std::move(kept);
  return true;
}

std::string RoundTrip::made_text(const Made& made) const {
  const Emitted& emitted = forth_.emitted()[made.emit];
  return print(plan_.at(emitted.entity), row_at(emitted.rows.columns, made.row));
}

// Those that refer to the driving row, in the order of their keys, as a store would find them.
std::vector<RoundTrip::Made> RoundTrip::companions_of(const plan::Companion& companion,
                                                      const Made& driver) const {
  const plan::Entity& driving = plan_.at(back_.transform().input);
  const Batch& driver_rows = forth_.emitted()[driver.emit].rows;
  const auto key = driving.key();
  std::vector<Made> found;
  for (const Made& made : made_) {
    const Emitted& emitted = forth_.emitted()[made.emit];
    if (emitted.entity != companion.entity) continue;
    bool refers = true;
    for (std::size_t i = 0; i < key.size(); ++i) {
      refers = refers && value_at(emitted.rows.columns[companion.by[i]], made.row) ==
                             value_at(driver_rows.columns[key[i]], driver.row);
    }
    if (refers) found.push_back(made);
  }
  const auto key_values = [&](const Made& made) {
    Row values;
    for (const std::uint32_t field : plan_.at(companion.entity).key())
      values.push_back(value_at(forth_.emitted()[made.emit].rows.columns[field], made.row));
    return values;
  };
  std::ranges::stable_sort(found, [&](const Made& a, const Made& b) {
    return comes_before(key_values(a), key_values(b));
  });
  return found;
}

void RoundTrip::append_driven(const Made& driver) {
  std::size_t column = 0;
  const Batch& driver_rows = forth_.emitted()[driver.emit].rows;
  for (const Column& from : driver_rows.columns)
    append(driven_.columns[column++], value_at(from, driver.row));
  for (const plan::Companion& companion : back_.transform().companions) {
    const auto rows = companions_of(companion, driver);
    assert(companion.is_list || rows.size() <= 1);
    const std::size_t fields = plan_.at(companion.entity).fields.size();
    if (!companion.is_list) driven_.columns[column++].append_integer(rows.empty() ? 0 : 1);
    for (std::size_t field = 0; field < fields; ++field, ++column) {
      std::vector<FieldValue> values;
      values.reserve(rows.size());
      for (const Made& made : rows)
        values.push_back(value_at(forth_.emitted()[made.emit].rows.columns[field], made.row));
      if (companion.is_list) {
        append(driven_.columns[column], FieldValue{std::move(values)});
      } else {
        append(driven_.columns[column], values.empty() ? FieldValue{} : values.front());
      }
    }
  }
}

void RoundTrip::compare(const Batch& sources, const std::vector<std::uint32_t>& driven_by,
                        std::vector<Trip>& trips, bool keeps_rows) {
  for (const RowReject& reject : back_.rejects()) {
    Trip& trip = trips[driven_by[reject.row]];
    if (trip.end != TripEnd::Equal) continue;
    trip.end = TripEnd::RejectedBack;
    trip.reason = print(reject);
  }
  if (back_.emitted().empty()) return;
  const Emitted& given = back_.emitted().front();
  const auto wanted = source_form_.of(sources);
  const auto found = back_form_.of(given.rows);
  for (std::size_t i = 0; i < given.rows.rows; ++i) {
    const std::uint32_t row = driven_by[given.source[i]];
    Trip& trip = trips[row];
    if (back_.is_rejected(given.source[i])) continue;
    if (keeps_rows) trip.back.push_back(row_at(given.rows.columns, i));
    for (std::uint32_t field = 0; field < wanted.size(); ++field) {
      if (is_dropped_[field]) continue;
      if (canonical(wanted[field], row) == canonical(found[field], i)) continue;
      if (std::ranges::find(trip.fields, field) == trip.fields.end()) trip.fields.push_back(field);
    }
    if (!trip.fields.empty() && trip.end == TripEnd::Equal) trip.end = TripEnd::Different;
  }
}

}  // namespace mig::runtime
