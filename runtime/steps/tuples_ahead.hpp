// The pages of a copy that passes rows on as bytes, read one ahead of the page that is written
// (page_ahead.hpp, which also says what belongs to which thread).
#pragma once

#include <utility>

#include "runtime/result.hpp"
#include "runtime/steps/page_ahead.hpp"
#include "runtime/stores/postgres_passage.hpp"

namespace mig::runtime {

class TuplesAhead {
  auto loading() const {
    return [this](const PageRange& range, TuplePage& page) {
      return passage_.read(range.after, range.until, range.limit, page);
    };
  }

 public:
  explicit TuplesAhead(PostgresPassage passage)
      : passage_(std::move(passage)), pages_(TuplePage(), TuplePage()) {}

  // As PageAhead says.
  Result<const TuplePage*> take(const PageRange& range) { return pages_.take(range, loading()); }
  void start(Worker& worker, PageRange range) { pages_.start(worker, std::move(range), loading()); }
  // As PostgresPassage says.
  Result<bool> write(const TuplePage& page) { return passage_.write(page); }

 private:
  PostgresPassage passage_;
  PageAhead<TuplePage> pages_;
};

}  // namespace mig::runtime
