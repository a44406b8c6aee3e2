// What a follower deletes where its feed has a gap: as much as the plan allows, or a person.
#include <optional>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/steps/follower.hpp"
#include "runtime/steps/following.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using plan::Ratio;
using runtime::Followed;
using runtime::Result;

namespace {

constexpr plan::StepId kFollows{0};
constexpr int kRows = 1000;
constexpr std::size_t kPage = 100;

// A table that another one in another database follows, through a slot.
plan::Plan users_plan(const std::string& from, const std::string& to, std::optional<Ratio> most) {
  using plan::Base;
  using plan::Type;
  plan::Plan plan;
  plan.name = "users";
  plan.stores = {{.name = "old", .kind = plan::StoreKind::Postgres, .location = {from, false}},
                 {.name = "new", .kind = plan::StoreKind::Postgres, .location = {to, false}}};
  plan.stores[0].changes = plan::ChangeSource::Slot;
  plan.entities = {
      {"User", {field("id", Type::of(Base::I64), true), field("note", Type::of(Base::Text))}, {}}};
  plan.datasets = {{"users", {0}, {0}, "users", {}}, {"people", {0}, {1}, "people", {}}};
  plan.from = {0};
  plan.to = {{1}};
  plan.steps = {step("mirror/writes#1",
                     plan::RouteWrites{.to = plan::Side::Old, .mirror = plan::WriteMode::Follow}),
                step("compare/verify#1", plan::Verify{.repair = true})};
  if (most) std::get<plan::Verify>(plan.steps[1].action).most_deletes = *most;
  return plan;
}

// Both sides hold the same rows, and one follows the other.
class Users {
 public:
  explicit Users(std::optional<Ratio> most = std::nullopt)
      : old_(server().create_database()),
        new_(server().create_database()),
        plan_(users_plan(old_, new_, most)) {
    server().run(old_, fmt::format("CREATE TABLE users(id bigint PRIMARY KEY, note text NOT NULL);"
                                   "INSERT INTO users SELECT i, 'n' FROM generate_series(1, {}) i",
                                   kRows));
    server().run(new_, fmt::format("CREATE TABLE people(id bigint PRIMARY KEY, note text NOT NULL);"
                                   "INSERT INTO people SELECT i, 'n' FROM generate_series(1, {}) i",
                                   kRows));
    test_.emplace(plan_, folder_.path());
    test_->fence();
    const auto started = runtime::start_following(test_->world, kFollows);
    if (!started) FAIL(started.error().message);
    begin();
    drain();
  }
  ~Users() {
    follower_.reset();
    (void)runtime::stop_following(test_->world, kFollows);
  }

  void in_old(const std::string& sql) const { server().run(old_, sql); }
  void in_new(const std::string& sql) const { server().run(new_, sql); }
  std::string people() const { return server().ask(new_, "SELECT count(*) FROM people"); }
  bool are_equal() const {
    const std::string all = "SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM {} t";
    return server().ask(old_, fmt::format(fmt::runtime(all), "users")) ==
           server().ask(new_, fmt::format(fmt::runtime(all), "people"));
  }
  // Its place is one of a slot that is no more, as after somebody has dropped it. As a new process.
  void lose_what_is_told() {
    in_new("UPDATE mig_ctl_applied SET cursor = split_part(cursor, ' ', 1) || ' another'");
    begin();
  }
  void begin() {
    auto opened = runtime::Follower::open(test_->world, kFollows);
    if (!opened) FAIL(opened.error().message);
    follower_.emplace(std::move(*opened));
  }
  Result<Followed> advance() { return follower_->advance(test_->world, kPage); }
  // All slices; the error of the first that fails.
  Result<void> follow() {
    while (true) {
      const auto followed = advance();
      if (!followed) return std::unexpected(followed.error());
      if (followed->is_drained) return {};
    }
  }
  void drain() {
    const auto done = follow();
    if (!done) FAIL(done.error().message);
  }
  runtime::Follower& follower() { return *follower_; }

 private:
  static PostgresServer& server() { return PostgresServer::shared(); }

  TemporaryFolder folder_;
  std::string old_;
  std::string new_;
  plan::Plan plan_;
  std::optional<TestWorld> test_;
  std::optional<runtime::Follower> follower_;
};

}  // namespace

TEST_CASE("a few rows that went while nobody told are taken away") {
  Users users;
  // A key that changes goes, too, and one comes.
  users.in_old("DELETE FROM users WHERE id <= 6; UPDATE users SET id = id + 5000 WHERE id <= 10");
  users.lose_what_is_told();
  users.drain();
  CHECK(users.people() == "994");
  CHECK(users.are_equal());
}

TEST_CASE("more of them than one in a hundred are kept until a person allows it") {
  Users users;
  users.in_old("DELETE FROM users WHERE id <= 30; UPDATE users SET note = 'new' WHERE id = 500");
  users.lose_what_is_told();
  // Killed on the way, it begins again; and so it does where somebody just tries once more.
  REQUIRE(users.advance());
  users.begin();
  for (int i = 0; i < 2; ++i) {
    const auto stopped = users.follow();
    REQUIRE_FALSE(stopped);
    CHECK(
        stopped.error().message ==
        "closing a gap in the log would delete 30 of 1000 rows of `people`, and at most 1% may go");
    CHECK(stopped.error().help.find("`mig repair --max-delete 3%`") != std::string::npos);
    CHECK(stopped.error().kind == runtime::ErrorKind::Permanent);
    CHECK(users.people() == "1000");
  }
  users.follower().allow_deletes(Ratio::percent(2));
  CHECK_FALSE(users.follow());
  CHECK(users.people() == "1000");
  users.follower().allow_deletes(Ratio::percent(3));
  users.drain();
  CHECK(users.are_equal());
}

TEST_CASE("the plan says how many may go where nobody told") {
  Users users(Ratio::percent(3));
  users.in_old("DELETE FROM users WHERE id <= 30");
  users.lose_what_is_told();
  users.drain();
  CHECK(users.are_equal());
  users.in_old("DELETE FROM users WHERE id <= 60");
  users.lose_what_is_told();
  CHECK_FALSE(users.follow());  // 30 of 970
  CHECK(users.people() == "970");
}

TEST_CASE("no share is large enough for a side that is empty all of a sudden") {
  Users users(Ratio::percent(100));
  users.in_old("DELETE FROM users");
  users.lose_what_is_told();
  const auto stopped = users.follow();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().message == "`users` leads and is empty, and `people` is not");
  CHECK(users.people() == "1000");
  // Where it was meant, the other side is emptied by hand.
  users.in_new("DELETE FROM people");
  users.drain();
  users.in_old("INSERT INTO users VALUES (1, 'again')");
  users.drain();
  CHECK(users.are_equal());
}

TEST_CASE("deletes that are told are followed, however many, in front of a gap and behind it") {
  Users users;
  users.in_old("DELETE FROM users WHERE id <= 300");
  users.drain();
  CHECK(users.people() == "700");
  users.lose_what_is_told();
  REQUIRE(users.advance());  // the gap is behind it, and the first page is counted
  users.in_old("DELETE FROM users WHERE id % 2 = 0");
  users.drain();
  CHECK(users.people() == "350");
  CHECK(users.are_equal());
}
