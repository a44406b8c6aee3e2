#include "runtime/steps/copy_pages.hpp"

namespace mig::runtime {

Result<PagesWritten> write_pages(BytesAhead& bytes, Effect& effect, Claims claims,
                                 const CopyPace& pace, PageRange range, const PassedPage* page) {
  PagesWritten written{.last = range.after};
  while (true) {
    MIG_ASSIGN(gone_in, bytes.write(effect, claims));
    if (!gone_in) return written;
    written.is_any = true;
    written.large = page->large;
    written.counts.read += page->read;
    written.counts.moved += *gone_in;
    written.counts.kept += page->read - *gone_in;
    written.counts.written += *gone_in;
    written.moved = {written.moved.rows + page->read, written.moved.bytes + page->bytes};
    written.last = page->last;
    written.is_last = page->is_last || written.last == range.until;
    if (written.is_last || !written.large.empty() || !pace.has_room(written.moved, range.limit))
      return written;
    range.after = written.last;
    MIG_ASSIGN(next, bytes.take(range));
    if (!goes_in(*next)) return written;
    page = next;
  }
}

}  // namespace mig::runtime
