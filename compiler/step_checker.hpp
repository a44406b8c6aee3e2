// Lowers the steps of one phase; a word of the statement table is one function here.
//
// step_checker.cpp reads the phase and names, step_structure.cpp, step_data.cpp,
// step_reads.cpp, step_ramp.cpp, step_writes.cpp, step_traffic.cpp, step_waiting.cpp and
// step_window.cpp lower the words. Made for one phase, used once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/check_plan.hpp"
#include "compiler/form.hpp"
#include "compiler/plan/routing.hpp"

namespace mig::compiler {

class StepChecker {
 public:
  StepChecker(Analysis& analysis, PlanScope& scope, plan::PhaseId phase,
              std::vector<plan::StepId> entry)
      : analysis_(analysis), scope_(scope), phase_(phase), needs_(std::move(entry)) {}

  void check(const syntax::Statement& phase);

 private:
  using Lowered = std::optional<plan::Action>;
  struct FieldPlace {
    plan::DatasetId dataset;
    std::uint32_t field;
  };

  // One share of a ramp.
  struct RampStage {
    plan::RouteReads reads;
    std::optional<plan::Duration> hold;
    syntax::Span at;
  };

  // How each share of a ramp is watched.
  struct RampWatch {
    std::optional<plan::Duration> hold;
    std::vector<plan::GateId> gates;
    std::optional<std::string> owner;  // who approves each share
  };

  void read_lasting(const syntax::Block& block);
  void check_may_be_partial(const syntax::Statement& statement);
  bool has_its_sides(const syntax::Word& word);
  bool has_its_rows(const syntax::Word& word);
  void report_no_sides(const syntax::Span& at, std::string_view what);
  bool can_judge(const std::vector<plan::GateId>& gates, const syntax::Span& at);
  void read_rejects(const syntax::Statement& statement);
  void read_window(const syntax::Block& block);
  bool read_openings(Form& form, plan::Window& window);
  std::optional<std::pair<std::uint8_t, std::uint8_t>> weekdays(const syntax::Expr& expr) const;
  bool are_weekdays_known(const syntax::Expr& expr);
  bool read_opening(const syntax::Expr& times, plan::Weekly days, bool has_days,
                    plan::Window& window);
  bool read_zone(const syntax::Statement& statement, plan::Window& window);
  bool read_window_end(const syntax::Statement& statement, plan::Window& window);
  void check_pause_fits(const syntax::Statement& statement);
  void check_step(const syntax::Statement& statement);
  // `otherwise`: what a failure does where neither the phase nor the plan says it.
  void append(const syntax::Statement& statement, plan::Action action,
              const plan::OnFail& otherwise = {});
  Lowered lower(const syntax::Statement& statement, Form& form);

  // `old`, `new` or a dataset; several for `new`. Empty after a report.
  std::vector<plan::DatasetId> side_or_dataset(const syntax::Expr& name);
  std::vector<plan::DatasetId> datasets(Form& form);
  // `users.email`
  std::optional<FieldPlace> field(const syntax::Expr& expr, Form& form);
  // The value of an attribute of the step's block, if it is written.
  const syntax::Expr* attribute(std::string_view name) const;
  std::optional<std::string> quoted(Form& form);
  // Reads an attribute that is a duration, if it is written; false after a report.
  bool read_duration(std::string_view name, std::optional<plan::Duration>& into);

  template <class Verb>
  Lowered datasets_of(Form& form) {
    auto all = datasets(form);
    if (all.empty()) return std::nullopt;
    return Verb{std::move(all)};
  }
  Lowered drop(const syntax::Statement& statement, Form& form);
  bool keeps_tables(const syntax::Statement& statement, plan::StoreId store);
  Lowered add(const syntax::Statement& statement, Form& form);
  Lowered add_index(const syntax::Statement& statement, Form& form);
  bool read_fill(const syntax::Expr& fill, const plan::Field& declared, plan::AddField& action);
  Lowered backup(Form& form);
  Lowered sql(Form& form);

