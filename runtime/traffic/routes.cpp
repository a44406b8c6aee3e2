#include "runtime/traffic/routes.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/plan/routing.hpp"
#include "runtime/data/iso_time.hpp"
#include "runtime/traffic/sticky_hash.hpp"

namespace mig::runtime {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "mig.routes/2";
constexpr std::string_view kFormerFormat = "mig.routes/1";

// Spellings in the order of the enumerators.
constexpr std::array<std::string_view, 3> kSides = {"old", "new", "none"};
constexpr std::array<std::string_view, 4> kModes = {"sync", "follow", "transaction", "app"};
constexpr std::array<std::string_view, 2> kFailures = {"error", "timeout"};

template <class Enum, std::size_t Size>
std::string spelling(const std::array<std::string_view, Size>& spellings, Enum value) {
  return std::string(spellings.at(static_cast<std::size_t>(value)));
}

// Takes a document apart; `is_whole` says in the end whether everything was there.
class Reader {
 public:
  bool is_whole() const { return is_whole_; }

  const Json& object(const Json& json, const char* key) {
    return wanted(json, key, &Json::is_object);
  }
  const Json& array(const Json& json, const char* key) {
    return wanted(json, key, &Json::is_array);
  }
  std::string text(const Json& json, const char* key) {
    const Json& value = wanted(json, key, &Json::is_string);
    return is_whole_ ? value.get<std::string>() : std::string();
  }
  std::vector<std::string> texts(const Json& json, const char* key) {
    std::vector<std::string> values;
    for (const Json& value : array(json, key)) {
      is_whole_ = is_whole_ && value.is_string();
      if (is_whole_) values.push_back(value.get<std::string>());
    }
    return values;
  }
  std::int64_t integer(const Json& json, const char* key, std::int64_t most = INT64_MAX) {
    const Json& value = wanted(json, key, &Json::is_number_integer);
    const std::int64_t number = is_whole_ ? value.get<std::int64_t>() : 0;
    is_whole_ = is_whole_ && number >= 0 && number <= most;
    return is_whole_ ? number : 0;
  }
  plan::Ratio ratio(const Json& json, const char* key) {
    const auto parts = plan::Ratio::from_parts(integer(json, key, plan::Ratio::kWhole));
    assert(parts.has_value());  // `integer` keeps to the limits
    return *parts;
  }
  Instant instant(const Json& json, const char* key) {
    const auto micros = parse_timestamp(text(json, key));
    is_whole_ = is_whole_ && micros.has_value();
    return Instant(std::chrono::microseconds(micros.value_or(0)));
  }
  bool is_null(const Json& json, const char* key) {
    return json.contains(key) && json.at(key).is_null();
  }
  template <class Enum, std::size_t Size>
  Enum word(const std::array<std::string_view, Size>& spellings, const std::string& word) {
    const auto found = std::ranges::find(spellings, word);
    is_whole_ = is_whole_ && found != spellings.end();
    return is_whole_ ? static_cast<Enum>(found - spellings.begin()) : Enum{};
  }

 private:
  const Json& wanted(const Json& json, const char* key, bool (Json::*is_wanted)() const noexcept) {
    static const Json kNothing = Json::object();
    const auto found = json.is_object() ? json.find(key) : json.end();
    is_whole_ = is_whole_ && found != json.end() && ((*found).*is_wanted)();
    return is_whole_ ? *found : kNothing;
  }

  bool is_whole_ = true;
};

Json json_of(const ReadRoute& reads) {
  Json json;
  json["share"] = reads.share.parts();
  json["control"] = control_of(reads.share).parts();
  json["where"] = Json::array();
  for (const plan::AttributeIn& one : reads.where)
    json["where"].push_back(Json{{"attribute", one.attribute}, {"in", one.values}});
  json["stale_ok_us"] =
      std::chrono::duration_cast<std::chrono::microseconds>(reads.stale_ok).count();
  json["fallback"] = Json::array();
  for (const plan::ReadFailure failure : reads.fallback)
    json["fallback"].push_back(spelling(kFailures, failure));
  return json;
}

Json json_of(const WriteRoute& writes) {
  Json json;
  json["authority"] = spelling(kSides, writes.authority);
  json["mirror"] = writes.mirror ? Json(spelling(kSides, *writes.mirror)) : Json();
  json["mode"] = writes.mode ? Json(spelling(kModes, *writes.mode)) : Json();
  json["share"] = writes.share.parts();
  return json;
}

ReadRoute read_route(Reader& reader, const Json& json) {
  ReadRoute reads{.share = reader.ratio(json, "share")};
  for (const Json& one : reader.array(json, "where"))
    reads.where.push_back({reader.text(one, "attribute"), reader.texts(one, "in")});
  reads.stale_ok = std::chrono::microseconds(reader.integer(json, "stale_ok_us", INT64_MAX / 1000));
  for (const std::string& failure : reader.texts(json, "fallback"))
    reads.fallback.push_back(reader.word<plan::ReadFailure>(kFailures, failure));
  return reads;
}

WriteRoute write_route(Reader& reader, const Json& json) {
  WriteRoute writes{
      .authority = reader.word<plan::Side>(kSides, reader.text(json, "authority")),
      .share = reader.ratio(json, "share"),
  };
  if (!reader.is_null(json, "mirror"))
    writes.mirror = reader.word<plan::Side>(kSides, reader.text(json, "mirror"));
  if (!reader.is_null(json, "mode"))
    writes.mode = reader.word<plan::WriteMode>(kModes, reader.text(json, "mode"));
  return writes;
}

// Format 1 knew whole sides only: "reads": "new", "writes": "none".
Routes former_routes(Reader& reader, const Json& json, const Routes& initial) {
  Routes routes = initial;
  const auto reads = reader.word<plan::Side>(kSides, reader.text(json, "reads"));
  routes.reads.share = plan::Ratio::percent(reads == plan::Side::New ? 100 : 0);
  routes.writes.authority = reader.word<plan::Side>(kSides, reader.text(json, "writes"));
  return routes;
}

Routes present_routes(Reader& reader, const Json& json) {
  Routes routes;
  routes.by = reader.texts(reader.object(json, "key"), "by");
  routes.reads = read_route(reader, reader.object(json, "reads"));
  routes.writes = write_route(reader, reader.object(json, "writes"));
  if (!reader.is_null(json, "fresh_until"))
    routes.fresh_until = reader.instant(json, "fresh_until");
  return routes;
}

}  // namespace

