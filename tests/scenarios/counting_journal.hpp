// A journal that counts what is appended to it, and loses the run at a chosen append, or keeps it
// waiting there.
//
// Used by scenarios. Everything but that goes to the real journal, which outlives it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/scenarios/scenario.hpp"

namespace mig::test {

// Everything in memory is lost here.
struct Crash {};

// Forwards to the real journal; dies at the chosen append, or where a test wants to stop.
class CountingJournal final : public runtime::Journal {
 public:
  // `meanwhile` happens while the run is kept waiting.
  CountingJournal(runtime::Journal& journal, CrashPoint crash, int& count,
                  std::function<void()> meanwhile)
      : journal_(journal), crash_(crash), count_(count), meanwhile_(std::move(meanwhile)) {}

  runtime::Result<std::int64_t> append(const runtime::Lease& held,
                                       std::span<const runtime::NewRecord> records) override {
    ++count_;
    const bool is_there = crash_.append == count_;
    if (is_there && crash_.is_before) throw Crash{};
    auto seq = journal_.append(held, records);
    if (is_there && crash_.is_overtaken) {
      meanwhile_();
    } else if (is_there) {
      throw Crash{};
    }
    return seq;
  }
  runtime::Result<std::vector<runtime::JournalRecord>> read(std::int64_t after,
                                                            std::size_t limit) override {
    return journal_.read(after, limit);
  }
  runtime::Result<std::int64_t> verify() override { return journal_.verify(); }
  runtime::Result<std::int64_t> add_request(const runtime::NewRequest& request) override {
    return journal_.add_request(request);
  }
  runtime::Result<std::vector<runtime::Request>> requests_after(std::int64_t id) override {
    return journal_.requests_after(id);
  }
  runtime::Result<runtime::Lease> take(const std::string& resource,
                                       const std::string& holder) override {
    return journal_.take(resource, holder);
  }
  runtime::Result<void> beat(runtime::Lease& held) override { return journal_.beat(held); }
  runtime::Result<void> release(const runtime::Lease& held) override {
    return journal_.release(held);
  }

 private:
  runtime::Journal& journal_;
  CrashPoint crash_;
  int& count_;
  std::function<void()> meanwhile_;
};

}  // namespace mig::test
