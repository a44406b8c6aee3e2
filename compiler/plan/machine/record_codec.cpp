#include "compiler/plan/machine/record_codec.hpp"

#include "compiler/plan/json_archive.hpp"
#include "compiler/plan/machine/spellings.hpp"

namespace mig::plan {

#define MIG_FIELD(name) visit(#name, it.name)

template <class Visit>
void fields(Visit& visit, Counts& it) {
  MIG_FIELD(read), MIG_FIELD(moved), MIG_FIELD(kept), MIG_FIELD(rejected), MIG_FIELD(written);
}
template <class Visit>
void fields(Visit& visit, RunCreated& it) {
  MIG_FIELD(run), MIG_FIELD(plan_name), MIG_FIELD(env), MIG_FIELD(plan_hash),
      MIG_FIELD(source_hash), MIG_FIELD(plan), MIG_FIELD(sources), MIG_FIELD(plan_folder);
}
template <class Visit>
void fields(Visit& visit, RunReady& it) {
  MIG_FIELD(identities), MIG_FIELD(review_hash);
}
template <class Visit>
void fields(Visit& visit, RunnerArrived& it) {
  MIG_FIELD(holder);
}
template <class Visit>
void fields(Visit& visit, StepStarted& it) {
  MIG_FIELD(step), MIG_FIELD(direction);
}
template <class Visit>
void fields(Visit& visit, StepProgressed& it) {
  MIG_FIELD(step), MIG_FIELD(cursor), MIG_FIELD(counts);
}
template <class Visit>
void fields(Visit& visit, StepRewound& it) {
  MIG_FIELD(step), MIG_FIELD(cursor), MIG_FIELD(counts);
}
template <class Visit>
void fields(Visit& visit, StepDone& it) {
  MIG_FIELD(step), MIG_FIELD(direction), MIG_FIELD(summary), MIG_FIELD(counts),
      visit.later("way_back", it.way_back);
}
template <class Visit>
void fields(Visit& visit, StepFailed& it) {
  MIG_FIELD(step), MIG_FIELD(direction), MIG_FIELD(kind), MIG_FIELD(message), MIG_FIELD(retry_at);
}
template <class Visit>
void fields(Visit& visit, GateJudged& it) {
  MIG_FIELD(step), MIG_FIELD(gate), MIG_FIELD(verdict), MIG_FIELD(values);
}
template <class Visit>
void fields(Visit& visit, Approved& it) {
  MIG_FIELD(step), MIG_FIELD(who), MIG_FIELD(why), MIG_FIELD(evidence), MIG_FIELD(without_data);
}
template <class Visit>
void fields(Visit& visit, RunPaused& it) {
  MIG_FIELD(reason), MIG_FIELD(detail);
}
template <class Visit>
void fields(Visit& visit, RunContinued& it) {
  MIG_FIELD(who);
}
template <class Visit>
void fields(Visit& visit, RollbackStarted& it) {
  MIG_FIELD(why), MIG_FIELD(to), visit.later("retreat", it.retreat);
}
template <class Visit>
void fields(Visit&, RollbackEnded&) {}
template <class Visit>
void fields(Visit&, RunCompleted&) {}
template <class Visit>
void fields(Visit& visit, RunAborted& it) {
  MIG_FIELD(who), MIG_FIELD(why);
}
template <class Visit>
void fields(Visit& visit, RequestAccepted& it) {
  MIG_FIELD(request), MIG_FIELD(want), MIG_FIELD(who), MIG_FIELD(why);
}
template <class Visit>
void fields(Visit& visit, RequestRefused& it) {
  MIG_FIELD(request), MIG_FIELD(want), MIG_FIELD(who), MIG_FIELD(because);
}
template <class Visit>
void fields(Visit& visit, WindowAwaited& it) {
  MIG_FIELD(phase), MIG_FIELD(until);
}
template <class Visit>
void fields(Visit& visit, ResourceRollbackStarted& it) {
  MIG_FIELD(resource), MIG_FIELD(why);
}
template <class Visit>
void fields(Visit& visit, ResourceRolledBack& it) {
  MIG_FIELD(resource);
}
template <class Visit>
void fields(Visit& visit, Warned& it) {
  MIG_FIELD(about), MIG_FIELD(message), MIG_FIELD(is_over);
  visit.later("is_urgent", it.is_urgent);
}

#undef MIG_FIELD

std::string encode_body(const Record& record) {
  nlohmann::json json = JsonWriter::write(record);
  json.erase("is");  // the kind stands beside the body
  return json.dump();
}

std::expected<Record, std::string> decode_record(std::string_view kind, std::string_view body) {
  auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::unexpected("the body is not a JSON object");
  json["is"] = std::string(kind);
  Record record;
  if (auto mistake = JsonReader::read(json, record)) {
    return std::unexpected(fmt::format("a `{}` record does not fit: {}", kind, *mistake));
  }
  return record;
}

}  // namespace mig::plan
