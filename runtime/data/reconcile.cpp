#include "runtime/data/reconcile.hpp"

#include <algorithm>
#include <cassert>
#include <set>

#include "runtime/data/carry.hpp"
#include "runtime/data/drift_list.hpp"
#include "runtime/data/expiry.hpp"
#include "runtime/data/fingerprint.hpp"
#include "runtime/data/key_code.hpp"
#include "runtime/data/key_sample.hpp"
#include "runtime/data/set_aside.hpp"
#include "runtime/data/store_findings.hpp"
#include "runtime/data/twin_rows.hpp"
#include "runtime/stores/drift_scratch.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/open_rows.hpp"
#include "runtime/stores/row_writer.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kPage = 2000;

std::string code_of(const plan::Entity& entity, const Batch& rows, std::size_t row) {
  std::string code;
  for (const std::uint32_t position : entity.key())
    append_key_field(code, rows.columns[position], row);
  return code;
}

std::string_view bytes_of(const Fingerprint& fingerprint) {
  return {reinterpret_cast<const char*>(&fingerprint), sizeof fingerprint};
}

}  // namespace

struct Reconciler::Work {
  enum class Part { Open, Source, Target, Missing, Findings, Done, Again };

  const plan::Plan& plan;
  Stores& stores;
  ReconcileOptions options;
  Reconciliation result;
  Part part = Part::Open;
  std::size_t target = 0;
  std::string cursor;
  std::int64_t read = 0;
  Page page;
  Page source_page;
  std::unique_ptr<DriftScratch> scratch;  // from `open` on
  Carrier carrier;
  std::vector<std::unique_ptr<CanonicalForm>> forms;  // one an emit
  std::vector<std::unique_ptr<CanonicalForm>> target_forms;
  std::optional<KeysetReader> source;
  std::optional<KeysetReader> reader;
  std::unique_ptr<TwinRows> twins;  // while the source is read, where there are any
  // What of the target is to be read: behind a place, up to and with one.
  struct Range {
    std::string after;
    std::string until;
  };
  std::vector<Range> ranges;
  std::size_t range = 0;
  std::optional<SetAside> set_aside;  // from `open` on
  std::optional<StoreFindings> findings;
  std::string memory;

  Work(const plan::Plan& its_plan, Stores& its_stores, ReconcileOptions its_options)
      : plan(its_plan), stores(its_stores), options(std::move(its_options)), carrier(its_plan) {
    result.complete = !options.sample.has_value();
    result.is_behind_wrong = options.leads == plan::Side::New;
    for (const plan::DatasetId dataset : plan.to) {
      result.datasets.push_back({.dataset = dataset});
      target_forms.push_back(std::make_unique<CanonicalForm>(plan, dataset));
    }
  }

  DatasetDrift& drift_of(plan::DatasetId dataset) {
    return *std::ranges::find(result.datasets, dataset, &DatasetDrift::dataset);
  }

  Result<void> open() {
    MIG_ASSIGN(made, DriftScratch::open(options.scratch_folder));
    scratch = std::make_unique<DriftScratch>(std::move(made));
    MIG_ASSIGN(opened, open_rows(stores, plan, plan.from));
    source.emplace(std::move(opened));
    MIG_ASSIGN(letters, SetAside::open(stores, plan, options.run));
    set_aside.emplace(std::move(letters));
    part = Part::Source;
    if (options.sample) return {};
    MIG_ASSIGN(twin_rows, TwinRows::open(plan, stores, options.reads_both ? "" : options.run));
    twins = std::move(twin_rows);
    return {};
  }

  // Passes over what both sides hold alike: nothing, or how many rows have to be read next.
  Result<std::optional<std::size_t>> pass_twins() {
    MIG_ASSIGN(has_any, set_aside->has_any());
    if (has_any || !twins) return std::optional(kPage);
    MIG_ASSIGN(same, twins->pass(cursor));
    if (!same) return std::optional(kPage);
    cursor = same->last;
    read += same->rows;
    result.source_rows += same->rows;
    drift_of(plan.to.front()).expected += same->rows;
    drift_of(plan.to.front()).found += same->rows;
    if (!same->agrees) return std::optional(static_cast<std::size_t>(same->next));
    if (same->is_end) MIG_TRY(end_source());
    return std::optional<std::size_t>();
  }

