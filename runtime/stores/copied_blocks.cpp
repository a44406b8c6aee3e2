#include "runtime/stores/copied_blocks.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/catalogue.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kHalf = 16;  // hexadecimal digits of half a fingerprint

// The words of a page: `rows fingerprint place` a block.
std::string text_of(const std::vector<CopiedBlock>& blocks) {
  std::string text;
  for (const CopiedBlock& block : blocks) {
    text += fmt::format("{}{} {} {}", text.empty() ? "" : " ", block.rows.rows(),
                        print(block.rows.sum()), block.last);
  }
  return text;
}

std::string_view next_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == text.npos ? text.size() : space + 1);
  return word;
}

template <class Number>
Number number_of(std::string_view word, int base) {
  Number number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number, base);
  return number;
}

std::vector<CopiedBlock> blocks_of(std::string_view text) {
  std::vector<CopiedBlock> blocks;
  while (!text.empty()) {
    const auto rows = number_of<std::int64_t>(next_word(text), 10);
    const std::string_view digits = next_word(text);
    const auto high = number_of<std::uint64_t>(digits.substr(0, kHalf), 16);
    const auto low = number_of<std::uint64_t>(digits.substr(std::min(kHalf, digits.size())), 16);
    blocks.push_back(
        {FingerprintSum((Fingerprint{high} << 64) | low, rows), std::string(next_word(text))});
  }
  return blocks;
}

}  // namespace

Result<void> keep_blocks(const Database& target, const std::string& run, const std::string& step,
                         const CopiedPage& page) {
  MIG_ASSIGN(keep, target.prepare("INSERT INTO mig_ctl_block(run, step, moment, behind, blocks) "
                                  "VALUES(?1, ?2, ?3, ?4, ?5)"));
  keep.bind_text(1, run);
  keep.bind_text(2, step);
  keep.bind_text(3, page.moment);
  keep.bind_text(4, page.after);
  keep.bind_text(5, text_of(page.blocks));
  return keep.run();
}

Result<void> forget_blocks(const Database& target, const std::string& run,
                           const std::string& step) {
  MIG_ASSIGN(has_any, has_table(target, "mig_ctl_block"));
  if (!has_any) return {};
  MIG_ASSIGN(drop, target.prepare("DELETE FROM mig_ctl_block WHERE run = ?1 AND step = ?2"));
  drop.bind_text(1, run);
  drop.bind_text(2, step);
  return drop.run();
}

Result<std::optional<CopiedBlocks>> CopiedBlocks::of(const Database& target,
                                                     const std::string& run) {
  MIG_ASSIGN(has_any, has_table(target, "mig_ctl_block"));
  if (!has_any || run.empty()) return std::optional<CopiedBlocks>();
  MIG_ASSIGN(copies, target.prepare("SELECT DISTINCT a.step, a.rows_read, a.finished, b.moment "
                                    "FROM mig_ctl_block b JOIN mig_ctl_applied a USING (run, step) "
                                    "WHERE run = ?1"));
  copies.bind_text(1, run);
  CopiedBlocks blocks(target);
  blocks.run_ = run;
  while (true) {
    MIG_ASSIGN(has_row, copies.step());
    if (!has_row) break;
    // What two copies read, in which order, nobody can tell.
    const bool is_only = blocks.step_.empty() || blocks.step_ == copies.text(0);
    if (!is_only || copies.integer(2) == 0) return std::optional<CopiedBlocks>();
    blocks.step_ = copies.text(0);
    blocks.rows_ = copies.integer(1);
    blocks.moments_.emplace_back(copies.text(3));
  }
  if (blocks.step_.empty()) return std::optional<CopiedBlocks>();
  return std::optional(std::move(blocks));
}

Result<std::vector<CopiedBlock>> CopiedBlocks::behind(const std::string& after,
                                                      std::int64_t limit) {
  std::vector<CopiedBlock> found;
  std::int64_t rows = 0;
  std::string at = after;
  while (rows < limit) {
    // A comparison that looked into a block goes on behind that, which is in the midst of a page.
    auto block = std::ranges::find(page_, at, &CopiedBlock::last);
    if (block != page_.end()) ++block;
    if (block == page_.end()) {
      MIG_ASSIGN(has_page, load(at));
      if (!has_page) return found;
      block = page_.begin();
    }
    for (; block != page_.end() && rows < limit; ++block) {
      rows += block->rows.rows();
      at = block->last;
      found.push_back(*block);
    }
  }
  return found;
}

Result<bool> CopiedBlocks::load(const std::string& after) {
  MIG_ASSIGN(rows, target_->prepare("SELECT blocks FROM mig_ctl_block "
                                    "WHERE run = ?1 AND step = ?2 AND behind = ?3"));
  rows.bind_text(1, run_);
  rows.bind_text(2, step_);
  rows.bind_text(3, after);
  MIG_ASSIGN(has_row, rows.step());
  page_.clear();
  if (has_row) page_ = blocks_of(rows.text(0));
  return !page_.empty();
}

}  // namespace mig::runtime