bool Routes::needs_freshness() const {
  if (writes.mode != plan::WriteMode::Follow) return false;
  return writes.mirror == plan::Side::New ? reads.share.parts() > 0 : !reads.fallback.empty();
}

RouterName router_name(const plan::Plan& plan) {
  RouterName name{.plan = plan.name, .router = plan.at(plan.through.value()).name};
  if (plan.seen_by) name.router += "." + plan.at(*plan.seen_by).name;
  return name;
}

Routes initial_routes(const plan::Plan& plan) {
  return Routes{.by = hashed_fields(plan, plan::RouteReads{})};
}

ReadRoute read_route(const plan::RouteReads& action) {
  ReadRoute route{.where = action.where, .stale_ok = action.stale_ok, .fallback = action.fallback};
  if (action.to == plan::Side::New) route.share = action.share.value_or(plan::Ratio::percent(100));
  return route;
}

std::string encode(const Routes& routes, const RouterName& name) {
  Json json;
  json["format"] = kFormat;
  json["plan"] = name.plan;
  json["router"] = name.router;
  json["version"] = routes.version;
  json["run"] = routes.run;
  json["epoch"] = routes.epoch;
  json["created_by"] = routes.created_by;
  json["changed_at"] = print(routes.changed_at);
  json["fresh_until"] = routes.fresh_until ? Json(print(*routes.fresh_until)) : Json();
  json["key"] = Json{{"salt", salt_of(name.plan, name.router)}, {"by", routes.by}};
  json["reads"] = json_of(routes.reads);
  json["writes"] = json_of(routes.writes);
  return json.dump(2) + "\n";
}

std::optional<Routes> decode_routes(std::string_view text, const Routes& initial) {
  const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  Reader reader;
  const std::string format = reader.text(json, "format");
  if (format != kFormat && format != kFormerFormat) return std::nullopt;
  Routes routes =
      format == kFormat ? present_routes(reader, json) : former_routes(reader, json, initial);
  routes.version = reader.integer(json, "version");
  routes.run = reader.text(json, "run");
  routes.epoch = reader.integer(json, "epoch");
  routes.created_by = reader.text(json, "created_by");
  routes.changed_at = reader.instant(json, "changed_at");
  if (!reader.is_whole()) return std::nullopt;
  return routes;
}

Result<std::optional<Routes>> next_routes(const Routes& present, Routes wanted,
                                          const Authority& authority, Instant now) {
  if (present.run == authority.run && present.epoch > authority.epoch) {
    return fail(ErrorKind::Conflict,
                fmt::format("epoch {} of this run has written the routes already", present.epoch));
  }
  const bool is_ours =
      present.version > 0 && present.run == authority.run && present.epoch == authority.epoch;
  const bool says_so = is_ours && present.by == wanted.by && present.reads == wanted.reads &&
                       present.writes == wanted.writes;
  if (says_so && present.fresh_until == wanted.fresh_until) return std::optional<Routes>();
  // A renewal moves nobody: clients that follow the version need not look.
  wanted.version = says_so ? present.version : present.version + 1;
  wanted.changed_at = says_so ? present.changed_at : now;
  wanted.run = authority.run;
  wanted.epoch = authority.epoch;
  wanted.created_by = present.version == 0 ? authority.run : present.created_by;
  return std::optional(std::move(wanted));
}

bool is_spent(const Routes& routes, const Authority& authority) {
  return routes.version > 0 && routes.created_by == authority.run && routes.is_all_old();
}

}  // namespace mig::runtime
