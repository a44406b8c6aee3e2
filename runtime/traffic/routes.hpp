// The routing document as data: who answers reads and who takes writes, for every request of an
// application.
//
// Routers carry it in a file, a table or a key of Redis; its JSON is specified in
// runtime/traffic/FORMAT.md for those who write clients. Plain values.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/clock.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

struct ReadRoute {
  plan::Ratio share;  // of the keys, to the new side
  std::vector<plan::AttributeIn> where;
  Duration stale_ok = Duration::zero();
  std::vector<plan::ReadFailure> fallback;  // to the old side
  bool operator==(const ReadRoute&) const = default;
};

struct WriteRoute {
  plan::Side authority = plan::Side::Old;  // None: nobody takes writes for now
  std::optional<plan::Side> mirror;        // the other side, while it gets the writes as well
  std::optional<plan::WriteMode> mode;     // how; with a mirror
  // Of the keys, to `authority`; the two sides are exchanged for the rest. Less than all of them
  // only while the authority is New.
  plan::Ratio share = plan::Ratio::percent(100);
  bool operator==(const WriteRoute&) const = default;
};

struct Routes {
  std::vector<std::string> by;  // names of the fields that make up the hashed key
  ReadRoute reads;
  WriteRoute writes;
  std::optional<Instant> fresh_until;  // when it has passed, reads go to the authority
  std::int64_t version = 0;            // grows with every change; 0: there is no document
  std::string run;                     // who wrote it
  std::int64_t epoch = 0;
  std::string created_by;  // the run that found no document
  Instant changed_at;

  // An answer may come from a side that mig keeps current, so it is good for a while only.
  bool needs_freshness() const;
  bool is_all_old() const { return reads == ReadRoute() && writes == WriteRoute(); }
};

// What a router belongs to: its document names it, and the hash of its keys is salted with it.
struct RouterName {
  std::string plan;
  std::string router;
  bool operator==(const RouterName&) const = default;
};

// Of a plan or a view of it: a resource has a document of its own. REQUIRES: plan.through.
RouterName router_name(const plan::Plan& plan);
// Before anything moves. REQUIRES: plan.through.
Routes initial_routes(const plan::Plan& plan);
// What a step of the plan asks for.
ReadRoute read_route(const plan::RouteReads& action);

std::string encode(const Routes& routes, const RouterName& name);
// Reads formats 1 and 2; `initial` gives what format 1 does not say. Nothing where the text is no
// routing document.
std::optional<Routes> decode_routes(std::string_view text, const Routes& initial);

// The document that follows `present`; nothing where it says all of `wanted` already. Conflict when
// a newer epoch of the same run wrote it.
Result<std::optional<Routes>> next_routes(const Routes& present, Routes wanted,
                                          const Authority& authority, Instant now);
// True where the run made this document and everything is back where it was.
bool is_spent(const Routes& routes, const Authority& authority);

}  // namespace mig::runtime
