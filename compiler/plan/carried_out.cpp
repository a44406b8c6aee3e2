#include "compiler/plan/carried_out.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/plan/overloaded.hpp"

namespace mig::plan {
namespace {

// The newest meaning of a verb that this version knows; all of them have one.
constexpr std::uint16_t kNewestSemantics = 1;

class Collector {
 public:
  explicit Collector(const Plan& plan) : plan_(plan) {}

  std::vector<NotCarriedOut> collect() {
    for (const Store& store : plan_.stores) {
      if (!is_opened(store.kind))
        add(fmt::format("it opens no store of kind {}", plan::name(store.kind)), store.name);
    }
    for (const Router& router : plan_.routers) {
      if (!is_opened(router.kind))
        add(fmt::format("it opens no router of kind {}", plan::name(router.kind)), router.name);
    }
    for (const Metric& metric : plan_.metrics)
      look_at(metric);
    if (plan_.are_services()) add("it moves no requests of services", plan_.name);
    for (const Resource& resource : plan_.resources) {
      if (resource.are_services()) add("it moves no requests of services", resource.name);
    }
    for (const Step& step : plan_.steps)
      look_at(step);
    return std::move(found_);
  }

 private:
  void add(std::string what, const std::string& asked) {
    const auto same = std::ranges::find(found_, what, &NotCarriedOut::what);
    if (same == found_.end()) {
      found_.push_back({std::move(what), {asked}});
    } else {
      same->asked.push_back(asked);
    }
  }

  void look_at(const Metric& metric) {
    const auto no_source = [&](std::string_view source) {
      add(fmt::format("it reads no {}", source), metric.name);
    };
    std::visit(Overloaded{
                   [](const SqlSource&) {},
                   [](const FileSource&) {},
                   [&](const PrometheusSource& it) { no_source(it.kName); },
                   [&](const HttpJsonSource& it) { no_source(it.kName); },
                   [&](const CommandSource& it) { no_source(it.kName); },
               },
               metric.source);
  }

  void look_at(const Step& step) {
    if (step.semantics > kNewestSemantics) {
      add(fmt::format("it knows an older meaning of `{}`", plan::name(step.action)), step.name);
      return;
    }
    std::visit(
        Overloaded{
            [](const Create&) {},
            [](const AddField&) {},
            [](const AddIndex&) {},
            [](const DropField&) {},
            [&](const Drop& it) {
              if (it.after_idle)
                add("it does not see whether anybody still uses a dataset (`after_idle`)",
                    step.name);
              const std::size_t keyed = in_redis(it.datasets);
              if (keyed > 0 && keyed < it.datasets.size())
                add("it drops tables and keys in steps of their own", step.name);
            },
            [](const Purge&) {},
            [](const Backup&) {},
            [](const Sql&) {},
            [](const Copy&) {},
            [](const Verify&) {},
            [&](const RouteWrites& it) { look_at(it, step.name); },
            [&](const RouteReads& it) { look_at(it, step.name); },
            [](const Rehearse&) {},
            [](const Hold&) {},
            [](const Approve&) {},
            [](const Accept&) {},
            [](const Leave&) {},
            [](const PointOfNoReturn&) {},
            [&](const Shadow&) { add("it does not compare answers (`shadow`)", step.name); },
            [&](const Parity&) { add("it does not send recorded requests (`parity`)", step.name); },
            [&](const Freeze&) { add("it does not watch contracts (`freeze`)", step.name); },
            [&](const Capture&) { add("it does not keep baselines (`capture`)", step.name); },
        },
        step.action);
  }

  void look_at(const RouteWrites& it, const std::string& step) {
    if (it.mirror == WriteMode::Transaction && step_sides_are_in_postgres(step))
      add("its triggers carry rows over in files only (`mode = transaction`)", step);
    if (it.mirror == WriteMode::Sync)
      add("no router of it writes both sides (`mode = sync`)", step);
    if (it.share) add("it moves all writes at once, and no share of them", step);
    if (it.ack == Ack::Both || it.ack == Ack::Applied)
      add("no router of it waits for the other side (`ack`)", step);
  }

  void look_at(const RouteReads& it, const std::string& step) {
    if (it.through) add("no router of it copies forward what it misses (`reads through`)", step);
    if (std::ranges::find(it.fallback, ReadFailure::Miss) != it.fallback.end())
      add("no router of it knows how far the copy is (`fallback … miss`)", step);
  }

  // How many of them.
  std::size_t in_redis(const std::vector<DatasetId>& datasets) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        datasets, [&](DatasetId id) { return plan_.at(id).keys.has_value(); }));
  }
  bool is_postgres(DatasetId dataset) const {
    return plan_.at(plan_.at(dataset).store).kind == StoreKind::Postgres;
  }
  bool step_sides_are_in_postgres(const std::string& step) const {
    const auto found = std::ranges::find(plan_.steps, step, &Step::name);
    const auto resource =
        plan_.resource_of(StepId{static_cast<std::uint32_t>(found - plan_.steps.begin())});
    return is_postgres(resource ? plan_.at(*resource).from : plan_.from);
  }

  const Plan& plan_;
  std::vector<NotCarriedOut> found_;
};

}  // namespace

std::vector<NotCarriedOut> not_carried_out(const Plan& plan) {
  return Collector(plan).collect();
}

std::string print(const NotCarriedOut& one) {
  return fmt::format("{}: {}", one.what, fmt::join(one.asked, ", "));
}

}  // namespace mig::plan
