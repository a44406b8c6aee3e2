// `leave`: what the plan leaves to both sides when it ends. It names what holds there, so that
// whoever reads the end of a plan reads the truth.
#include <fmt/format.h>

#include "compiler/plan/routing.hpp"
#include "compiler/step_checker.hpp"

namespace mig::compiler {

using plan::Side;

// `leave writes new, old { because = "…" }` or `leave reads new 5% { because = "…" }`
std::optional<plan::Action> StepChecker::leave(const syntax::Statement& statement, Form& form) {
  const syntax::Expr* because = attribute("because");
  const auto reason =
      because == nullptr ? std::nullopt : analysis_.constants.text(*because, *scope_.module);
  if (form.word_if("writes")) {
    const auto first = side(form, false);
    if (!first) return std::nullopt;
    const syntax::Expr* other = form.value(syntax::Mark::Comma);
    if (other == nullptr) return std::nullopt;
    if (name_of(*other) != (*first == Side::Old ? "new" : "old")) {
      form.misfit();
      return std::nullopt;
    }
    if (!reason || !is_left_so(statement, *first) || !needs_nobody(statement)) return std::nullopt;
    return plan::Leave{plan::Left::Writes, *reason};
  }
  if (!form.word("reads") || !form.word("new")) return std::nullopt;
  plan::RouteReads reads{.to = Side::New};
  if (!read_where(form, reads) || (!form.at_end() && !read_share(form.value(), reads)))
    return std::nullopt;
  if (!reason || !is_left_so(statement, reads) || !needs_nobody(statement)) return std::nullopt;
  return plan::Leave{plan::Left::Reads, *reason};
}

bool StepChecker::is_left_so(const syntax::Statement& statement, Side first) {
  const plan::WritesState writes = writes_before();
  if (writes.mirror && writes.authority == first) return true;
  const plan::StepId here{static_cast<std::uint32_t>(analysis_.plan.steps.size())};
  analysis_.diagnostics.report(statement.span, diag::WrongForm, "leave writes")
      .note(fmt::format("here writes go to {}",
                        print(plan::route_before<plan::RouteWrites>(analysis_.plan, here))))
      .help(writes.mirror ? "name the side first that leads"
                          : "it is said of writes that go to both sides");
  return false;
}

bool StepChecker::is_left_so(const syntax::Statement& statement, const plan::RouteReads& written) {
  const plan::StepId here{static_cast<std::uint32_t>(analysis_.plan.steps.size())};
  const auto reads = plan::route_before<plan::RouteReads>(analysis_.plan, here);
  const bool is_split = reads.to == Side::New && (reads.share || !reads.where.empty());
  if (is_split && reads.share == written.share && reads.where == written.where) return true;
  analysis_.diagnostics.report(statement.span, diag::WrongForm, "leave reads")
      .note(fmt::format("here reads go to {}", print(analysis_.plan, reads)))
      .help(is_split ? "name that share" : "it is said of reads that both sides answer");
  return false;
}

// Once the plan has ended nobody follows any more, and a side that nobody keeps current is wrong
// from the first write on.
bool StepChecker::needs_nobody(const syntax::Statement& statement) {
  const plan::WritesState writes = writes_before();
  if (writes.mirror && *writes.mirror != plan::WriteMode::Follow) return true;
  analysis_.diagnostics.report(statement.span, diag::WrongForm, "leave")
      .note(writes.mirror ? "`mode = follow` is mig at work, and it is not once the plan has ended"
                          : "one side gets the writes, and both would answer")
      .help(writes.mirror ? "end with `writes new`; `mode = transaction` and `mode = app` may stay"
                          : "let one side answer all reads");
  return false;
}

}  // namespace mig::compiler
