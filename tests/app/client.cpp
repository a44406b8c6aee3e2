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
      sides_(options_.application->open(options_.folder)),
      next_value_((static_cast<std::int64_t>(options_.seed) * 100 + options_.number) * 10'000'000 +
                  1) {}

Side* Client::side(mig_router::Side which) {
  return which == mig_router::Side::Old ? &sides_->old_side() : sides_->new_side();
}

// No store, no table, no row: nothing has moved yet.
Document Client::document() {
  Document nothing_moved;
  nothing_moved.salt =
      fmt::format("{}/{}", options_.application->plan, options_.application->router);
  Side* on = side(mig_router::Side::New);
  if (on == nullptr) return nothing_moved;
  std::vector<SqlRow> rows;
  try {
    rows = on->connection().run(
        fmt::format("SELECT document FROM \"{}\" WHERE router = ?1", options_.table),
        {std::string(options_.application->router)});
  } catch (const SqlError& error) {
    if (!error.is_table_gone()) throw;
  }
  if (rows.empty()) return nothing_moved;
  const auto parsed = mig_router::parse(std::get<std::string>(rows[0][0]));
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
  if (chance < 80) return change(Change::Replace, key);
  if (chance < 92) return change(Change::Remove, key);
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
    if (!error.is_busy()) throw;
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
  // In one file both are of one moment.
  std::optional<Transaction> transaction;
  if (sides_->is_one_file()) transaction.emplace(sides_->old_side().connection(), "BEGIN");
  const Document decided = document();
  const std::string bytes = mig_router::Key().add_text(operation.key).bytes();
  route = decided.read(bytes, options_.attributes);
  Side* on = side(route.side);
  if (on == nullptr) return false;
  operation.value = on->read(operation.key);
  // What the document allowed when it was read has to hold when the answer is there.
  const Document now = document();
  const bool is_fresh = !decided.fresh_until || mig_router::now() < *decided.fresh_until;
  const auto leader = decided.write(bytes).leader();
  const bool is_follower = leader != mig_router::Side::None && route.side != leader;
  if (now.version != decided.version || (is_follower && !is_fresh)) return false;
  operation.may_be_behind = is_follower ? decided.stale_ok.count() * 1000 : 0;
  return true;
}

// One transaction. The store decides, too: its guards refuse a side that takes no writes.
Client::Told Client::attempt(Side& on, Change change, const std::string& key, const std::string& to,
                             std::int64_t value, const Document* decided) {
  Transaction transaction(on.connection(), "BEGIN IMMEDIATE");
  if (decided != nullptr && document().version != decided->version) return Told::Refused;
  bool is_done = true;
  switch (change) {
    case Change::Insert:
      is_done = on.insert(key, value);
      break;
    case Change::Update:
      is_done = on.update(key, value);
      break;
    case Change::Replace:
      on.replace(key, value);
      break;
    case Change::Remove:
      is_done = on.remove(key);
      break;
    case Change::Rename:
      is_done = on.rename(key, to, value);
      break;
  }
  if (!is_done) return Told::Nothing;
  transaction.commit();
  return Told::Ok;
}

void Client::change(Change change, const std::string& key) {
  const std::int64_t value = next_value_++;
  std::string to = any_key();
  if (change == Change::Rename && to == key) change = Change::Update;
  // A row that gets another key is one that goes and one that comes.
  std::vector<Operation> operations;
  const Moment began = moment();
  if (change == Change::Remove || change == Change::Rename)
    operations.push_back({.key = key, .kind = Kind::Delete, .began = began});
  if (change != Change::Remove) {
    operations.push_back({.key = change == Change::Rename ? to : key,
                          .kind = Kind::Put,
                          .value = value,
                          .began = began});
  }
  std::vector<std::int64_t> numbers;
  for (const Operation& operation : operations)
    numbers.push_back(history_.begin(operation));
  Told told = Told::Refused;
  mig_router::Write route;
  while (true) {
    told = try_change(change, key, to, value, route);
    const bool comes_again = told == Told::Refused && !options_.is_behind_switch;
    if (!comes_again || moment() - began > kPatience) break;
    std::this_thread::sleep_for(kBetweenAttempts);
  }
  const Moment ended = moment();
  for (std::size_t i = 0; i < operations.size(); ++i) {
    operations[i].outcome = told == Told::Ok ? Outcome::Acknowledged : Outcome::Failed;
    operations[i].ended = ended;
    history_.end(numbers[i], operations[i]);
  }
  if (told == Told::Ok) ++tally_.acknowledged;
  if (told == Told::Refused || told == Told::Busy) ++tally_.refused;
  // Who does not look at the document has no router that reports.
  if (options_.is_behind_switch) return;
  report_.write(route, since(began),
                told == Told::Ok || told == Told::Nothing ? mig_router::Outcome::Ok
                                                          : mig_router::Outcome::Failed);
}

Client::Told Client::try_change(Change change, const std::string& key, const std::string& to,
                                std::int64_t value, mig_router::Write& route) try {
  if (options_.is_behind_switch)
    return attempt(sides_->old_side(), change, key, to, value, nullptr);
  const Document decided = document();
  route = decided.write(mig_router::Key().add_text(key).bytes());
  Side* on = side(route.authority);
  if (route.authority == mig_router::Side::None || on == nullptr) return Told::Refused;
  const bool holds_document = route.authority == mig_router::Side::New || sides_->is_one_file();
  return attempt(*on, change, key, to, value, holds_document ? &decided : nullptr);
} catch (const SqlError& error) {
  if (!error.is_busy() && !error.is_refused()) throw;
  if (error.is_busy()) ++tally_.busy;
  return error.is_busy() ? Told::Busy : Told::Refused;
}

}  // namespace mig::app
