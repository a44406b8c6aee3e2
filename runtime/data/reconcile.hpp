// Compares both sides: what the old side's rows should have become with what the new side holds.
//
// Expected rows go as key code and fingerprint into a scratch file beside the stores, then the new
// side's rows are looked up there in their own order; memory stays bounded, whatever the orders of
// the two sides. Rows with an open dead letter are counted apart and are no drift. At the end the
// new side's own foreign keys and sequences are looked at. It reads the stores only; repair writes,
// through the effects of the step that asks. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/orphans.hpp"
#include "runtime/stores/sequences.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

enum class DriftClass { Missing, Extra, Mismatched };
std::string_view name(DriftClass kind);

struct DatasetDrift {
  plan::DatasetId dataset;
  std::int64_t expected = 0;
  std::int64_t found = 0;
  std::int64_t missing = 0;
  std::int64_t extra = 0;
  std::int64_t mismatched = 0;
  std::int64_t orphans = 0;  // that refer to nothing there; whoever they came from, no drift
  std::int64_t drift() const { return missing + extra + mismatched; }
  std::int64_t& of(DriftClass kind);  // its count
  bool operator==(const DatasetDrift&) const = default;
};

struct RowDifference {
  plan::DatasetId dataset;
  DriftClass kind = DriftClass::Missing;
  std::string key;                  // for people
  std::string place;                // of the target row, as Page::keys; empty where it is missing
  std::string source;               // place of the source row; empty for an extra row
  std::vector<std::string> fields;  // Mismatched: those that differ
};

struct Reconciliation {
  std::vector<DatasetDrift> datasets;  // of the new side, in the plan's order
  std::int64_t source_rows = 0;        // compared
  std::int64_t source_drift = 0;       // source rows with a missing or different row, and extras
  std::int64_t rejected = 0;           // source rows that no row can be expected of
  bool complete = true;                // false: a sample
  std::vector<RowDifference> first;    // up to `keep_differences`
  std::vector<Orphan> first_orphans;   // up to kShownOrphans
  std::vector<SequenceState> behind;   // sequences of the new side that hand out what is there
  // Whether they should not be: they are moved where the new side takes the lead, and before that
  // nobody asks them for anything.
  bool is_behind_wrong = false;
  std::vector<std::string> notes;  // what nobody could look at
  std::int64_t drift() const;
  std::int64_t orphans() const;
  // Everything that is amiss.
  std::int64_t findings() const;
};

// As many are listed for people; the list of a file has all of them.
inline constexpr std::size_t kShownOrphans = 20;

// One line that `parse_drift` reads again:
// `drift users=0 emails=2; source=1; rejected=0; compared=500; complete`, and behind that what else
// is amiss: `; orphans=3; sequences behind=1`.
std::string print_summary(const plan::Plan& plan, const Reconciliation& result);
// Drift of a dataset by its name, or of `source`; nothing where the line does not say.
std::optional<std::int64_t> parse_drift(std::string_view summary, std::string_view dataset);

struct ReconcileOptions {
  std::optional<plan::Ratio> sample;  // of source rows, chosen by their key
  std::string run;                    // whose dead letters count; empty: any run's
  bool reads_both = false;            // also where a copy has kept what it read
  plan::Side leads = plan::Side::Old;
  std::size_t keep_differences = 100;
  std::optional<std::filesystem::path> list;  // every difference, as JSON lines
  std::filesystem::path scratch_folder;       // where the scratch file stands meanwhile
};

class Reconciler {
 public:
  Reconciler(const plan::Plan& plan, Stores& stores, ReconcileOptions options);
  ~Reconciler();

  // One page further; true when the comparison is complete.
  Result<bool> advance();
  std::int64_t rows_read() const;
  const Reconciliation& result() const;

  // After the end: up to `limit` differences behind the `after`th, in a fixed order.
  Result<std::vector<RowDifference>> differences(std::int64_t after, std::size_t limit);
  // The same of rows that refer to nothing.
  Result<std::vector<Orphan>> orphans(std::int64_t after, std::size_t limit);

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

// All of it at once: what gates and `mig verify` ask.
Result<Reconciliation> reconcile(const plan::Plan& plan, Stores& stores, ReconcileOptions options);

}  // namespace mig::runtime
