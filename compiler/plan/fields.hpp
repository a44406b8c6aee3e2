// Every field of every struct of a plan, named once. Codecs and hashes walk a plan through these,
// so a field that is added here is encoded, decoded and hashed; tests compare plans field by field
// and fail when one is forgotten.
//
// A visitor is called as visit("name", field), or visit.later("name", field). Included by codec
// files only.
#pragma once

#include "compiler/plan/plan.hpp"
#include "compiler/plan/spellings.hpp"

namespace mig::plan {

#define MIG_FIELD(name) visit(#name, it.name)
// One that older plans do not have: it is written where it says something, and absent it has its
// default. A plan that lies in a journal so keeps its encoding, and with it its hash.
#define MIG_LATER_FIELD(name) visit.later(#name, it.name)

template <class Visit>
void fields(Visit& visit, Type& it) {
  MIG_FIELD(base), MIG_FIELD(optional), MIG_FIELD(length), MIG_FIELD(precision), MIG_FIELD(scale),
      MIG_FIELD(members), MIG_FIELD(element);
}
template <class Visit>
void fields(Visit& visit, Constant& it) {
  MIG_FIELD(value);
}
template <class Visit>
void fields(Visit& visit, FieldOf& it) {
  MIG_FIELD(field);
}
template <class Visit>
void fields(Visit& visit, Local& it) {
  MIG_FIELD(index);
}
template <class Visit>
void fields(Visit&, LoopElement&) {}
template <class Visit>
void fields(Visit&, LoopIndex&) {}
template <class Visit>
void fields(Visit& visit, LoopField& it) {
  MIG_FIELD(field);
}
template <class Visit>
void fields(Visit& visit, Apply& it) {
  MIG_FIELD(function), MIG_FIELD(arguments);
}
template <class Visit>
void fields(Visit& visit, Choose& it) {
  MIG_FIELD(parts);
}
template <class Visit>
void fields(Visit& visit, Join& it) {
  MIG_FIELD(parts);
}
template <class Visit>
void fields(Visit& visit, Expr& it) {
  MIG_FIELD(type), MIG_FIELD(node);
}
template <class Visit>
void fields(Visit& visit, RowRate& it) {
  MIG_FIELD(rows), MIG_FIELD(per);
}
template <class Visit>
void fields(Visit& visit, ByteRate& it) {
  MIG_FIELD(bytes);
}
template <class Visit>
void fields(Visit& visit, Quantity& it) {
  MIG_FIELD(unit), MIG_FIELD(value);
}
template <class Visit>
void fields(Visit& visit, Location& it) {
  MIG_FIELD(text), MIG_FIELD(secret);
}
template <class Visit>
void fields(Visit& visit, Store& it) {
  MIG_FIELD(name), MIG_FIELD(kind), MIG_FIELD(location), MIG_FIELD(busy_timeout),
      MIG_LATER_FIELD(lock_timeout), MIG_LATER_FIELD(caches), MIG_LATER_FIELD(max_memory),
      MIG_LATER_FIELD(max_changelog), MIG_LATER_FIELD(expect), MIG_LATER_FIELD(changes);
}
template <class Visit>
void fields(Visit& visit, Router& it) {
  MIG_FIELD(name), MIG_FIELD(kind), MIG_FIELD(path), MIG_LATER_FIELD(store), MIG_LATER_FIELD(table),
      MIG_LATER_FIELD(attributes), MIG_LATER_FIELD(listen), MIG_LATER_FIELD(location),
      MIG_LATER_FIELD(expect);
}
template <class Visit>
void fields(Visit& visit, Service& it) {
  MIG_FIELD(name), MIG_FIELD(location);
}
template <class Visit>
void fields(Visit& visit, RequestRoute& it) {
  MIG_FIELD(method), MIG_FIELD(path), MIG_LATER_FIELD(idempotent), MIG_LATER_FIELD(idempotency_key);
}
template <class Visit>
void fields(Visit& visit, Keyspace& it) {
  MIG_FIELD(pattern), MIG_FIELD(codec), MIG_FIELD(ttl);
}
template <class Visit>
void fields(Visit& visit, Reference& it) {
  MIG_FIELD(entity), MIG_FIELD(field);
}
template <class Visit>
void fields(Visit& visit, Field& it) {
  MIG_FIELD(name), MIG_FIELD(column), MIG_FIELD(type), MIG_FIELD(key), MIG_FIELD(generated),
      MIG_FIELD(version), MIG_FIELD(fallback), MIG_FIELD(references);
}
template <class Visit>
void fields(Visit& visit, Rule& it) {
  MIG_FIELD(condition), MIG_FIELD(message);
}
template <class Visit>
void fields(Visit& visit, Entity& it) {
  MIG_FIELD(name), MIG_FIELD(fields), MIG_FIELD(rules);
}
template <class Visit>
void fields(Visit& visit, Canonical& it) {
  MIG_FIELD(field), MIG_FIELD(form);
}
template <class Visit>
void fields(Visit& visit, Dataset& it) {
  MIG_FIELD(name), MIG_FIELD(entity), MIG_FIELD(store), MIG_FIELD(table), MIG_FIELD(canonical),
      MIG_LATER_FIELD(keys);
}
template <class Visit>
void fields(Visit& visit, Emit& it) {
  MIG_FIELD(entity), MIG_FIELD(when), MIG_FIELD(each), MIG_FIELD(shared), MIG_FIELD(values);
}
template <class Visit>
void fields(Visit& visit, Companion& it) {
  MIG_FIELD(entity), MIG_FIELD(is_list), MIG_FIELD(by);
}
template <class Visit>
void fields(Visit& visit, Transform& it) {
  MIG_FIELD(name), MIG_FIELD(input), MIG_LATER_FIELD(companions), MIG_FIELD(lets), MIG_FIELD(emits);
}
template <class Visit>
void fields(Visit& visit, SqlSource& it) {
  MIG_FIELD(store), MIG_FIELD(query);
}
template <class Visit>
void fields(Visit& visit, FileSource& it) {
  MIG_FIELD(path);
}
template <class Visit>
void fields(Visit& visit, PrometheusSource& it) {
  MIG_FIELD(service), MIG_FIELD(query);
}
template <class Visit>
void fields(Visit& visit, HttpJsonSource& it) {
  MIG_FIELD(service), MIG_FIELD(path), MIG_FIELD(pick);
}
template <class Visit>
void fields(Visit& visit, CommandSource& it) {
  MIG_FIELD(run);
}
template <class Visit>
void fields(Visit& visit, Metric& it) {
  MIG_FIELD(name), MIG_FIELD(unit), MIG_FIELD(source);
}
template <class Visit>
void fields(Visit& visit, ArmReading& it) {
  MIG_FIELD(metric), MIG_FIELD(arm), MIG_LATER_FIELD(of), MIG_LATER_FIELD(baseline);
}
template <class Visit>
void fields(Visit& visit, DatasetReading& it) {
  MIG_FIELD(metric), MIG_FIELD(dataset);
}
template <class Visit>
void fields(Visit& visit, StoreReading& it) {
  MIG_FIELD(metric), MIG_FIELD(store);
}
template <class Visit>
void fields(Visit& visit, DeclaredReading& it) {
  MIG_FIELD(metric);
}
template <class Visit>
void fields(Visit& visit, Measured& it) {
  MIG_FIELD(of), MIG_FIELD(times), MIG_FIELD(plus);
}
template <class Visit>
void fields(Visit& visit, Clause& it) {
  MIG_FIELD(reading), MIG_FIELD(compare), MIG_FIELD(limit), MIG_FIELD(text),
      MIG_LATER_FIELD(measured);
}
template <class Visit>
void fields(Visit& visit, Absence& it) {
  MIG_FIELD(then), MIG_FIELD(after);
}
template <class Visit>
void fields(Visit& visit, Gate& it) {
  MIG_FIELD(name), MIG_FIELD(clauses), MIG_FIELD(every), MIG_FIELD(window), MIG_FIELD(warmup),
      MIG_FIELD(no_data), MIG_FIELD(source_error);
}
template <class Visit>
void fields(Visit& visit, Create& it) {
  MIG_FIELD(datasets);
}
template <class Visit>
void fields(Visit& visit, AddField& it) {
  MIG_FIELD(dataset), MIG_FIELD(field), MIG_FIELD(fill);
}
template <class Visit>
void fields(Visit& visit, AddIndex& it) {
  MIG_FIELD(dataset), MIG_FIELD(fields), MIG_FIELD(unique), MIG_LATER_FIELD(concurrently);
}
template <class Visit>
void fields(Visit& visit, DropField& it) {
  MIG_FIELD(dataset), MIG_FIELD(field);
}
template <class Visit>
void fields(Visit& visit, Drop& it) {
  MIG_FIELD(datasets), MIG_LATER_FIELD(after_idle), MIG_LATER_FIELD(without_backup);
}
template <class Visit>
void fields(Visit& visit, Purge& it) {
  MIG_FIELD(datasets);
}
template <class Visit>
void fields(Visit& visit, Backup& it) {
  MIG_FIELD(datasets), MIG_FIELD(to), MIG_FIELD(keep);
}
template <class Visit>
void fields(Visit& visit, Sql& it) {
  MIG_FIELD(store), MIG_FIELD(text), MIG_FIELD(undo), MIG_FIELD(idempotent);
}
template <class Visit>
void fields(Visit& visit, Pace& it) {
  MIG_FIELD(kind), MIG_FIELD(rate), MIG_LATER_FIELD(bytes);
}
template <class Visit>
void fields(Visit& visit, Rejects& it) {
  MIG_FIELD(quarantine), MIG_FIELD(most), MIG_FIELD(owner);
}
template <class Visit>
void fields(Visit& visit, MergedField& it) {
  MIG_FIELD(dataset), MIG_FIELD(field);
}
template <class Visit>
void fields(Visit& visit, Copy& it) {
  MIG_FIELD(kind), MIG_FIELD(chunk), MIG_FIELD(pace), MIG_FIELD(on_conflict), MIG_FIELD(rejects),
      MIG_LATER_FIELD(max_lag), MIG_LATER_FIELD(max_active), MIG_LATER_FIELD(merged);
}
template <class Visit>
void fields(Visit& visit, Verify& it) {
  MIG_FIELD(sample), MIG_FIELD(repair), MIG_FIELD(most_deletes);
}
template <class Visit>
void fields(Visit& visit, RouteWrites& it) {
  MIG_FIELD(to), MIG_FIELD(max_downtime), MIG_LATER_FIELD(mirror), MIG_LATER_FIELD(max_lag),
      MIG_LATER_FIELD(max_pause), MIG_LATER_FIELD(on_mirror_error), MIG_LATER_FIELD(ack),
      MIG_LATER_FIELD(share), MIG_LATER_FIELD(by), MIG_LATER_FIELD(by_request);
}
template <class Visit>
void fields(Visit&, Rehearse&) {}
template <class Visit>
void fields(Visit& visit, Leave& it) {
  MIG_FIELD(what), MIG_FIELD(reason);
}
template <class Visit>
void fields(Visit& visit, AttributeIn& it) {
  MIG_FIELD(attribute), MIG_FIELD(values);
}
template <class Visit>
void fields(Visit& visit, RouteReads& it) {
  MIG_FIELD(to), MIG_LATER_FIELD(share), MIG_LATER_FIELD(by), MIG_LATER_FIELD(where),
      MIG_LATER_FIELD(stale_ok), MIG_LATER_FIELD(fallback), MIG_LATER_FIELD(by_request),
      MIG_LATER_FIELD(through);
}
template <class Visit>
void fields(Visit& visit, Shadow& it) {
  MIG_FIELD(share), MIG_FIELD(ignore), MIG_FIELD(unordered);
}
template <class Visit>
void fields(Visit& visit, Parity& it) {
  MIG_FIELD(suite);
}
template <class Visit>
void fields(Visit& visit, Freeze& it) {
  MIG_FIELD(contract);
}
template <class Visit>
void fields(Visit& visit, Capture& it) {
  MIG_FIELD(baseline);
}
template <class Visit>
void fields(Visit& visit, Hold& it) {
  MIG_FIELD(length), MIG_FIELD(gates), MIG_FIELD(required), MIG_LATER_FIELD(because);
}
template <class Visit>
void fields(Visit& visit, Approve& it) {
  MIG_FIELD(who), MIG_FIELD(within), MIG_LATER_FIELD(by_author);
}
template <class Visit>
void fields(Visit& visit, Accept& it) {
  MIG_FIELD(reason), MIG_FIELD(max_downtime), MIG_LATER_FIELD(risk);
}
template <class Visit>
void fields(Visit& visit, PointOfNoReturn& it) {
  MIG_FIELD(reason);
}
template <class Visit>
void fields(Visit& visit, Place& it) {
  MIG_FIELD(file), MIG_FIELD(line), MIG_FIELD(column);
}
template <class Visit>
void fields(Visit& visit, Parameter& it) {
  MIG_FIELD(name), MIG_FIELD(type), MIG_FIELD(value), MIG_FIELD(from);
}
template <class Visit>
void fields(Visit& visit, Retry& it) {
  MIG_FIELD(times), MIG_FIELD(forever), MIG_FIELD(first_wait), MIG_FIELD(longest_wait);
}
template <class Visit>
void fields(Visit& visit, OnFail& it) {
  MIG_FIELD(retry), MIG_FIELD(then), MIG_FIELD(to);
}
template <class Visit>
void fields(Visit& visit, Step& it) {
  MIG_FIELD(name), MIG_FIELD(phase), MIG_FIELD(place), MIG_FIELD(needs), MIG_FIELD(action),
      MIG_FIELD(on_fail), MIG_FIELD(semantics), MIG_LATER_FIELD(limit);
}
template <class Visit>
void fields(Visit& visit, Weekly& it) {
  MIG_FIELD(first_day), MIG_FIELD(last_day), MIG_FIELD(opens), MIG_FIELD(closes);
}
template <class Visit>
void fields(Visit& visit, Once& it) {
  MIG_FIELD(opens), MIG_FIELD(closes);
}
template <class Visit>
void fields(Visit& visit, Window& it) {
  MIG_FIELD(weekly), MIG_FIELD(once), MIG_FIELD(zone), MIG_FIELD(reserve), MIG_FIELD(at_end);
}
template <class Visit>
void fields(Visit& visit, Phase& it) {
  MIG_FIELD(name), MIG_FIELD(about), MIG_FIELD(place), MIG_FIELD(after), MIG_FIELD(steps),
      MIG_LATER_FIELD(window), MIG_LATER_FIELD(resource);
}
template <class Visit>
void fields(Visit& visit, Resource& it) {
  MIG_FIELD(name), MIG_FIELD(about), MIG_FIELD(place), MIG_FIELD(from), MIG_FIELD(to),
      MIG_FIELD(through), MIG_FIELD(via), MIG_FIELD(back), MIG_LATER_FIELD(old_service),
      MIG_LATER_FIELD(new_service), MIG_LATER_FIELD(nothing_moves), MIG_LATER_FIELD(requests);
}
template <class Visit>
void fields(Visit& visit, Plan& it) {
  MIG_FIELD(edition), MIG_FIELD(name), MIG_FIELD(about), MIG_FIELD(env), MIG_FIELD(parameters),
      MIG_FIELD(stores), MIG_FIELD(routers), MIG_FIELD(entities), MIG_FIELD(datasets),
      MIG_FIELD(transforms), MIG_FIELD(metrics), MIG_FIELD(gates), MIG_FIELD(from), MIG_FIELD(to),
      MIG_FIELD(through), MIG_FIELD(via), MIG_LATER_FIELD(back), MIG_FIELD(phases),
      MIG_FIELD(steps), MIG_LATER_FIELD(resources), MIG_LATER_FIELD(services),
      MIG_LATER_FIELD(old_service), MIG_LATER_FIELD(new_service), MIG_LATER_FIELD(nothing_moves),
      MIG_LATER_FIELD(rollback_within);
}

#undef MIG_FIELD
#undef MIG_LATER_FIELD

}  // namespace mig::plan
