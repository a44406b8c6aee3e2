#include "runtime/steps/read_ahead.hpp"

#include <vector>

namespace mig::runtime {
namespace {

std::vector<CarriedPage> pages_of(const plan::Plan& plan) {
  std::vector<CarriedPage> pages;
  for (std::size_t i = 0; i < kPagesAhead; ++i)
    pages.emplace_back(plan);
  return pages;
}

}  // namespace

ReadAhead::ReadAhead(const plan::Plan& plan, KeysetReader reader)
    : reader_(std::move(reader)), pages_(pages_of(plan)) {}

Result<const CarriedPage*> ReadAhead::take(const PageRange& range) {
  return pages_.take(range,
                     [this](const PageRange& from, CarriedPage& into) { return load(from, into); });
}

void ReadAhead::start(Worker& worker, PageRange range) {
  pages_.start(worker, std::move(range),
               [this](const PageRange& from, CarriedPage& into) { return load(from, into); });
}

Result<void> ReadAhead::load(const PageRange& range, CarriedPage& into) {
  MIG_TRY(reader_.read(range.after, range.until, range.limit, into.page));
  into.carrier.run(into.page.rows);
  return {};
}

}  // namespace mig::runtime
