#include "runtime/cli/observers.hpp"

#include <algorithm>
#include <optional>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/plan/machine/record_codec.hpp"
#include "compiler/plan/overloaded.hpp"

namespace mig::cli {
namespace {

using runtime::Instant;

std::string clock_time(Instant at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%H:%M:%S}", fmt::gmtime(seconds.time_since_epoch().count()));
}

// How fast a step goes, measured over the time since it was first seen here.
class Pace {
 public:
  explicit Pace(Instant start) : start_(start), shown_(start) {}

  // The line to show, or nothing while there is nothing new worth showing.
  std::string line(const plan::Step& step, const runtime::More& more, Instant now,
                   bool is_terminal) {
    if (first_ < 0) first_ = more.counts.read;
    const auto elapsed = std::chrono::duration<double>(now - start_).count();
    const auto since_shown = now - shown_;
    const auto pause =
        is_terminal ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5000);
    if (elapsed < 2.0 || since_shown < pause) return {};
    shown_ = now;
    const double rate = static_cast<double>(more.counts.read - first_) / elapsed;
    std::string text = fmt::format("{}  {} rows", step.name, grouped(more.counts.read));
    if (more.total > 0) text += fmt::format(" of {}", grouped(more.total));
    text += fmt::format(", {} rows/s", grouped(static_cast<std::int64_t>(rate)));
    if (more.total > more.counts.read && rate >= 1) {
      const auto left = static_cast<double>(more.total - more.counts.read) / rate;
      text += fmt::format(", {} to go",
                          plan::print(std::chrono::seconds(static_cast<std::int64_t>(left) + 1)));
    }
    if (more.counts.rejected > 0)
      text += fmt::format(", {} rejected", grouped(more.counts.rejected));
    return text;
  }

 private:
  Instant start_;
  Instant shown_;
  std::int64_t first_ = -1;
};

// What a resident did since it was last spoken of.
class FollowCount {
 public:
  struct Report {
    std::int64_t entries = 0;
    double seconds = 0;
    bool is_drained = false;
  };
  // Nothing while there is nothing new worth showing.
  std::optional<Report> add(const runtime::Followed& followed, Instant now) {
    if (!since_) since_ = now;
    entries_ += followed.entries;
    if (entries_ == 0 || now - *since_ < std::chrono::seconds(10)) return std::nullopt;
    const Report report{entries_, std::chrono::duration<double>(now - *since_).count(),
                        followed.is_drained};
    entries_ = 0;
    since_ = now;
    return report;
  }

 private:
  std::optional<Instant> since_;
  std::int64_t entries_ = 0;
};

class TextObserver final : public runtime::Observer {
 public:
  TextObserver(const runtime::Clock& clock, std::FILE* out)
      : clock_(clock), out_(out), is_terminal_(::isatty(::fileno(out)) == 1) {}
  ~TextObserver() override { clear_line(); }

  void on_entry(const plan::Plan& plan, const plan::RunState&, const plan::Entry& entry) override {
    const std::string text = describe(plan, entry.record);
    if (text.empty()) return;
    clear_line();
    fmt::print(out_, "{}  {}\n", clock_time(Instant(std::chrono::microseconds(entry.at))), text);
    std::fflush(out_);
  }

  void on_progress(const plan::Step& step, const runtime::More& more) override {
    const Instant now = clock_.now();
    const auto [pace, fresh] = paces_.try_emplace(step.name, now);
    const std::string text = pace->second.line(step, more, now, is_terminal_);
    if (text.empty()) return;
    clear_line();
    fmt::print(out_, "{}  {}{}", clock_time(now), text, is_terminal_ ? "" : "\n");
    has_line_ = is_terminal_;
    std::fflush(out_);
  }

  void on_wait(const plan::Step& step, const runtime::WaitUntil& wait) override {
    // A copy that paces itself waits many times a second; that is no news.
    if (wait.why.empty() || wait.why == waits_[step.name]) return;
    waits_[step.name] = wait.why;
    clear_line();
    fmt::print(out_, "{}  {}  waits {}\n", clock_time(clock_.now()), step.name, wait.why);
    std::fflush(out_);
  }

