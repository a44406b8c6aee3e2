#include "runtime/cli/inverse_report.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace mig::cli {
namespace {

using runtime::Counterexample;
using runtime::TripEnd;

class NoInverse {
 public:
  NoInverse(const plan::Plan& view, plan::TransformId via, plan::TransformId back,
            const runtime::InverseResult& result, const Counterexample& example)
      : via_(view.at(via)),
        back_(view.at(back)),
        old_side_(view.entity_of(view.from)),
        driver_(view.at(back_.input)),
        dataset_(view.at(view.from).name),
        result_(result),
        example_(example) {}

  std::string via() const { return via_.name; }
  std::string back() const { return back_.name; }

  void tell(compiler::Report& report) const {
    report.note(fmt::format("the row: {}", print(old_side_, example_.row)));
    report.note(made_text());
    switch (example_.trip.end) {
      case TripEnd::Different:
        return tell_difference(report);
      case TripEnd::Lost:
        report.help(fmt::format("let `{}` make a row of `{}` of each row that it takes", via_.name,
                                driver_.name));
        return;
      case TripEnd::RejectedBack:
        report.note(fmt::format("`{}` rejects it: {}", back_.name, example_.trip.reason));
        report.help(
            fmt::format("let `{}` give a row that `{}` accepts", back_.name, old_side_.name));
        return;
      case TripEnd::Equal:
      case TripEnd::Rejected:
        break;
    }
    assert(false && "a counterexample fails");
  }

 private:
  std::string made_text() const {
    const auto& made = example_.trip.made;
    if (made.empty()) return fmt::format("`{}` makes nothing of it", via_.name);
    return fmt::format("`{}` makes: {}", via_.name, fmt::join(made, ", "));
  }

  void tell_difference(compiler::Report& report) const {
    const auto& back = example_.trip.back;
    assert(!back.empty());
    report.note(fmt::format("`{}` gives: {}", back_.name, print(old_side_, back.front())));
    std::vector<std::string> differ;
    for (const std::uint32_t field : example_.trip.fields) {
      const plan::Field& one = old_side_.fields[field];
      differ.push_back(fmt::format("`{}` was {} and comes back as {}", one.name,
                                   print(example_.row[field], one.type),
                                   print(back.front()[field], one.type)));
    }
    report.note(fmt::format("{}", fmt::join(differ, "; ")));
    const plan::Field& first = old_side_.fields[example_.trip.fields.front()];
    std::vector<std::string> others;
    for (const std::uint32_t field : result_.fields) {
      if (std::ranges::find(example_.trip.fields, field) == example_.trip.fields.end())
        others.push_back(old_side_.fields[field].name);
    }
    if (!others.empty()) {
      report.note(fmt::format("in other rows: `{}`", fmt::join(others, "`, `")));
    }
    report.help(fmt::format("let `{}` give `{}` as it was", back_.name, first.name));
    if (first.key) return;  // by its key the old row is found
    const bool is_text = first.type.base == plan::Base::Text && !first.type.optional;
    report.help(fmt::format(
        "or say in dataset `{}` what counts as equal: `canonical {} = {}`; or in "
        "`{}` that it is lost: `drops {}`",
        dataset_, first.name, is_text ? fmt::format("trim({})", first.name) : std::string("…"),
        via_.name, first.name));
  }

  const plan::Transform& via_;
  const plan::Transform& back_;
  const plan::Entity& old_side_;
  const plan::Entity& driver_;
  const std::string& dataset_;
  const runtime::InverseResult& result_;
  const Counterexample& example_;
};

}  // namespace

void report_no_inverse(const plan::Plan& view, const runtime::InverseResult& result,
                       std::uint32_t seed, const syntax::Span& at,
                       compiler::Diagnostics& diagnostics) {
  const auto& example = result.counterexample;
  const auto& via = view.via;
  const auto& back = view.back;
  assert(example && via && back);
  const NoInverse story(view, *via, *back, result, *example);
  auto report = diagnostics.report(at, compiler::diag::NotAnInverse, story.back(), story.via());
  story.tell(report);
  report.help(fmt::format("`--seed {}` makes the same rows again", seed));
}

}  // namespace mig::cli
