// How the machine's enumerations are written in journals and shown to people: one word each, for
// both.
#pragma once

#include <array>
#include <string_view>

#include "compiler/plan/fields.hpp"
#include "compiler/plan/machine/run_state.hpp"

namespace mig::plan {

template <>
inline constexpr std::array<std::string_view, 8> kSpellings<RunStatus> = {
    "pending", "ready", "running", "paused", "completed", "rolling_back", "rolled_back", "failed"};
template <>
inline constexpr std::array<std::string_view, 14> kSpellings<PauseReason> = {
    "asked",
    "gate",
    "no_data",
    "undecided",
    "source_error",
    "approval",
    "window",
    "step_failed",
    "unknown_effect",
    "rollback_blocked",
    "journal_behind_target",
    "disk",
    "lease_lost",
    "stream_gap"};
template <>
inline constexpr std::array<std::string_view, 6> kSpellings<StepStatus> = {
    "pending", "running", "done", "failed", "undone", "skipped"};
template <>
inline constexpr std::array<std::string_view, 2> kSpellings<Direction> = {"forward", "back"};
template <>
inline constexpr std::array<std::string_view, 3> kSpellings<ResourceStatus> = {
    "forward", "rolling_back", "rolled_back"};

}  // namespace mig::plan
