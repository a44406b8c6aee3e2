// How fast rows are written into Redis and read from it, beside what the server can do at all.
//   mig_redis_bench [ROWS] [ROWS A PAGE]
// Rows are hashes of eight fields, 250 a page unless told. Written: by plain commands; by commands
// in a transaction that watched and asked for each key; by a script that asks and writes; and by
// the writer, from typed columns, inside an effect. Read: typed.
#include <chrono>
#include <cstdlib>
#include <numeric>

#include <fmt/format.h>

#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_rows.hpp"
#include "runtime/stores/redis_writer.hpp"
#include "tests/bench/need.hpp"
#include "tests/support/redis_server.hpp"

namespace {

using namespace mig;
using namespace mig::runtime;
using bench::need;

constexpr int kFields = 8;
const Authority kRun{"journal", "run", 1};
const std::vector<std::string> kAll = {"*"};

plan::Plan users_plan() {
  plan::Entity entity{.name = "User"};
  entity.fields.push_back(
      {.name = "id", .column = "id", .type = plan::Type::of(plan::Base::I64), .key = true});
  for (int i = 0; i < kFields; ++i) {
    const std::string name = fmt::format("field{}", i);
    entity.fields.push_back({.name = name, .column = name, .type = plan::Type::text()});
  }
  plan::Plan plan;
  plan.stores = {{.name = "cache", .kind = plan::StoreKind::Redis}};
  plan.entities = {entity};
  plan.datasets = {{.name = "users",
                    .entity = {0},
                    .store = {0},
                    .keys = plan::Keyspace{"user:{id}", plan::Codec::Hash, {}}}};
  return plan;
}

struct Bench {
  Bench(std::int64_t count, std::int64_t a_page) : rows(count), page_rows(a_page) {}

  RedisConnection connect() const { return need(RedisConnection::open(server.url())); }

  // A name, and rows a second, of work that is done page by page.
  void measure(const char* name, const auto& page) {
    need(redis.call({"FLUSHALL"}));
    need(install_fence(redis, kAll, kRun, 1));
    const auto began = std::chrono::steady_clock::now();
    for (std::int64_t first = 0; first < rows; first += page_rows)
      page(first);
    report(name, began);
  }
  void report(const char* name, std::chrono::steady_clock::time_point began) const {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    fmt::print("{:32} {:8.0f} rows/s\n", name, static_cast<double>(rows) / took.count());
  }

  static void append_row(RedisCommands& commands, std::int64_t id) {
    commands.begin_command(2 + 2 * kFields);
    commands.add_word("HSET");
    commands.add_word(fmt::format("user:{}", id));
    for (int i = 0; i < kFields; ++i) {
      commands.add_word(fmt::format("field{}", i));
      commands.add_word(fmt::format("value {} of {}", i, id));
    }
  }

  void plain(std::int64_t first) {
    RedisCommands commands;
    for (std::int64_t id = first; id < first + page_rows; ++id)
      append_row(commands, id);
    redis.append(commands);
    need(redis.drop_pending());
  }

  void watched(std::int64_t first) {
    RedisTransaction transaction(redis);
    std::vector<std::string> keys = {control_key("fence")};
    RedisCommands commands;
    for (std::int64_t id = first; id < first + page_rows; ++id) {
      keys.push_back(fmt::format("user:{}", id));
      append_row(commands, id);
    }
    need(transaction.watch(keys));
    for (const std::string& key : keys)
      redis.append({"EXISTS", key});
    need(redis.drop_pending());
    need(transaction.commit(commands));
  }

  void scripted(std::int64_t first) {
    constexpr std::string_view kScript =
        "if redis.call('HGET', KEYS[1], '*') == false then return -1 end "
        "local at, moved = 1, 0 "
        "for i = 2, #KEYS do "
        "  if redis.call('EXISTS', KEYS[i]) == 0 then "
        "    redis.call('HSET', KEYS[i], unpack(ARGV, at, at + 15)) moved = moved + 1 "
        "  end "
        "  at = at + 16 "
        "end return moved";
    redis.begin_command(static_cast<std::size_t>(4 + page_rows + page_rows * 2 * kFields));
    redis.add_word("EVAL");
    redis.add_word(kScript);
    redis.add_word(std::to_string(1 + page_rows));
    redis.add_word(control_key("fence"));
    for (std::int64_t id = first; id < first + page_rows; ++id)
      redis.add_word(fmt::format("user:{}", id));
    for (std::int64_t id = first; id < first + page_rows; ++id) {
      for (int i = 0; i < kFields; ++i) {
        redis.add_word(fmt::format("field{}", i));
        redis.add_word(fmt::format("value {} of {}", i, id));
      }
    }
    need(redis.value());
  }

  void typed(std::int64_t first, Batch& batch) {
    batch.clear();
    for (std::int64_t id = first; id < first + page_rows; ++id, ++batch.rows) {
      batch.columns[0].append_integer(id);
      for (int i = 0; i < kFields; ++i) {
        batch.columns[static_cast<std::size_t>(i) + 1].append_bytes(
            fmt::format("value {} of {}", i, id));
      }
    }
    std::vector<std::uint32_t> selected(batch.rows);
    std::iota(selected.begin(), selected.end(), 0U);
    RedisEffect effect = need(RedisEffect::begin(redis, kAll, kRun, "scan#1"));
    RedisWriter writer = need(RedisWriter::open(effect, plan, {0}, WriteRule::Keep));
    std::vector<RowFate> fates;
    need(writer.write(batch, selected, {}, fates));
    need(effect.commit({}));
  }

  void read_typed() {
    RedisRows reader =
        need(RedisRows::open(redis, plan, {0}, std::filesystem::temp_directory_path()));
    auto began = std::chrono::steady_clock::now();
    need(reader.count());
    report("gather and sort the keys", began);
    began = std::chrono::steady_clock::now();
    Page page;
    std::string place;
    do {
      need(reader.read(place, "", static_cast<std::size_t>(page_rows), page));
      place = page.last;
    } while (!page.is_last);
    report("read typed", began);
  }

  std::int64_t rows;
  std::int64_t page_rows;
  tests::RedisServer server;
  RedisConnection redis = connect();
  plan::Plan plan = users_plan();
};

}  // namespace

int main(int count, char** arguments) {
  Bench bench(count > 1 ? std::atoll(arguments[1]) : 200'000,
              count > 2 ? std::atoll(arguments[2]) : 250);
  std::vector<plan::Type> types;
  for (const plan::Field& field : bench.plan.entities[0].fields)
    types.push_back(field.type);
  Batch batch = Batch::of(types);
  for (int round = 0; round < 3; ++round) {
    bench.measure("write by plain commands", [&](std::int64_t first) { bench.plain(first); });
    bench.measure("write, watched and asked for",
                  [&](std::int64_t first) { bench.watched(first); });
    bench.measure("write by a script", [&](std::int64_t first) { bench.scripted(first); });
    bench.measure("write typed, in an effect",
                  [&](std::int64_t first) { bench.typed(first, batch); });
    bench.read_typed();
  }
}
