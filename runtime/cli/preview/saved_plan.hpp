// A plan as it was reviewed: what `mig preview --save` writes and `mig apply` carries out, whatever
// the plan's file says by then.
//
// The file is JSON and holds the compiled plan, its sources, what the stores were like, and the
// preview. Secrets stand in it by name alone, so it may lie where anybody reads it; a checksum
// tells a file that was cut short or changed by hand.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/cli/preflight.hpp"
#include "runtime/cli/preview/document.hpp"

namespace mig::cli {

inline constexpr std::string_view kSavedFormat = "mig.plan/1";

// How large a dataset was.
struct SavedSize {
  bool exists = false;
  std::optional<std::int64_t> rows;
  bool is_exact = true;  // the rows were counted; else there were at most so many
  std::optional<std::int64_t> greatest_key;
  bool operator==(const SavedSize&) const = default;
};

struct SavedPlan {
  std::string format;
  std::string run;     // the one run that it stands for
  std::string folder;  // what relative paths of the plan are relative to, as it was named
  std::string plan;    // encoded (compiler/plan/codec.hpp)
  std::vector<std::string> sources;     // path, text, path, text, …
  std::vector<std::string> identities;  // of the stores
  std::vector<std::string> schemas;     // of the stores
  std::vector<SavedSize> sizes;         // of the datasets
  Document preview;
  bool operator==(const SavedPlan&) const = default;
};

// Whether a text means to be a saved plan.
bool looks_saved(std::string_view text);

// Law: saved_plan_of(as_text(s)) == s.
std::string as_text(const SavedPlan& saved);
// The error is one sentence: not whole, changed by hand, or of another version.
std::expected<SavedPlan, std::string> saved_plan_of(std::string_view text);

SavedPlan saved_plan(const plan::Plan& plan, const Preflight& live, Document preview,
                     std::vector<std::string> sources, std::string run, std::string folder);

// What is not as it was when the plan was reviewed; empty: all is. `grows` lets tables grow.
std::vector<std::string> changes_since(const SavedPlan& saved, const plan::Plan& plan,
                                       const Preflight& live, bool grows);

}  // namespace mig::cli
