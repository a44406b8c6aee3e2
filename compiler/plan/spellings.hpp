// How encodings spell the enumerations of a plan. Journals hold these words, so none of them ever
// changes, and a new one is added behind the others.
//
// Used by fields.hpp alone.
#pragma once

#include <array>
#include <string_view>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

// Spellings of closed enumerations, in the order of their enumerators.
template <class Enum>
inline constexpr int kSpellings = 0;
template <>
inline constexpr std::array<std::string_view, 15> kSpellings<Base> = {
    "bool", "i16",  "i32",  "i64",       "decimal", "f64",    "text", "bytes",
    "uuid", "date", "time", "timestamp", "json",    "one_of", "list"};
template <>
inline constexpr std::array<std::string_view, 14> kSpellings<Unit> = {
    "number", "duration", "ratio", "size", "rows", "req",       "keys",
    "rows/s", "bytes/s",  "req/s", "bool", "text", "timestamp", "time_of_day"};
template <>
inline constexpr std::array<std::string_view, 2> kSpellings<CopyKind> = {"snapshot", "scan"};
template <>
inline constexpr std::array<std::string_view, 4> kSpellings<OnConflict> = {"keep", "replace",
                                                                           "newer", "merge"};
template <>
inline constexpr std::array<std::string_view, 3> kSpellings<PaceKind> = {"polite", "full",
                                                                         "limited"};
template <>
inline constexpr std::array<std::string_view, 3> kSpellings<Side> = {"old", "new", "none"};
template <>
inline constexpr std::array<std::string_view, 4> kSpellings<WriteMode> = {"sync", "follow",
                                                                          "transaction", "app"};
template <>
inline constexpr std::array<std::string_view, 2> kSpellings<Left> = {"writes", "reads"};
template <>
inline constexpr std::array<std::string_view, 3> kSpellings<ReadFailure> = {"error", "timeout",
                                                                            "miss"};
template <>
inline constexpr std::array<std::string_view, 2> kSpellings<MirrorError> = {"delete_key", "repair"};
template <>
inline constexpr std::array<std::string_view, 3> kSpellings<Ack> = {"authority", "both", "applied"};
template <>
inline constexpr std::array<std::string_view, 3> kSpellings<Codec> = {"json", "hash", "string"};
template <>
inline constexpr std::array<std::string_view, 5> kSpellings<Finally> = {
    "rollback", "rollback_to", "pause", "retreat", "allow_partial"};
template <>
inline constexpr std::array<std::string_view, 2> kSpellings<AtEnd> = {"pause", "rollback"};
template <>
inline constexpr std::array<std::string_view, 2> kSpellings<Then> = {"fail", "pause"};
template <>
inline constexpr std::array<std::string_view, 5> kSpellings<Compare> = {"<", "<=", "==", ">=", ">"};
template <>
inline constexpr std::array<std::string_view, 8> kSpellings<Arm> = {
    "reads",  "reads.new",  "reads.old",  "reads.control",
    "writes", "writes.new", "writes.old", "captured"};
template <>
inline constexpr std::array<std::string_view, 3> kSpellings<StoreKind> = {"sqlite", "postgres",
                                                                          "redis"};
template <>
inline constexpr std::array<std::string_view, 2> kSpellings<ChangeSource> = {"triggers", "slot"};
template <>
inline constexpr std::array<std::string_view, 2> kSpellings<AcceptedRisk> = {"all_at_once",
                                                                             "unlimited_wal"};
template <>
inline constexpr std::array<std::string_view, 7> kSpellings<RouterKind> = {
    "file", "table", "channel", "hook", "redis", "http", "postgres"};
template <>
inline constexpr std::array<std::string_view, 17> kSpellings<MetricKind> = {"p50",
                                                                            "p95",
                                                                            "p99",
                                                                            "error_rate",
                                                                            "rate_4xx",
                                                                            "rate_5xx",
                                                                            "fallback_rate",
                                                                            "rps",
                                                                            "drift",
                                                                            "rejects",
                                                                            "rows",
                                                                            "hit_ratio",
                                                                            "discrepancy",
                                                                            "repair_backlog",
                                                                            "lag",
                                                                            "share",
                                                                            "shadow_failure_rate"};

}  // namespace mig::plan