  Result<void> read_source() {
    assert(source.has_value());
    MIG_ASSIGN(to_read, pass_twins());
    if (!to_read) return {};
    MIG_TRY(source->read(cursor, "", *to_read, page));
    add_range(cursor, page.is_last ? "" : page.last);
    cursor = page.last;
    read += page.read;
    result.rejected += static_cast<std::int64_t>(page.bad.size());
    carrier.run(page.rows);
    while (forms.size() < carrier.emitted().size())
      forms.push_back(std::make_unique<CanonicalForm>(plan, carrier.dataset(forms.size())));
    MIG_ASSIGN(dead, set_aside->among(page));
    std::vector<bool> is_compared(page.rows.rows);
    for (std::uint32_t row = 0; row < page.rows.rows; ++row) {
      const bool is_left_out =
          carrier.is_rejected(row) || (!dead.empty() && dead.contains(page.keys[row]));
      if (is_left_out) ++result.rejected;
      is_compared[row] = !is_left_out;
      result.source_rows += is_left_out ? 0 : 1;
    }
    MIG_TRY(scratch->database.execute("BEGIN"));
    for (std::size_t emit = 0; emit < carrier.emitted().size(); ++emit)
      MIG_TRY(expect_rows(emit, is_compared));
    MIG_TRY(scratch->database.execute("COMMIT"));
    return page.is_last ? end_source() : Result<void>();
  }

  void add_range(const std::string& after, const std::string& until) {
    if (!ranges.empty() && ranges.back().until == after) {
      ranges.back().until = until;
    } else {
      ranges.push_back({after, until});
    }
  }

  Result<void> expect_rows(std::size_t emit, const std::vector<bool>& is_compared) {
    const Emitted& emitted = carrier.emitted()[emit];
    const plan::DatasetId dataset = carrier.dataset(emit);
    const plan::Entity& entity = plan.entity_of(dataset);
    const auto columns = forms[emit]->of(emitted.rows);
    for (std::size_t row = 0; row < emitted.rows.rows; ++row) {
      if (!is_compared[emitted.source[row]]) continue;
      const std::string code = code_of(entity, emitted.rows, row);
      if (options.sample && !is_in_sample(code, *options.sample)) continue;
      const Fingerprint print = fingerprint(columns, row, memory);
      const std::string from = page.keys[emitted.source[row]];
      const std::string key = written_key(entity, emitted.rows, row);
      Statement& expect = scratch->expect;
      expect.bind(1, static_cast<std::int64_t>(dataset.index));
      expect.bind_bytes(2, code);
      expect.bind_bytes(3, bytes_of(print));
      expect.bind_text(4, from);
      expect.bind_text(5, key);
      const auto expiry = expiry_of(page, emitted.source[row]);
      if (expiry) expect.bind(6, *expiry);
      if (!expiry) expect.bind_null(6);
      MIG_TRY(expect.run());
      if (scratch->database.changes() > 0) {
        ++drift_of(dataset).expected;
      } else {
        MIG_TRY(compare_twins(dataset, code, print, from, key));
      }
    }
    return {};
  }

  // Two source rows made one key: where they agree they are one row, else one of them is lost.
  Result<void> compare_twins(plan::DatasetId dataset, const std::string& code,
                             const Fingerprint& print, const std::string& from,
                             const std::string& key) {
    Statement& find = scratch->find;
    find.bind(1, static_cast<std::int64_t>(dataset.index));
    find.bind_bytes(2, code);
    MIG_ASSIGN(found, find.step());
    const bool agrees = found && find.bytes(0) == bytes_of(print);
    find.reset();
    if (agrees) return {};
    return note({dataset, DriftClass::Mismatched, shown_key(key), key, from, {}});
  }

  // Where what was passed over does not hold, all of it begins again.
  Result<void> end_source() {
    if (twins) {
      MIG_ASSIGN(holds, twins->confirm());
      if (!holds) part = Part::Again;
      if (!holds) return {};
    }
    twins.reset();
    next_target(0);
    return {};
  }

