#include <fmt/format.h>

#include "compiler/plan/xml_text.hpp"
#include "runtime/sim/timeline.hpp"
#include "runtime/sim/timeline_svg.hpp"

namespace mig::runtime::sim {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --ink: #1d2433; --soft: #667085; --rule: #e4e7ec;
  --old: #98a2b3; --new: #2f6fed; --area: #2f6fed26; --hold: #b9cdf9; --work: #47587a;
  --good: #2e9e6b; --bad: #d6453d; --wait: #e0a526; --back: #e58a3c; --badge: #ffffff; }
@media (prefers-color-scheme: dark) { :root {
  --page: #12151c; --card: #1a1f29; --ink: #e6e9ef; --soft: #97a1b3; --rule: #2c3442;
  --old: #667085; --new: #6c9bff; --area: #6c9bff2e; --hold: #33486f; --work: #a9b8d6;
  --good: #4cc38a; --bad: #f2695f; --wait: #f0bf4c; --back: #f0a05a; --badge: #12151c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 14px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1260px; margin: 0 auto; padding: 28px 24px 48px; }
h1 { font-size: 24px; margin: 0; letter-spacing: -0.01em; }
header { display: flex; gap: 14px; align-items: center; flex-wrap: wrap; }
.badge { padding: 2px 12px; border-radius: 999px; color: var(--badge); font-weight: 600; }
.badge.completed { background: var(--good); }
.badge.partial, .badge.paused { background: var(--wait); }
.badge.rolled_back { background: var(--back); }
.badge.stuck, .badge.harmed { background: var(--bad); }
.facts { display: flex; gap: 28px; flex-wrap: wrap; margin: 14px 0 18px; color: var(--soft); }
.facts b { display: block; color: var(--ink); font-size: 16px; font-weight: 600; }
.why { margin: 0 0 14px; max-width: 90ch; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 14px 18px; margin-bottom: 22px; overflow-x: auto; }
.legend { display: flex; gap: 18px; flex-wrap: wrap; color: var(--soft); font-size: 12px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px;
  margin-right: 6px; vertical-align: -2px; }
svg { display: block; font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
svg text { fill: var(--ink); }
svg .section { fill: var(--soft); font-size: 11px; letter-spacing: 0.06em;
  text-transform: uppercase; }
svg .name { text-anchor: end; }
svg .never .name, svg .time, svg .value { fill: var(--soft); }
svg .time, svg .value { font-size: 11px; font-variant-numeric: tabular-nums; }
svg .time.last { text-anchor: end; }
svg .inside { fill: var(--badge); font-size: 11px; font-weight: 600; }
svg .grid, svg .level { stroke: var(--rule); }
svg .no-return line { stroke: var(--bad); stroke-dasharray: 4 4; }
svg .no-return text { fill: var(--bad); font-size: 11px; text-anchor: end; }
.step { fill: var(--work); } .step.hold, .step.approve { fill: var(--hold); }
.step.reads, .step.writes { fill: var(--new); } .step.marker { fill: var(--bad); }
.step.failed { fill: var(--bad); } .step.back { fill: var(--back); }
.step.open { opacity: 0.6; }
.verdict.pass { fill: var(--good); } .verdict.fail { fill: var(--bad); }
.verdict.no_data, .verdict.source_error { fill: var(--wait); }
.area { fill: var(--area); } .line { fill: none; stroke: var(--new); stroke-width: 2; }
.to-old { fill: var(--old); } .to-new { fill: var(--new); }
.to-both { fill: var(--hold); } .to-none { fill: var(--bad); }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; color: var(--soft); font-weight: 500; font-size: 12px; }
th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
td.at { white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--soft); }
td.phase { white-space: nowrap; }
tr.failure td.what { color: var(--bad); } tr.undo td.what { color: var(--back); }
tr.script td.what { font-style: italic; } tr.run td.what { font-weight: 600; }
)";

std::string fact(std::string_view name, const std::string& value) {
  return fmt::format("<span>{}<b>{}</b></span>", name, plan::xml_text(value));
}

std::string header(const plan::Plan& plan, const Report& report) {
  const std::string kind = report.ending ? std::string(plan::name(*report.ending)) : "stuck";
  std::string out = fmt::format(
      "<header><h1>{}</h1><span id=\"ending\" class=\"badge {}\" data-ending=\"{}\">{}</span>",
      plan::xml_text(plan.name), kind, kind, ending_of(report));
  if (report.violation) out += "<span class=\"badge harmed\">a client is harmed</span>";
  out += "</header>\n<div class=\"facts\">";
  out += fact("took", since_start(report, report.ended_at).substr(1));
  out += fact("environment", plan.env);
  out += fact("seed", fmt::format("{}", report.seed));
  out += fact("looks of gates", fmt::format("{}", report.looks));
  out += fact("records", fmt::format("{}", report.records));
  out += fact("reads checked", fmt::format("{}", report.reads));
  out += fact("writes acknowledged", fmt::format("{}", report.acknowledged));
  if (report.expected)
    out += fact("expected",
                fmt::format("{}, {}", plan::name(*report.expected),
                            report.ending == report.expected ? "as it was" : "which it was not"));
  out += "</div>\n";
  if (report.violation)
    out += fmt::format("<p class=\"why\" id=\"violation\">{}: {}</p>\n",
                       since_start(report, report.violation->at),
                       plan::xml_text(report.violation->what));
  if (!report.detail.empty())
    out += fmt::format("<p class=\"why\" id=\"why\">{}</p>\n", plan::xml_text(report.detail));
  for (const Unmet& one : report.unmet)
    out += fmt::format("<p class=\"why\">not as expected: {}</p>\n", plan::xml_text(one.why));
  for (const std::string& line : report.never_happened)
    out += fmt::format("<p class=\"why\">never happened: {}</p>\n", plan::xml_text(line));
  return out;
}

constexpr std::string_view kLegend =
    R"html(<div class="legend"><span><i style="background:var(--work)"></i>works</span>
<span><i style="background:var(--new)"></i>moves requests</span>
<span><i style="background:var(--hold)"></i>waits</span>
<span><i style="background:var(--back)"></i>is undone</span>
<span><i style="background:var(--good)"></i>a gate passes</span>
<span><i style="background:var(--bad)"></i>fails</span>
<span><i style="background:var(--wait)"></i>sees nothing</span>
<span>Long waits are drawn shorter than they are; the labels tell the true time.</span></div>
)html";

std::string table(const plan::Plan& plan, const Report& report) {
  std::string rows;
  for (const Event& event : report.events) {
    const std::string phase = event.phase ? plan.at(*event.phase).name : "";
    rows += fmt::format(
        "<tr class=\"event {}\" data-kind=\"{}\"><td class=\"at\">{}</td>"
        "<td class=\"phase\">{}</td><td class=\"what\">{}</td></tr>\n",
        name(event.kind), name(event.kind), since_start(report, event.at), plan::xml_text(phase),
        plan::xml_text(event.text));
  }
  return fmt::format(
      "<table id=\"events\"><thead><tr><th>time</th><th>phase</th><th>what happens</th></tr>"
      "</thead><tbody>\n{}</tbody></table>\n",
      rows);
}

}  // namespace

std::string html_timeline(const plan::Plan& plan, const Report& report) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{}: a simulated run</title>\n"
      "<style>{}</style>\n</head>\n<body>\n<main>\n{}<div class=\"card\">{}{}</div>\n"
      "<div class=\"card\">{}</div>\n</main>\n</body>\n</html>\n",
      plan::xml_text(plan.name), kStyle, header(plan, report), svg_timeline(plan, report), kLegend,
      table(plan, report));
}

}  // namespace mig::runtime::sim
