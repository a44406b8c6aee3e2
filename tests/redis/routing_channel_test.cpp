// Routing documents under a key of Redis.
#include "runtime/traffic/routing_channel.hpp"

#include <catch2/catch.hpp>

#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_transaction.hpp"
#include "tests/support/redis_dataset.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/routed_users.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace mig::tests;

namespace {

constexpr Instant kNow{std::chrono::seconds(1772366400)};
const std::string kKey = "mig_routes";

plan::Plan plan_of_sessions(const std::string& url) {
  plan::Plan plan = plan_of_users(plan::RouterKind::Channel);
  plan.stores = {{.name = "cache", .kind = plan::StoreKind::Redis, .location = {url}}};
  plan.datasets[0].keys = plan::Keyspace{"user:{id}", plan::Codec::Hash, {}};
  return plan;
}

// The Redis of a plan, fenced by its run, and an application's own connection to it.
struct RoutedSessions {
  RedisServer server;
  TemporaryFolder folder;
  plan::Plan plan = plan_of_sessions(server.url());
  Stores stores = value_of(Stores::find(plan, folder.path(), {}));
  Authority runner{.journal = "journal", .run = "run", .epoch = 3};
  RedisConnection application = connected(server.url());
  std::unique_ptr<Router> router = open_router(plan, stores, folder.path());

  RoutedSessions() { fence(runner); }
  void fence(const Authority& authority) {
    done(install_fence(application, {"user:{id}"}, authority, 1));
  }
  Routes moved() const {
    Routes routes = value_of(router->read());
    routes.reads.share = plan::Ratio::percent(5);
    routes.writes.mirror = plan::Side::New;
    routes.writes.mode = plan::WriteMode::Follow;
    return routes;
  }
  void write(const Routes& wanted) const { done(router->write(wanted, runner, kNow)); }
};

// An application that listens.
class Listener {
 public:
  explicit Listener(const RedisServer& server) : redis_(connected(server.url())) {
    redis_.append({"SUBSCRIBE", kKey});
    value_of(redis_.pushed());
  }
  std::string next() { return value_of(redis_.pushed()).items.at(2).text; }

 private:
  RedisConnection redis_;
};

}  // namespace

TEST_CASE("a document lies under its router's name, and is heard of when it changes") {
  RoutedSessions sessions;
  Listener listener(sessions.server);
  CHECK(value_of(sessions.router->read()).version == 0);
  sessions.write(sessions.moved());
  CHECK(listener.next() == "1");
  const Routes read = value_of(sessions.router->read());
  CHECK(read.reads.share == plan::Ratio::percent(5));
  CHECK(read.writes.mirror == plan::Side::New);
  CHECK(ask(sessions.application, {"HKEYS", kKey}) == "app_switch");

  // What it says already is no change that anybody hears of.
  sessions.write(read);
  Routes widened = read;
  widened.reads.share = plan::Ratio::percent(25);
  sessions.write(widened);
  CHECK(listener.next() == "2");
}

TEST_CASE("a document in Redis goes with the run that made it, once everything is back") {
  RoutedSessions sessions;
  const Routes before = value_of(sessions.router->read());
  sessions.write(sessions.moved());
  done(sessions.router->restore(sessions.runner));
  CHECK(ask(sessions.application, {"EXISTS", kKey}) == "1");  // it still leads somewhere

  ask(sessions.application, {"HSET", kKey, "another", "document"});
  sessions.write(before);
  Listener listener(sessions.server);
  done(sessions.router->restore(sessions.runner));
  CHECK(listener.next() == "0");
  CHECK(ask(sessions.application, {"HKEYS", kKey}) == "another");
  CHECK(value_of(sessions.router->read()).version == 0);
}

TEST_CASE("a runner that was overtaken changes no document in Redis") {
  RoutedSessions sessions;
  Authority next = sessions.runner;
  next.epoch = 4;
  sessions.fence(next);
  const auto refused = sessions.router->write(sessions.moved(), sessions.runner, kNow);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Conflict);
  CHECK(ask(sessions.application, {"EXISTS", kKey}) == "0");
  done(sessions.router->write(sessions.moved(), next, kNow));
  const auto kept = sessions.router->restore(sessions.runner);
  REQUIRE_FALSE(kept);
  CHECK(kept.error().kind == ErrorKind::Conflict);
  CHECK(value_of(sessions.router->read()).version == 1);
}

TEST_CASE("a write that was decided by an older document does nothing") {
  RoutedSessions sessions;
  sessions.write(sessions.moved());
  RedisTransaction transaction(sessions.application);
  done(transaction.watch(std::vector{kKey}));
  RedisCommands commands;
  commands.append({"SET", "user:1", "decided"});
  Routes changed = value_of(sessions.router->read());
  changed.writes = {.authority = plan::Side::None};
  sessions.write(changed);
  CHECK_FALSE(value_of(transaction.commit(commands)));
  CHECK(ask(sessions.application, {"EXISTS", "user:1"}) == "0");

  done(transaction.watch(std::vector{kKey}));
  CHECK(value_of(transaction.commit(commands)));
  CHECK(ask(sessions.application, {"GET", "user:1"}) == "decided");
}

TEST_CASE("what others keep under a router's key is left alone") {
  RoutedSessions sessions;
  const auto is_refused = [&] {
    const auto written = sessions.router->write(Routes{.by = {"id"}}, sessions.runner, kNow);
    REQUIRE_FALSE(written);
    CHECK(written.error().kind == ErrorKind::Permanent);
    CHECK(written.error().message.find("`mig_routes`") != std::string::npos);
    CHECK(written.error().message.find("holds no routing documents") != std::string::npos);
  };
  ask(sessions.application, {"SET", kKey, "mine"});
  is_refused();
  CHECK(ask(sessions.application, {"GET", kKey}) == "mine");
  ask(sessions.application, {"DEL", kKey});
  ask(sessions.application, {"HSET", kKey, "app_switch", "mine"});
  is_refused();
  CHECK(ask(sessions.application, {"HGET", kKey, "app_switch"}) == "mine");
}

TEST_CASE("who may not publish is told what to allow, and nothing is written") {
  RoutedSessions sessions;
  ask(sessions.application, {"ACL", "SETUSER", "ada", "on", ">secret", "~*", "+@all"});
  plan::Plan plan = plan_of_sessions("unix://ada:secret@" + sessions.server.socket_path());
  Stores stores = value_of(Stores::find(plan, sessions.folder.path(), {}));
  const auto router = open_router(plan, stores, sessions.folder.path());
  const auto refused = router->write(sessions.moved(), sessions.runner, kNow);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Permanent);
  CHECK(refused.error().message.find("may not use a channel") != std::string::npos);
  CHECK(refused.error().help.find("&<name of the router>") != std::string::npos);
  CHECK(ask(sessions.application, {"EXISTS", kKey}) == "0");
}