  void on_follow(const runtime::Followed& followed) override {
    failure_.clear();
    const auto report = follows_.add(followed, clock_.now());
    if (!report) return;
    clear_line();
    fmt::print(
        out_, "{}  follows: {} changes carried over, {}/s{}\n", clock_time(clock_.now()),
        grouped(report->entries),
        grouped(static_cast<std::int64_t>(static_cast<double>(report->entries) / report->seconds)),
        report->is_drained ? "" : ", more are waiting");
    std::fflush(out_);
  }

  void on_follow_failure(const runtime::Error& error) override {
    if (error.message == failure_) return;
    failure_ = error.message;
    clear_line();
    fmt::print(out_, "{}  follows: waits, {}{}\n", clock_time(clock_.now()), error.message,
               error.help.empty() ? "" : "; " + error.help);
    std::fflush(out_);
  }

 private:
  void clear_line() {
    if (has_line_) fmt::print(out_, "\r\x1b[K");
    has_line_ = false;
  }

  const runtime::Clock& clock_;
  std::FILE* out_;
  bool is_terminal_;
  bool has_line_ = false;
  std::map<std::string, Pace> paces_;
  std::map<std::string, std::string> waits_;
  FollowCount follows_;
  std::string failure_;
};

class JsonObserver final : public runtime::Observer {
 public:
  JsonObserver(const runtime::Clock& clock, std::FILE* out) : clock_(clock), out_(out) {}

  void on_entry(const plan::Plan& plan, const plan::RunState& state,
                const plan::Entry& entry) override {
    nlohmann::json body = nlohmann::json::parse(plan::encode_body(entry.record));
    body.erase("plan");  // of the first record: the whole plan, and its sources
    body.erase("sources");
    if (body.contains("step")) body["step"] = plan.steps.at(body["step"].get<std::size_t>()).name;
    if (body.contains("phase"))
      body["phase"] = plan.phases.at(body["phase"].get<std::size_t>()).name;
    if (body.contains("resource"))
      body["resource"] = plan.resources.at(body["resource"].get<std::size_t>()).name;
    if (body.contains("gate")) body["gate"] = plan.gates.at(body["gate"].get<std::size_t>()).name;
    put({{"event", plan::name(entry.record)},
         {"at", runtime::print(Instant(std::chrono::microseconds(entry.at)))},
         {"seq", entry.seq},
         {"run", state.run},
         {"state", name(state.status)},
         {"actor", entry.actor},
         {"data", std::move(body)}});
  }

  void on_progress(const plan::Step& step, const runtime::More& more) override {
    const Instant now = clock_.now();
    Instant& last = shown_[step.name];
    if (now - last < std::chrono::seconds(1)) return;
    last = now;
    put({{"event", "progress"},
         {"at", runtime::print(now)},
         {"step", step.name},
         {"rows_read", more.counts.read},
         {"rows_written", more.counts.written},
         {"rows_rejected", more.counts.rejected},
         {"rows_total", more.total}});
  }

  void on_wait(const plan::Step& step, const runtime::WaitUntil& wait) override {
    if (wait.why.empty() || wait.why == waits_[step.name]) return;
    waits_[step.name] = wait.why;
    put({{"event", "waits"},
         {"at", runtime::print(clock_.now())},
         {"step", step.name},
         {"why", wait.why}});
  }

  void on_follow(const runtime::Followed& followed) override {
    failure_.clear();
    const auto report = follows_.add(followed, clock_.now());
    if (!report) return;
    put({{"event", "follows"},
         {"at", runtime::print(clock_.now())},
         {"changes", report->entries},
         {"position", followed.position},
         {"is_drained", report->is_drained}});
  }

  void on_follow_failure(const runtime::Error& error) override {
    if (error.message == failure_) return;
    failure_ = error.message;
    put({{"event", "follow_waits"}, {"at", runtime::print(clock_.now())}, {"why", error.message}});
  }

 private:
  void put(const nlohmann::json& event) {
    fmt::print(out_, "{}\n", event.dump());
    std::fflush(out_);
  }

  const runtime::Clock& clock_;
  std::FILE* out_;
  std::map<std::string, Instant> shown_;
  std::map<std::string, std::string> waits_;
  FollowCount follows_;
  std::string failure_;
};

}  // namespace

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t sign = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > sign + 3; at -= 3)
    digits.insert(at - 3, 1, '_');
  return digits;
}

