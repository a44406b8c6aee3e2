#include "runtime/gates/metric_sources.hpp"

#include <cassert>
#include <fstream>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/plan/overloaded.hpp"
#include "runtime/data/iso_time.hpp"
#include "runtime/stores/open_rows.hpp"
#include "runtime/stores/store_letters.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {
namespace {

// The newest line of a metrics file is within its last bytes.
constexpr std::streamoff kTail = 65'536;

Sample source_error(std::string why) {
  return Sample{Taken::SourceError, 0, std::move(why)};
}
Sample no_data(std::string why) {
  return Sample{Taken::NoData, 0, std::move(why)};
}
// REQUIRES: never called. No run is started with such a source (compiler/plan/carried_out.hpp).
Sample unread() {
  assert(false && "no run has a source that this version cannot read");
  return source_error("this version cannot read it");
}
Sample value(std::int64_t number) {
  return Sample{Taken::Value, number, {}};
}

// The first column of the first row of a query, which reads only.
Sample query(World& world, plan::StoreId store, const std::string& sql) {
  auto database = world.stores.reader(store);
  if (!database) return source_error(database.error().message);
  auto statement = (*database)->prepare(sql);
  if (!statement) return source_error(statement.error().message);
  auto row = statement->step();
  if (!row) return source_error(row.error().message);
  if (!*row || statement->storage_class(0) == StorageClass::Null)
    return no_data("the query gave nothing");
  if (statement->storage_class(0) != StorageClass::Integer)
    return source_error("the query gave no integer");
  return value(statement->integer(0));
}

Sample rows_in(World& world, plan::DatasetId id) {
  const plan::Dataset& dataset = world.plan.at(id);
  if (dataset.keys) {
    const auto reader = open_rows(world.stores, world.plan, id);
    if (!reader) return source_error(reader.error().message);
    const auto count = reader->count();
    return count ? value(*count) : source_error(count.error().message);
  }
  const auto table = quote_identifier(dataset.table);
  if (!table) return source_error(table.error().message);
  return query(world, dataset.store, fmt::format("SELECT count(*) FROM {}", *table));
}

// Dead letters stand in the store of the side that should have had the row, under the dataset it
// came from: on the way back one of the new side.
Sample rejects_of(World& world, plan::DatasetId dataset) {
  const plan::Sides& sides = sides_with(world.plan, dataset);
  std::vector<plan::DatasetId> sources = sides.to;
  sources.push_back(sides.from);
  std::int64_t open = 0;
  for (const plan::StoreId store : files_of(world.stores)) {
    if (!world.stores.exists(store)) continue;
    auto opened = world.stores.reading(store);
    if (!opened) return source_error(opened.error().message);
    for (const plan::DatasetId source : sources) {
      const auto some =
          count_dead_letters(*opened, world.authority.run, world.plan.at(source).name);
      if (!some) return source_error(some.error().message);
      open += *some;
    }
  }
  return value(open);
}

// The last whole line of a file that holds the metric.
std::optional<nlohmann::json> newest_line(std::ifstream& in, const std::string& metric) {
  in.seekg(0, std::ios::end);
  const std::streamoff size = in.tellg();
  const std::streamoff from = std::max<std::streamoff>(0, size - kTail);
  in.seekg(from);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  std::size_t end = text.rfind('\n');  // a line without its end is being written
  while (end != std::string::npos && end > 0) {
    const std::size_t before = text.rfind('\n', end - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    auto json = nlohmann::json::parse(text.substr(begin, end - begin), nullptr, false);
    const bool fits = json.is_object() && (!json.contains("metric") || json["metric"] == metric);
    if (fits) return json;
    end = before;
  }
  return std::nullopt;
}

Sample from_file(World& world, const plan::Metric& metric, const plan::FileSource& source,
                 Instant oldest) {
  const auto path = world.folder / source.path;
  std::ifstream in(path, std::ios::binary);
  if (!in) return source_error(fmt::format("{} cannot be read", source.path));
  const auto line = newest_line(in, metric.name);
  if (!line) return no_data(fmt::format("{} has no line for it", source.path));
  const auto number = line->find("value");
  const auto at = line->find("at");
  const bool is_whole =
      number != line->end() && number->is_number_integer() && at != line->end() && at->is_string();
  if (!is_whole)
    return source_error(
        fmt::format("a line of {} lacks an integer `value` or an `at`", source.path));
  const auto taken = parse_timestamp(at->get<std::string>());
  if (!taken)
    return source_error(fmt::format("a line of {} has an `at` that is no time", source.path));
  if (Instant(std::chrono::microseconds(*taken)) < oldest) {
    return source_error(fmt::format("the newest reading is of {}", at->get<std::string>()));
  }
  return value(number->get<std::int64_t>());
}

}  // namespace

bool is_drift(const plan::Reading& reading) {
  const auto* data = std::get_if<plan::DatasetReading>(&reading);
  return data != nullptr && data->metric == plan::MetricKind::Drift;
}

plan::Unit unit_of(const plan::Plan& plan, const plan::Reading& reading) {
  return std::visit(plan::Overloaded{
                        [](const plan::ArmReading& arm) { return plan::unit_of(arm.metric); },
                        [](const plan::DatasetReading& data) { return plan::unit_of(data.metric); },
                        [&](const plan::DeclaredReading& own) { return plan.at(own.metric).unit; },
                        [](const plan::StoreReading& store) { return plan::unit_of(store.metric); },
                    },
                    reading);
}

Sample take_reading(const plan::Reading& reading, World& world, Instant oldest) {
  assert(!is_drift(reading));
  return std::visit(
      plan::Overloaded{
          // A file router sees no requests: whatever is asked of an arm, nobody has counted it.
          [](const plan::ArmReading&) { return no_data("nothing reports on this arm"); },
          [](const plan::StoreReading&) { return no_data("nothing reports on this store"); },
          [&](const plan::DatasetReading& data) {
            if (data.metric == plan::MetricKind::RowsIn) return rows_in(world, data.dataset);
            if (data.metric == plan::MetricKind::Rejects) return rejects_of(world, data.dataset);
            return no_data("nothing reports on this dataset");
          },
          [&](const plan::DeclaredReading& own) {
            const plan::Metric& metric = world.plan.at(own.metric);
            return std::visit(plan::Overloaded{
                                  [&](const plan::SqlSource& source) {
                                    return query(world, source.store, source.query);
                                  },
                                  [&](const plan::FileSource& source) {
                                    return from_file(world, metric, source, oldest);
                                  },
                                  [](const plan::PrometheusSource&) { return unread(); },
                                  [](const plan::HttpJsonSource&) { return unread(); },
                                  [](const plan::CommandSource&) { return unread(); },
                              },
                              metric.source);
          },
      },
      reading);
}

}  // namespace mig::runtime