  void next_target(std::size_t index) {
    target = index;
    reader.reset();
    begin_range(0);
    part = target < plan.to.size() && !ranges.empty() ? Part::Target : Part::Missing;
  }
  void begin_range(std::size_t index) {
    range = index;
    cursor = range < ranges.size() ? ranges[range].after : std::string();
  }

  Result<void> read_target() {
    const plan::DatasetId dataset = plan.to[target];
    if (!reader) {
      MIG_ASSIGN(opened, open_rows(stores, plan, dataset));
      reader.emplace(std::move(opened));
    }
    MIG_TRY(reader->read(cursor, ranges[range].until, kPage, page));
    cursor = page.last;
    const plan::Entity& entity = plan.entity_of(dataset);
    const auto columns = target_forms[target]->of(page.rows);
    MIG_TRY(scratch->database.execute("BEGIN"));
    for (const BadRow& bad : page.bad)
      MIG_TRY(note({dataset, DriftClass::Extra, shown_key(bad.key), bad.key, "", {bad.field}}));
    for (std::size_t row = 0; row < page.rows.rows; ++row) {
      const std::string code = code_of(entity, page.rows, row);
      if (options.sample && !is_in_sample(code, *options.sample)) continue;
      ++drift_of(dataset).found;
      MIG_TRY(look_up(dataset, columns, row, code));
    }
    MIG_TRY(scratch->database.execute("COMMIT"));
    if (!page.is_last) return {};
    begin_range(range + 1);
    if (range == ranges.size()) next_target(target + 1);
    return {};
  }

  Result<void> look_up(plan::DatasetId dataset, std::span<const Column> columns, std::size_t row,
                       const std::string& code) {
    Statement& find = scratch->find;
    find.bind(1, static_cast<std::int64_t>(dataset.index));
    find.bind_bytes(2, code);
    MIG_ASSIGN(found, find.step());
    if (!found) {
      find.reset();
      return note({dataset, DriftClass::Extra, shown_key(page.keys[row]), page.keys[row], "", {}});
    }
    const bool is_same = find.bytes(0) == bytes_of(fingerprint(columns, row, memory));
    std::optional<std::int64_t> expiry;
    if (find.storage_class(2) != StorageClass::Null) expiry = find.integer(2);
    const bool is_equal = is_same && expire_together(expiry, expiry_of(page, row));
    const std::string from(find.text(1));
    find.reset();
    scratch->forget.bind(1, static_cast<std::int64_t>(dataset.index));
    scratch->forget.bind_bytes(2, code);
    MIG_TRY(scratch->forget.run());
    if (is_equal) return {};
    MIG_ASSIGN(fields, different_fields(dataset, columns, row, code, from));
    if (is_same) fields = {"expiry"};
    return note({dataset, DriftClass::Mismatched, shown_key(page.keys[row]), page.keys[row], from,
                 std::move(fields)});
  }

  // Reads the source row again: only differences are worth it, and only the first of them.
  Result<std::vector<std::string>> different_fields(plan::DatasetId dataset,
                                                    std::span<const Column> columns,
                                                    std::size_t row, const std::string& code,
                                                    const std::string& from) {
    std::vector<std::string> fields;
    if (drift_of(dataset).mismatched >= 1000) return fields;
    assert(source.has_value());
    MIG_TRY(source->read_at(from, source_page));
    carrier.run(source_page.rows);
    const plan::Entity& entity = plan.entity_of(dataset);
    for (std::size_t emit = 0; emit < carrier.emitted().size(); ++emit) {
      if (carrier.dataset(emit) != dataset) continue;
      const Batch& rows = carrier.emitted()[emit].rows;
      const auto expected = forms[emit]->of(rows);
      for (std::size_t other = 0; other < rows.rows; ++other) {
        if (code_of(entity, rows, other) != code) continue;
        for (std::size_t i = 0; i < expected.size(); ++i) {
          std::string ours;
          std::string theirs;
          append_canonical(ours, expected[i], other);
          append_canonical(theirs, columns[i], row);
          if (ours != theirs) fields.push_back(entity.fields[i].name);
        }
        return fields;
      }
    }
    return fields;
  }

