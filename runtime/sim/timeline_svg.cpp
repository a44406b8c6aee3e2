#include "runtime/sim/timeline_svg.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "compiler/plan/phrase.hpp"
#include "compiler/plan/xml_text.hpp"
#include "runtime/sim/timeline.hpp"

namespace mig::runtime::sim {
namespace {

constexpr int kLabels = 150;  // the column of names
constexpr int kWidth = 1180;
constexpr int kRight = kWidth - 20;
constexpr int kRow = 26;
constexpr int kChart = 96;
constexpr int kLabelEvery = 84;  // two labels of the axis are no nearer

// Where moments stand on the page: the wider, the longer, and nothing is lost.
class Axis {
 public:
  explicit Axis(const Report& report) {
    for (const Span& span : report.spans)
      places_[span.from] = places_[span.to] = 0;
    for (const Event& event : report.events)
      places_[event.at] = 0;
    places_[report.started_at] = places_[report.ended_at] = 0;
    double total = 0;
    plan::Micros before = places_.begin()->first;
    for (auto& [at, place] : places_) {
      const double seconds = static_cast<double>(at - before) / 1e6;
      total += seconds > 0 ? std::log2(1 + seconds) + 0.5 : 0;
      place = total;
      before = at;
    }
    for (auto& [at, place] : places_)
      place = kLabels + (total > 0 ? place / total : 0) * (kRight - kLabels);
  }

  double operator()(plan::Micros at) const {
    const auto after = places_.lower_bound(at);
    if (after == places_.end()) return kRight;
    if (after->first == at || after == places_.begin()) return after->second;
    const auto before = std::prev(after);
    const double part =
        static_cast<double>(at - before->first) / static_cast<double>(after->first - before->first);
    return before->second + part * (after->second - before->second);
  }
  const std::map<plan::Micros, double>& places() const { return places_; }

 private:
  std::map<plan::Micros, double> places_;
};

// `+7d 01:20`: to the minute, as there is room for.
std::string short_time(const Report& report, plan::Micros at) {
  std::string text = since_start(report, at);
  return text.substr(0, text.size() - 3);
}

std::string_view kind_of(const plan::Action& action) {
  if (std::holds_alternative<plan::Hold>(action)) return "hold";
  if (std::holds_alternative<plan::Approve>(action)) return "approve";
  if (std::holds_alternative<plan::RouteReads>(action)) return "reads";
  if (std::holds_alternative<plan::RouteWrites>(action)) return "writes";
  if (std::holds_alternative<plan::PointOfNoReturn>(action)) return "marker";
  return "work";
}

class Drawing {
 public:
  Drawing(const plan::Plan& plan, const Report& report)
      : plan_(plan), report_(report), axis_(report) {}

  std::string draw() {
    section("phases");
    for (std::uint32_t i = 0; i < plan_.phases.size(); ++i)
      phase(plan::PhaseId{i});
    if (!report_.gates.empty()) section("gates");
    for (std::uint32_t i = 0; i < plan_.gates.size(); ++i)
      gate(plan::GateId{i});
    const std::size_t resources = std::max<std::size_t>(1, plan_.resources.size());
    for (std::size_t i = 0; i < resources; ++i)
      shares(i);
    const int bottom = y_;
    axis();
    return fmt::format(
        "<svg id=\"timeline\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" role=\"img\" "
        "aria-label=\"phases, gates and shares over time\">\n{}{}</svg>\n",
        kWidth, y_, kWidth, y_, grid(bottom), body_);
  }

 private:
  void add(std::string text) { body_ += std::move(text) + "\n"; }

  void section(std::string_view name) {
    y_ += 12;
    add(fmt::format("<text class=\"section\" x=\"0\" y=\"{}\">{}</text>", y_ + 12, name));
    y_ += 22;
  }

  void label(std::string name, int y) {
    if (name.size() > 22) name = name.substr(0, 21) + "…";
    add(fmt::format("<text class=\"name\" x=\"{}\" y=\"{}\">{}</text>", kLabels - 10, y,
                    plan::xml_text(name)));
  }