  Lowered copy(Form& form, plan::CopyKind kind);
  bool read_by();
  bool read_chunk(plan::Copy& action);
  bool read_rate(plan::Pace& pace);
  bool read_strain(plan::Copy& action);
  bool read_one_rate(const syntax::Expr& rate, plan::Pace& pace);
  bool read_conflict(plan::Copy& action);
  bool read_merge(const syntax::Expr& expr, const syntax::Call* call, plan::Copy& action);
  bool merge_field(const syntax::Span& at, std::string_view name, plan::Copy& action);
  Lowered verify(Form& form);
  bool read_repair(plan::Verify& action);

  std::optional<plan::Side> side(Form& form, bool may_be_none);
  Lowered writes(const syntax::Statement& statement, Form& form);
  Lowered rehearse(const syntax::Statement& statement, Form& form);
  bool read_part(Form& form, bool is_move, plan::RouteWrites& action);
  bool may_take_part(const syntax::Span& at, const plan::RouteWrites& action);
  bool has_triggers(const syntax::Span& at);
  static void complete(plan::RouteWrites& action, bool is_move);
  bool read_mirror_error(plan::RouteWrites& action);
  bool read_ack(plan::RouteWrites& action);
  plan::WritesState writes_before() const;
  bool may_lead_back(const syntax::Statement& statement, plan::Side before);
  bool read_limit(std::string_view name, bool may_stand, std::string_view owner,
                  std::optional<plan::Duration>& into);
  bool goes_on_as_before(const syntax::Expr& value, plan::WriteMode mode);
  bool read_mode(const syntax::Statement& statement, bool is_mirrored, plan::RouteWrites& action);
  Lowered reads(const syntax::Statement& statement, Form& form);
  bool read_where(Form& form, plan::RouteReads& action);
  bool read_condition(const syntax::Expr& condition, plan::RouteReads& action);
  bool read_share(const syntax::Expr* written, plan::RouteReads& action);
  bool read_hash(std::vector<std::uint32_t>& by, std::vector<std::string>& by_request,
                 bool is_shared);
  bool read_request_hash(std::vector<std::string>& by, bool is_shared);
  const syntax::Call* written_hash(const syntax::Expr& by);
  bool can_be_hashed(const plan::Field& field, const syntax::Span& at);
  bool read_fallback(plan::RouteReads& action);
  bool is_routed(const syntax::Statement& statement, const plan::RouteReads& action);
  Lowered reads_through(const syntax::Statement& statement);
  void ramp(const syntax::Statement& statement);
  void ramp_reads(const syntax::Statement& statement, Form& form);
  void ramp_writes(const syntax::Statement& statement, Form& form);
  std::optional<RampWatch> read_watch(const std::vector<RampStage>& stages);
  bool has_none_of(std::string_view owner, std::initializer_list<std::string_view> names);
  std::optional<std::vector<RampStage>> read_stages(Form& form);
  bool grows(const std::vector<RampStage>& stages);
  bool sees_requests(const syntax::Span& at, std::string_view what);
  std::optional<bool> route(Form& form, const syntax::Statement& statement, std::string_view word);
  bool read_texts(std::string_view attribute, std::vector<std::string>& into);
  Lowered shadow(const syntax::Statement& statement, Form& form);
  Lowered parity(const syntax::Statement& statement, Form& form);
  Lowered freeze(Form& form);
  Lowered capture(const syntax::Statement& statement, Form& form);
  bool has_baseline(const plan::Gate& gate, const syntax::Span& at);
  Lowered require(Form& form);
  Lowered hold(Form& form);
  Lowered approve(Form& form);
  Lowered accept(const syntax::Statement& statement, Form& form);
  Lowered accepts_wal(const syntax::Statement& statement, plan::Accept action);
  Lowered marker(Form& form);
  Lowered leave(const syntax::Statement& statement, Form& form);
  bool is_left_so(const syntax::Statement& statement, plan::Side first);
  bool is_left_so(const syntax::Statement& statement, const plan::RouteReads& written);
  bool needs_nobody(const syntax::Statement& statement);

  Analysis& analysis_;
  PlanScope& scope_;
  plan::PhaseId phase_;
  std::vector<plan::StepId> needs_;
  std::optional<plan::OnFail> written_on_fail_;
  plan::Rejects rejects_;
  std::map<std::string, int> counts_;
  const StatementRow* row_ = nullptr;
  syntax::Span row_span_;  // of the statement that is read
  const Attributes* attributes_ = nullptr;
};

}  // namespace mig::compiler