std::string describe(const plan::Plan& plan, const plan::Record& record) {
  const auto step = [&](plan::StepId id) -> const std::string& { return plan.at(id).name; };
  const auto back = [](plan::Direction direction) { return direction == plan::Direction::Back; };
  // Going back over a step that left nothing is no news.
  const auto is_quiet = [&](plan::StepId id, plan::Direction direction) {
    return back(direction) && undo_of(plan, plan.at(id)) == plan::UndoKind::Nothing;
  };
  return std::visit(
      plan::Overloaded{
          [](const plan::RunCreated& it) { return fmt::format("run {} is recorded", it.run); },
          [](const plan::RunReady&) { return std::string(); },
          [](const plan::RunnerArrived& it) {
            return fmt::format("runner {} takes over", it.holder);
          },
          [&](const plan::StepStarted& it) {
            if (is_quiet(it.step, it.direction)) return std::string();
            return fmt::format("{}  {}", step(it.step),
                               back(it.direction) ? "is undone" : "starts");
          },
          [](const plan::StepProgressed&) { return std::string(); },
          [&](const plan::StepRewound& it) {
            return fmt::format("{}  goes on from where the target is: {} rows read", step(it.step),
                               it.counts.read);
          },
          [&](const plan::StepDone& it) {
            if (is_quiet(it.step, it.direction)) return std::string();
            return fmt::format(
                "{}  {}: {}{}", step(it.step), back(it.direction) ? "undone" : "done", it.summary,
                it.way_back ? fmt::format("; the way back took {}", plan::print(*it.way_back))
                            : std::string());
          },
          [&](const plan::StepFailed& it) {
            return fmt::format("{}  failed: {}{}", step(it.step), it.message,
                               it.retry_at > 0 ? "; it is tried again" : "");
          },
          [&](const plan::GateJudged& it) {
            return fmt::format("{}  gate {}: {}", step(it.step), plan.at(it.gate).name, it.verdict);
          },
          [&](const plan::WindowAwaited& it) {
            return fmt::format("{}  waits for its window, until {}", plan.at(it.phase).name,
                               runtime::print(Instant(std::chrono::microseconds(it.until))));
          },
          [&](const plan::Approved& it) {
            return fmt::format("{}  approved by {}{}", step(it.step), it.who,
                               it.why.empty() ? "" : fmt::format(": {}", it.why));
          },
          [](const plan::RunPaused& it) {
            return fmt::format("paused ({}){}", name(it.reason),
                               it.detail.empty() ? "" : ": " + it.detail);
          },
          [](const plan::RunContinued& it) { return fmt::format("continued by {}", it.who); },
          [&](const plan::RollbackStarted& it) {
            std::string to = it.to ? " to phase " + plan.at(*it.to).name : "";
            if (it.retreat) to = " by one share of reads";
            return fmt::format("going back{}: {}", to, it.why);
          },
          [](const plan::RollbackEnded&) { return std::string("everything is as it was"); },
          [&](const plan::ResourceRollbackStarted& it) {
            return fmt::format("{} goes back alone: {}", plan.at(it.resource).name, it.why);
          },
          [&](const plan::ResourceRolledBack& it) {
            return fmt::format("{} is as it was", plan.at(it.resource).name);
          },
          [](const plan::Warned& it) {
            return fmt::format("{}: {}", it.is_over ? "well again" : "warning", it.message);
          },
          [](const plan::RunCompleted&) { return std::string("completed"); },
          [](const plan::RunAborted& it) {
            return fmt::format("aborted by {}: {}", it.who, it.why);
          },
          [](const plan::RequestAccepted&) { return std::string(); },
          [](const plan::RequestRefused& it) {
            return fmt::format("request `{}` of {} refused: {}", it.want, it.who, it.because);
          },
      },
      record);
}

std::unique_ptr<runtime::Observer> make_text_observer(const runtime::Clock& clock, std::FILE* out) {
  return std::make_unique<TextObserver>(clock, out);
}

std::unique_ptr<runtime::Observer> make_json_observer(const runtime::Clock& clock, std::FILE* out) {
  return std::make_unique<JsonObserver>(clock, out);
}

}  // namespace mig::cli