  void bar(std::string_view classes, plan::Micros from, plan::Micros to, int y, int height,
           const std::string& data, const std::string& title) {
    const double left = axis_(from);
    const double wide = std::max(2.5, axis_(to) - left);
    add(
        fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" "
                    "rx=\"2\"{}><title>{}</title></rect>",
                    classes, left, y, wide, height, data, plan::xml_text(title)));
  }

  void phase(plan::PhaseId id) {
    const plan::Phase& phase = plan_.at(id);
    std::optional<plan::Micros> from;
    plan::Micros to = 0;
    for (const Span& span : report_.spans) {
      if (plan_.at(span.step).phase != id) continue;
      from = std::min(from.value_or(span.from), span.from);
      to = std::max(to, span.to);
    }
    add(fmt::format("<g class=\"phase {}\" id=\"phase-{}\" data-phase=\"{}\">",
                    from ? "begun" : "never", plan::xml_text(phase.name),
                    plan::xml_text(phase.name)));
    label(phase.name, y_ + 15);
    if (from) {
      for (const Span& span : report_.spans) {
        if (plan_.at(span.step).phase == id) step(span);
      }
    }
    add("</g>");
    y_ += kRow;
  }

  void step(const Span& span) {
    const bool is_back = span.direction == plan::Direction::Back;
    const std::string classes = fmt::format("step {} {} {}", kind_of(plan_.at(span.step).action),
                                            is_back ? "back" : "forward", span.outcome);
    const std::string title =
        fmt::format("{}{}: {}, {} to {}", is_back ? "undo " : "", phrase(plan_, span.step),
                    span.outcome, since_start(report_, span.from), since_start(report_, span.to));
    bar(classes, span.from, span.to, is_back ? y_ + 15 : y_ + 2, is_back ? 7 : 12,
        fmt::format(" data-step=\"{}\"", plan::xml_text(plan_.at(span.step).name)), title);
  }

  void gate(plan::GateId id) {
    const bool is_seen =
        std::ranges::any_of(report_.gates, [&](const Looks& looks) { return looks.gate == id; });
    if (!is_seen) return;
    const std::string name = plan::xml_text(plan_.at(id).name);
    add(fmt::format("<g class=\"gate\" id=\"gate-{}\" data-gate=\"{}\">", name, name));
    label(plan_.at(id).name, y_ + 13);
    for (const Looks& looks : report_.gates) {
      if (looks.gate != id) continue;
      std::string title = fmt::format("{} {}, {} looks from {} to {}", plan_.at(id).name,
                                      looks.verdict, looks.count, since_start(report_, looks.from),
                                      since_start(report_, looks.to));
      for (const std::string& value : looks.values)
        title += "\n" + value;
      bar("verdict " + looks.verdict, looks.from, looks.to, y_ + 3, 12,
          fmt::format(" data-verdict=\"{}\" data-looks=\"{}\"", looks.verdict, looks.count), title);
    }
    add("</g>");
    y_ += 22;
  }

  static std::string authority(const Routed& routed) {
    if (routed.is_stopped) return "none";
    if (routed.writes_new == plan::Ratio{}) return "old";
    return routed.writes_new == plan::Ratio::percent(100) ? "new" : print(routed.writes_new);
  }

  void shares(std::size_t resource) {
    const std::string name = plan_.resources.empty() ? "" : plan_.resources[resource].name;
    section(name.empty() ? "reads and writes" : "reads and writes of " + name);
    std::vector<Routed> routes;
    for (const Routed& routed : report_.routes) {
      if (routed.resource == resource) routes.push_back(routed);
    }
    add(fmt::format("<g class=\"shares\" id=\"shares-{}\">",
                    name.empty() ? "plan" : plan::xml_text(name)));
    label("reads on new", y_ + kChart / 2);
    const auto height = [&](plan::Ratio share) {
      return y_ + kChart - static_cast<double>(share.parts()) / plan::Ratio::kWhole * kChart;
    };
    for (const int percent : {0, 50, 100}) {
      const double y = height(plan::Ratio::percent(percent));
      add(fmt::format("<line class=\"level\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
                      kLabels, kRight, y, y));
    }
    std::string line;
    for (std::size_t i = 0; i < routes.size(); ++i) {
      const plan::Micros end = i + 1 < routes.size() ? routes[i + 1].at : report_.ended_at;
      line += fmt::format("{}{:.1f} {:.1f}H{:.1f}", i == 0 ? "M" : "L", axis_(routes[i].at),
                          height(routes[i].reads_new), axis_(end));
    }
    add(fmt::format("<path class=\"area\" d=\"{}V{}H{}Z\"/>", line, y_ + kChart, kLabels));
    add(fmt::format("<path class=\"line\" d=\"{}\"/>", line));
    percentages(routes, height);
    y_ += kChart + 10;
    label("writes go to", y_ + 14);
    authorities(routes);
    add("</g>");
    y_ += 24;
  }