  Result<void> note(const RowDifference& difference) {
    ++drift_of(difference.dataset).of(difference.kind);
    if (difference.kind == DriftClass::Extra) ++result.source_drift;
    if (result.first.size() < options.keep_differences) result.first.push_back(difference);
    Statement& row = scratch->note;
    row.bind(1, static_cast<std::int64_t>(difference.dataset.index));
    row.bind(2, static_cast<std::int64_t>(difference.kind));
    row.bind_text(3, difference.key);
    row.bind_text(4, difference.place);
    row.bind_text(5, difference.source);
    row.bind_text(6, joined_fields(difference));
    MIG_TRY(row.run());
    if (difference.source.empty()) return {};
    scratch->drift.bind_text(1, difference.source);
    MIG_TRY(scratch->drift.run());
    result.source_drift += scratch->database.changes() > 0 ? 1 : 0;
    return {};
  }

  // Whatever nobody asked for is missing.
  Result<void> collect_missing() {
    MIG_TRY(scratch->database.execute("BEGIN"));
    const Instant now = SystemClock().now();
    MIG_ASSIGN(rows, scratch->database.prepare("SELECT dataset, key, source, expiry FROM expected "
                                               "ORDER BY dataset, code"));
    while (true) {
      MIG_ASSIGN(has_row, rows.step());
      if (!has_row) break;
      // What expired while it was looked for is gone on both sides.
      const bool expires = rows.storage_class(3) != StorageClass::Null;
      if (expires && has_expired(rows.integer(3), now)) continue;
      MIG_TRY(note({plan::DatasetId{static_cast<std::uint32_t>(rows.integer(0))},
                    DriftClass::Missing,
                    shown_key(rows.text(1)),
                    "",
                    std::string(rows.text(2)),
                    {}}));
    }
    MIG_TRY(scratch->database.execute("COMMIT"));
    MIG_ASSIGN(opened, StoreFindings::open(plan, stores, *scratch, result));
    findings.emplace(std::move(opened));
    part = Part::Findings;
    return {};
  }

  Result<void> look_for_findings() {
    MIG_ASSIGN(is_done, findings->advance(result));
    if (!is_done) return {};
    part = Part::Done;
    return options.list ? write_findings(*scratch, plan, result, *options.list) : Result<void>();
  }
};

Reconciler::Reconciler(const plan::Plan& plan, Stores& stores, ReconcileOptions options)
    : work_(std::make_unique<Work>(plan, stores, std::move(options))) {}
Reconciler::~Reconciler() = default;

Result<bool> Reconciler::advance() {
  switch (work_->part) {
    case Work::Part::Open:
      MIG_TRY(work_->open());
      return false;
    case Work::Part::Source:
      MIG_TRY(work_->read_source());
      return false;
    case Work::Part::Target:
      MIG_TRY(work_->read_target());
      return false;
    case Work::Part::Missing:
      MIG_TRY(work_->collect_missing());
      return false;
    case Work::Part::Findings:
      MIG_TRY(work_->look_for_findings());
      return work_->part == Work::Part::Done;
    case Work::Part::Again: {
      ReconcileOptions options = std::move(work_->options);
      options.reads_both = true;
      const plan::Plan& plan = work_->plan;
      Stores& stores = work_->stores;
      work_.reset();
      work_ = std::make_unique<Work>(plan, stores, std::move(options));
      return false;
    }
    case Work::Part::Done:
      break;
  }
  return true;
}

std::int64_t Reconciler::rows_read() const {
  return work_->read;
}

const Reconciliation& Reconciler::result() const {
  return work_->result;
}

Result<std::vector<RowDifference>> Reconciler::differences(std::int64_t after, std::size_t limit) {
  assert(work_->scratch != nullptr);
  return read_differences(*work_->scratch, after, limit);
}

Result<std::vector<Orphan>> Reconciler::orphans(std::int64_t after, std::size_t limit) {
  assert(work_->scratch != nullptr);
  return read_orphans(*work_->scratch, after, limit);
}

Result<Reconciliation> reconcile(const plan::Plan& plan, Stores& stores, ReconcileOptions options) {
  Reconciler reconciler(plan, stores, std::move(options));
  while (true) {
    MIG_ASSIGN(is_done, reconciler.advance());
    if (is_done) return reconciler.result();
  }
}

}  // namespace mig::runtime
