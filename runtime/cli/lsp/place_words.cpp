#include "runtime/cli/lsp/place_words.hpp"

namespace mig::cli::lsp {
namespace {

struct Row {
  std::string_view first;
  std::string_view second;  // what stands before, or the attribute
  PlaceWords here;
};

const std::vector<Row>& places() {
  static const std::vector<Row> kRows = {
      {"from", "from", {{}, {NameKind::Datasets, NameKind::Services}}},
      {"to", "to", {{}, {NameKind::Datasets, NameKind::Services}}},
      {"to", ",", {{}, {NameKind::Datasets}}},
      {"through", "through", {{}, {NameKind::Routers}}},
      {"via", "via", {{}, {NameKind::Transforms}}},
      {"back", "back", {{}, {NameKind::Transforms}}},
      {"data", "data", {{"none"}, {}}},
      {"on_fail", "on_fail", {{"rollback", "retry", "pause", "allow_partial"}, {}}},
      {"on_fail", "retry", {{"forever"}, {}}},
      {"on_fail", "then", {{"rollback", "pause", "allow_partial"}, {}}},
      {"on_fail", "rollback", {{"to"}, {}}},
      {"on_fail", "to", {{}, {NameKind::Phases}}},
      {"phase", "after", {{}, {NameKind::Phases}}},
      {"phase", ",", {{}, {NameKind::Phases}}},
      {"store", ":", {{"sqlite", "postgres", "redis"}, {}}},
      {"router", ":", {{"file", "table", "channel", "hook", "redis", "http", "postgres"}, {}}},
      {"service", ":", {{"http"}, {}}},
      {"dataset", ":", {{}, {NameKind::Entities}}},
      {"dataset", "in", {{}, {NameKind::Stores}}},
      {"metric", "=", {{"file", "sql", "command", "prometheus", "http_json"}, {}}},
      {"metric", "(", {{}, {NameKind::Stores, NameKind::Services}}},
      {"test", "of", {{}, {NameKind::Transforms}}},
      {"given", ":", {{}, {NameKind::Entities}}},
      {"expect", "expect", {{"no", "rejected"}, {NameKind::Entities}}},
      {"expect", "no", {{}, {NameKind::Entities}}},
      {"emit", "emit", {{}, {NameKind::Entities}}},
      {"create", "create", {{}, {NameKind::Datasets}}},
      {"create", ",", {{}, {NameKind::Datasets}}},
      {"add", "add", {{"field", "index"}, {}}},
      {"add", "field", {{}, {NameKind::Sides}}},
      {"add", "index", {{}, {NameKind::Sides}}},
      {"drop", "drop", {{"field"}, {NameKind::Sides}}},
      {"drop", "field", {{}, {NameKind::Sides}}},
      {"drop", ",", {{}, {NameKind::Sides}}},
      {"purge", "purge", {{}, {NameKind::Sides}}},
      {"backup", "backup", {{}, {NameKind::Sides}}},
      {"snapshot", "snapshot", {{"old"}, {}}},
      {"snapshot", "->", {{"new"}, {}}},
      {"scan", "scan", {{"old"}, {}}},
      {"scan", "->", {{"new"}, {}}},
      {"verify", "verify", {{"old"}, {}}},
      {"verify", ",", {{"new"}, {}}},
      {"rejects", "rejects", {{"quarantine", "stop"}, {}}},
      {"writes", "writes", {{"old", "new", "none"}, {}}},
      {"writes", ",", {{"old", "new"}, {}}},
      {"reads", "reads", {{"old", "new", "through"}, {}}},
      {"rehearse", "rehearse", {{"rollback"}, {}}},
      {"ramp", "ramp", {{"reads", "writes"}, {}}},
      {"ramp", "reads", {{"new"}, {}}},
      {"ramp", "writes", {{"new"}, {}}},
      {"shadow", "shadow", {{"reads", "off"}, {}}},
      {"capture", "capture", {{"baseline"}, {}}},
      {"freeze", "freeze", {{"contract"}, {}}},
      {"accept", "accept", {{"all_at_once", "unlimited_wal"}, {}}},
      {"leave", "leave", {{"writes", "reads"}, {}}},
      {"leave", "writes", {{"old", "new"}, {}}},
      {"leave", "reads", {{"new"}, {}}},
      {"window", "window", {{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, {}}},
      {"window", "..", {{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, {}}},
      {"require", "require", {{}, {NameKind::Gates}}},
      {"require", "and", {{}, {NameKind::Gates}}},
  };
  return kRows;
}

const std::vector<Row>& values() {
  static const std::vector<Row> kRows = {
      {"scan", "on_conflict", {{"keep", "replace", "newer", "merge"}, {}}},
      {"snapshot", "on_conflict", {{"keep", "replace", "newer", "merge"}, {}}},
      {"scan", "by", {{}, {NameKind::KeyFields}}},
      {"snapshot", "by", {{}, {NameKind::KeyFields}}},
      {"scan", "rate", {{"full"}, {NameKind::Params}}},
      {"snapshot", "rate", {{"full"}, {NameKind::Params}}},
      {"verify", "rows", {{"all"}, {}}},
      {"verify", "repair", {{"from_authority", "from_old"}, {}}},
      {"writes", "mode", {{"follow", "transaction", "app", "sync"}, {}}},
      {"writes", "on_mirror_error", {{"delete_key", "repair"}, {}}},
      {"writes", "ack", {{"authority", "both"}, {}}},
      {"writes", "by", {{"hash"}, {}}},
      {"reads", "by", {{"hash"}, {}}},
      {"ramp", "by", {{"hash"}, {}}},
      {"ramp", "mode", {{"follow", "app", "sync"}, {}}},
      {"reads", "fallback", {{"old"}, {}}},
      {"ramp", "fallback", {{"old"}, {}}},
      {"ramp", "require", {{}, {NameKind::Gates}}},
      {"hold", "require", {{}, {NameKind::Gates}}},
      {"window", "at_end", {{"pause", "rollback"}, {}}},
      {"gate", "no_data", {{"pause", "fail"}, {}}},
      {"gate", "source_error", {{"pause", "fail"}, {}}},
      {"sql", "in", {{}, {NameKind::Stores}}},
      {"sql", "idempotent", {{"true", "false"}, {}}},
      {"approve", "by_author", {{"true", "false"}, {NameKind::Params}}},
      {"router", "in", {{}, {NameKind::Stores}}},
      {"store", "caches", {{}, {NameKind::Stores}}},
      {"store", "changes", {{"triggers", "slot"}, {}}},
      {"dataset", "codec", {{"json", "hash", "string"}, {}}},
  };
  return kRows;
}

const PlaceWords* find(const std::vector<Row>& rows, std::string_view first,
                       std::string_view second) {
  for (const Row& row : rows) {
    if (row.first == first && row.second == second) return &row.here;
  }
  return nullptr;
}

}  // namespace

const PlaceWords* words_behind(std::string_view word, std::string_view before) {
  return find(places(), word, before);
}

const PlaceWords* values_of(std::string_view owner, std::string_view attribute) {
  return find(values(), owner, attribute);
}

const std::vector<std::string_view>& unit_types() {
  static const std::vector<std::string_view> kTypes = {
      "duration", "ratio", "size", "rows", "req",       "keys", "rows/s", "req/s",
      "size/s",   "int",   "text", "bool", "timestamp", "date", "time"};
  return kTypes;
}

const std::vector<std::string_view>& field_types() {
  static const std::vector<std::string_view> kTypes = {
      "bool", "i16",  "i32",  "i64",       "f64",  "text",    "bytes",
      "uuid", "date", "time", "timestamp", "json", "decimal", "one_of"};
  return kTypes;
}

const std::vector<std::string_view>& strategy_types() {
  static const std::vector<std::string_view> kTypes = {"route", "gate", "dataset", "field",
                                                       "hash",  "days", "moment",  "word"};
  return kTypes;
}

const std::vector<std::string_view>& counted_units() {
  static const std::vector<std::string_view> kUnits = {"rows", "rows/s", "req", "req/s", "keys"};
  return kUnits;
}

const std::vector<std::string_view>& measured_names() {
  static const std::vector<std::string_view> kNames = {
#define METRIC(enumerator, language_name, unit, takes) language_name,
#include "compiler/plan/metrics.def"
#undef METRIC
  };
  return kNames;
}

const std::vector<std::string_view>& arm_names() {
  static const std::vector<std::string_view> kNames = {
      "reads", "reads.new", "reads.old", "reads.control", "writes", "writes.new", "writes.old"};
  return kNames;
}

}  // namespace mig::cli::lsp
