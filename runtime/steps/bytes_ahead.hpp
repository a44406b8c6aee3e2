// The pages of a copy that passes rows on as bytes, read ahead of the page that is written
// (pages_ahead.hpp, which also says what belongs to which thread).
//
// BytesAhead is what a copy sees, PassageAhead is one for each kind of passage: PostgresPassage,
// RedisPassage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/chunk_writer.hpp"
#include "runtime/steps/pages_ahead.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/open_store.hpp"
#include "runtime/stores/passed_page.hpp"
#include "runtime/stores/postgres_passage.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

// Whether the page can be written as it is; otherwise its rows have to be read.
inline bool goes_in(const PassedPage& page) {
  return page.is_plain && (page.read > 0 || page.is_last || !page.large.empty());
}
inline PageEnd end_of(const PassedPage& page) {
  return {page.last, page.is_last || !goes_in(page)};
}

class BytesAhead {
 public:
  virtual ~BytesAhead() = default;

  // As PagesAhead says.
  virtual Result<const PassedPage*> take(const PageRange& range) = 0;
  virtual void start(Worker& worker, PageRange range) = 0;
  virtual void stop() = 0;
  // The page that was taken last, which is plain: how many of its rows moved; the others were kept.
  // Nothing: it does not go in as it is, and nothing of it was written.
  virtual Result<std::optional<std::int64_t>> write(Effect& effect, Claims claims) = 0;
  // The places that split what lies behind `after`, up to and with `until`, into `parts` that may
  // be moved at once, of a source of `total` rows; none where they may not. Not under a Reading.
  virtual Result<std::vector<std::string>> split(const std::string& after, const std::string& until,
                                                 std::size_t parts, std::int64_t total) = 0;
};

// Null where rows do not pass from one to the other as they are (PlainPair, RedisPassage).
Result<std::unique_ptr<BytesAhead>> open_bytes_ahead(Stores& stores, const OpenStore& target,
                                                     const plan::Plan& plan,
                                                     const PostgresPassage::Owner& owner);
// The same by two connections to PostgreSQL, with as many pages in memory.
Result<std::unique_ptr<BytesAhead>> open_bytes_between(const Database& source,
                                                       const Database& target,
                                                       const plan::Plan& plan,
                                                       const PostgresPassage::Owner& owner,
                                                       std::size_t pages = kPagesAhead);

template <class Passage>
class PassageAhead final : public BytesAhead {
  using Page = typename Passage::Page;
  auto loading() {
    return [this](const PageRange& range, Page& page) {
      return passage_.read(range.after, range.until, range.limit, page);
    };
  }
  typename PagesAhead<Page>::Finish finishing() {
    if constexpr (requires(Page & page) { passage_.finish(page); }) {
      return [this](Page& page) { passage_.finish(page); };
    } else {
      return {};
    }
  }

 public:
  explicit PassageAhead(Passage passage) : PassageAhead(std::move(passage), kPagesAhead) {}
  PassageAhead(Passage passage, std::size_t pages)
      : passage_(std::move(passage)), pages_(std::vector<Page>(pages), finishing()) {}

  Result<const PassedPage*> take(const PageRange& range) override {
    MIG_ASSIGN(page, pages_.take(range, loading()));
    taken_ = page;
    return taken_;
  }
  void start(Worker& worker, PageRange range) override {
    pages_.start(worker, std::move(range), loading());
  }
  void stop() override { pages_.stop(); }
  Result<std::optional<std::int64_t>> write(Effect& effect, Claims claims) override {
    if constexpr (requires { passage_.write(effect, *taken_, true); }) {
      MIG_ASSIGN(is_in, passage_.write(effect, *taken_, claims == Claims::Looked));
      return is_in ? std::optional(taken_->read) : std::nullopt;
    } else {
      return passage_.write(*taken_);
    }
  }
  Result<std::vector<std::string>> split(const std::string& after, const std::string& until,
                                         std::size_t parts, std::int64_t total) override {
    if constexpr (requires { passage_.split(after, until, parts, total); }) {
      return passage_.split(after, until, parts, total);
    } else {
      return std::vector<std::string>();
    }
  }

 private:
  Passage passage_;
  PagesAhead<Page> pages_;
  const Page* taken_ = nullptr;
};

}  // namespace mig::runtime
