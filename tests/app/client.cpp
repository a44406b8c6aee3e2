#include "tests/app/client.hpp"

#include <array>
#include <ctime>
#include <thread>

#include <fmt/format.h>

namespace mig::app {
namespace {

using mig_router::Document;

// A read that finds its document changed asks again, so often at most.
constexpr int kAttempts = 50;
// For how long a write comes again: longer than any pause that the plans allow.
constexpr Moment kPatience = 4'000'000'000;
constexpr auto kBetweenAttempts = std::chrono::milliseconds(2);

mig_router::Micros since(Moment began) {
  return std::chrono::duration_cast<mig_router::Micros>(std::chrono::nanoseconds(moment() - began));
}

}  // namespace

Moment moment() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return Moment{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Client::Client(ClientOptions options, HistoryWriter& history, mig_router::Report& report)
    : options_(std::move(options)),
      history_(history),
      report_(report),
      random_(options_.seed * 1000 + static_cast<std::uint64_t>(options_.number)),
      sides_(options_.application->open(options_.places)),
      next_value_((static_cast<std::int64_t>(options_.seed) * 100 + options_.number) * 10'000'000 +
                  1) {}

Side* Client::side(mig_router::Side which) {
  return which == mig_router::Side::Old ? &sides_->old_side() : sides_->new_side();
}

// No store, no table, no row, no key: nothing has moved yet.
Document Client::document(bool is_write) {
  Document nothing_moved;
  nothing_moved.salt =
      fmt::format("{}/{}", options_.application->plan, options_.application->router);
  Side* on = side(mig_router::Side::New);
  if (on == nullptr) return nothing_moved;
  const auto text = on->connection().document(options_.table,
                                              std::string(options_.application->router), is_write);
  if (!text) return nothing_moved;
  const auto parsed = mig_router::parse(*text);
  if (!parsed) throw std::runtime_error("the routing document is not one that this client knows");
  return *parsed;
}

std::string Client::any_key() {
  const auto number = random_() % static_cast<std::uint64_t>(options_.keys);
  return sides_->key(static_cast<std::int64_t>(number));
}

void Client::step() {
  const std::string key = any_key();
  const auto chance = random_() % 100;
  if (chance < 40 && !options_.is_behind_switch) return read(key);
  if (chance < 55) return change(Change::Insert, key);
  if (chance < 70) return change(Change::Update, key);
  if (chance < 79) return change(Change::Replace, key);
  if (chance < 90) return change(Change::Remove, key);
  if (chance < 95) return change(Change::Swap, key);
  change(Change::Rename, key);
}

void Client::read(const std::string& key) {
  Operation operation{.key = key, .kind = Kind::Read, .began = moment()};
  const std::int64_t number = history_.begin(operation);
  operation.outcome = Outcome::Failed;
  mig_router::Read route;
  try {
    for (int tries = 0; tries < kAttempts && operation.outcome == Outcome::Failed; ++tries) {
      if (try_read(operation, route)) operation.outcome = Outcome::Acknowledged;
    }
  } catch (const SqlError& error) {
    if (!error.is_busy() && !error.is_lost() && !error.is_table_gone()) throw;
    ++tally_.busy;
  }
  operation.ended = moment();
  history_.end(number, operation);
  const bool is_told = operation.outcome == Outcome::Acknowledged;
  if (is_told) ++tally_.reads;
  if (is_told && route.side == mig_router::Side::New) ++tally_.reads_new;
  report_.read(route, since(operation.began),
               is_told ? mig_router::Outcome::Ok : mig_router::Outcome::Failed);
}

bool Client::try_read(Operation& operation, mig_router::Read& route) {
  // In one store both are of one moment.
  std::optional<Transaction> transaction;
  if (sides_->is_one_store())
    transaction.emplace(sides_->old_side().connection(), Connection::Mode::Read);
  const Document decided = document(false);
  const std::string bytes = mig_router::Key().add_text(operation.key).bytes();
  route = decided.read(bytes, options_.attributes);
  Side* on = side(route.side);
  if (on == nullptr) return false;
  operation.value = on->read(operation.key);
  // What the document allowed when it was read has to hold when the answer is there.
  const Document now = document(false);
  const bool is_fresh = !decided.fresh_until || mig_router::now() < *decided.fresh_until;
  const auto leader = decided.write(bytes).leader();
  const bool is_follower = leader != mig_router::Side::None && route.side != leader;
  if (now.version != decided.version || (is_follower && !is_fresh)) return false;
  operation.may_be_behind = is_follower ? decided.stale_ok.count() * 1000 : 0;
  return true;
}

// Two rows exchange what they hold; on the way one of them holds what nobody else does.
bool Client::swap(Side& on, Writing& writing) {
  const Cell here = on.read(writing.key);
  const Cell there = on.read(writing.to);
  if (!here || !there) return false;
  const Moment now = moment();
  begin(writing, {.key = writing.key, .kind = Kind::Put, .value = there, .began = now});
  begin(writing, {.key = writing.to, .kind = Kind::Put, .value = here, .began = now});
  return on.update(writing.key, writing.value) && on.update(writing.to, *here) &&
         on.update(writing.key, *there);
}

bool Client::carry_out(Side& on, Writing& writing) {
  switch (writing.change) {
    case Change::Insert:
      return on.insert(writing.key, writing.value);
    case Change::Update:
      return on.update(writing.key, writing.value);
    case Change::Replace:
      on.replace(writing.key, writing.value);
      return true;
    case Change::Remove:
      return on.remove(writing.key);
    case Change::Rename:
      return on.rename(writing.key, writing.to, writing.value);
    case Change::Swap:
      return swap(on, writing);
  }
  throw std::logic_error("no such change");
}

// One transaction. The store decides, too: its guards refuse a side that takes no writes.
Client::Told Client::attempt(Side& on, Writing& writing, const Document* decided) {
  Transaction transaction(on.connection(), Connection::Mode::Write);
  on.lock({writing.key, writing.to});
  if (decided != nullptr && document(true).version != decided->version) return Told::Refused;
  if (!carry_out(on, writing)) return Told::Nothing;
  try {
    transaction.commit();
  } catch (const SqlError& error) {
    if (!error.is_lost()) throw;
    return Told::Unknown;
  }
  return Told::Ok;
}

void Client::begin(Writing& writing, const Operation& operation) {
  writing.operations.push_back(operation);
  writing.numbers.push_back(history_.begin(operation));
}

void Client::end(Writing& writing, Outcome outcome) {
  for (std::size_t i = 0; i < writing.operations.size(); ++i) {
    writing.operations[i].outcome = outcome;
    writing.operations[i].ended = moment();
    history_.end(writing.numbers[i], writing.operations[i]);
  }
  writing.operations.clear();
  writing.numbers.clear();
}

void Client::change(Change change, const std::string& key) {
  Writing writing{change, key, any_key(), next_value_++, {}, {}};
  const bool has_two_keys = change == Change::Rename || change == Change::Swap;
  if (has_two_keys && writing.to == key) writing.change = change = Change::Update;
  const Moment began = moment();
  // A row that gets another key is one that goes and one that comes. What a swap writes is known
  // when it has read.
  if (change == Change::Remove || change == Change::Rename)
    begin(writing, {.key = key, .kind = Kind::Delete, .began = began});
  if (change != Change::Remove && change != Change::Swap) {
    begin(writing, {.key = change == Change::Rename ? writing.to : key,
                    .kind = Kind::Put,
                    .value = writing.value,
                    .began = began});
  }
  Told told = Told::Refused;
  mig_router::Write route;
  while (true) {
    told = try_change(writing, route);
    const bool comes_again = told == Told::Refused && !options_.is_behind_switch;
    if (!comes_again || moment() - began > kPatience) break;
    if (change == Change::Swap) end(writing, Outcome::Failed);
    std::this_thread::sleep_for(kBetweenAttempts);
  }
  // What nobody was told has no end in the history.
  if (told != Told::Unknown)
    end(writing, told == Told::Ok ? Outcome::Acknowledged : Outcome::Failed);
  if (told == Told::Ok) ++tally_.acknowledged;
  if (told == Told::Ok && change == Change::Swap) ++tally_.swapped;
  if (told == Told::Unknown) ++tally_.unknown;
  if (told == Told::Refused || told == Told::Busy) ++tally_.refused;
  // Who does not look at the document has no router that reports.
  if (options_.is_behind_switch) return;
  report_.write(route, since(began),
                told == Told::Ok || told == Told::Nothing ? mig_router::Outcome::Ok
                                                          : mig_router::Outcome::Failed);
}

Client::Told Client::try_change(Writing& writing, mig_router::Write& route) try {
  if (options_.is_behind_switch) return attempt(sides_->old_side(), writing, nullptr);
  const Document decided = document(false);
  route = decided.write(mig_router::Key().add_text(writing.key).bytes());
  Side* on = side(route.authority);
  if (route.authority == mig_router::Side::None || on == nullptr) return Told::Refused;
  const bool holds_document = route.authority == mig_router::Side::New || sides_->is_one_store();
  return attempt(*on, writing, holds_document ? &decided : nullptr);
} catch (const SqlError& error) {
  if (error.is_busy()) ++tally_.busy;
  if (error.is_busy()) return Told::Busy;
  if (error.is_taken()) return Told::Nothing;
  if (!error.is_refused() && !error.is_lost()) throw;
  return Told::Refused;
}

}  // namespace mig::app