  template <class Height>
  void percentages(const std::vector<Routed>& routes, Height height) {
    double free_from = 0;
    std::optional<plan::Ratio> before;
    for (const Routed& routed : routes) {
      if (before == routed.reads_new) continue;
      before = routed.reads_new;
      const double x = axis_(routed.at);
      const bool is_shown = x >= free_from;
      add(fmt::format("<g class=\"share\" data-at=\"{}\" data-reads=\"{}\">",
                      (routed.at - report_.started_at) / 1'000'000, print(routed.reads_new)));
      if (is_shown) {
        const double y = std::max(height(routed.reads_new) - 5, static_cast<double>(y_) + 10);
        add(fmt::format("<text class=\"value\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", x + 4, y,
                        print(routed.reads_new)));
        free_from = x + 36;
      }
      add("</g>");
    }
  }

  void authorities(const std::vector<Routed>& routes) {
    for (std::size_t i = 0; i < routes.size();) {
      const std::string now = authority(routes[i]);
      std::size_t next = i + 1;
      while (next < routes.size() && authority(routes[next]) == now)
        ++next;
      const plan::Micros end = next < routes.size() ? routes[next].at : report_.ended_at;
      const std::string kind = now == "none" || now == "old" || now == "new" ? now : "both";
      bar("authority to-" + kind, routes[i].at, end, y_, 18,
          fmt::format(" data-authority=\"{}\"", now),
          fmt::format("writes go to {} from {}", now, since_start(report_, routes[i].at)));
      if (axis_(end) - axis_(routes[i].at) > 40) {
        add(fmt::format("<text class=\"inside\" x=\"{:.1f}\" y=\"{}\">{}</text>",
                        axis_(routes[i].at) + 8, y_ + 13, now));
      }
      i = next;
    }
  }

  // The times below, and lines up from them.
  void axis() {
    double free_from = 0;
    for (const auto& [at, x] : axis_.places()) {
      const bool is_last = at == report_.ended_at;
      if (!is_last && (x < free_from || x > kRight - 2 * kLabelEvery + 12)) continue;
      marks_.push_back(x);
      add(fmt::format("<text class=\"time{}\" x=\"{:.1f}\" y=\"{}\">{}</text>",
                      is_last ? " last" : "", x, y_ + 20, short_time(report_, at)));
      free_from = x + kLabelEvery;
    }
    y_ += 30;
  }

  std::string grid(int bottom) {
    std::string lines;
    for (const double x : marks_)
      lines += fmt::format(
          "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"34\" y2=\"{}\"/>\n", x, x, bottom);
    for (const Span& span : report_.spans) {
      const auto& action = plan_.at(span.step).action;
      const bool is_marker = std::holds_alternative<plan::PointOfNoReturn>(action) &&
                             span.direction == plan::Direction::Forward;
      if (!is_marker) continue;
      const double x = axis_(span.from);
      lines += fmt::format(
          "<g class=\"no-return\"><line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"16\" y2=\"{}\"/>"
          "<text x=\"{:.1f}\" y=\"14\">point of no return</text></g>\n",
          x, x, bottom, x - 4);
    }
    return lines;
  }

  const plan::Plan& plan_;
  const Report& report_;
  Axis axis_;
  std::string body_;
  std::vector<double> marks_;
  int y_ = 0;
};

}  // namespace

std::string svg_timeline(const plan::Plan& plan, const Report& report) {
  return Drawing(plan, report).draw();
}

}  // namespace mig::runtime::sim
