#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/plan/graph.hpp"
#include "compiler/plan/phrase.hpp"
#include "compiler/plan/views.hpp"
#include "compiler/plan/xml_text.hpp"

namespace mig::plan {
namespace {

// In pixels; a character of the font is about 0.6 of its size wide.
constexpr int kFont = 13;
constexpr int kLine = 19;
constexpr int kPad = 12;
constexpr int kGap = 34;

int width_of(std::string_view text) {
  const auto points = std::ranges::count_if(
      text, [](char one) { return (static_cast<unsigned char>(one) & 0xC0U) != 0x80U; });
  return static_cast<int>(points) * kFont * 3 / 5;
}

struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  int middle() const { return x + width / 2; }
};

// Phases stand below those that they need, side by side where neither needs the other.
class Drawing {
 public:
  explicit Drawing(const Plan& plan) : plan_(plan), views_(plan), boxes_(plan.phases.size()) {}

  std::string draw() {
    place();
    std::string body;
    for (std::uint32_t i = 0; i < plan_.phases.size(); ++i) {
      for (const PhaseId before : plan_.phases[i].after)
        body += edge(boxes_[before.index], boxes_[i]);
    }
    for (std::uint32_t i = 0; i < plan_.phases.size(); ++i)
      body += box(PhaseId{i});
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
        "height=\"{1}\" role=\"img\" font-family=\"ui-monospace, monospace\" font-size=\"{2}\">\n"
        "<title>{3}</title>\n"
        "<style>rect {{ fill: #f6f8fa; stroke: #57606a }} text {{ fill: #1f2328 }} path {{ stroke: "
        "#57606a; fill: none }} .end {{ stroke: #cf222e; stroke-width: 2; stroke-dasharray: 6 4 }} "
        ".said {{ fill: #cf222e }} @media (prefers-color-scheme: dark) {{ rect {{ fill: #161b22; "
        "stroke: #8b949e }} text {{ fill: #e6edf3 }} path {{ stroke: #8b949e }} .end {{ stroke: "
        "#ff7b72 }} .said {{ fill: #ff7b72 }} }}</style>\n{4}</svg>\n",
        width_, height_, kFont, xml_text(plan_.name), body);
  }

 private:
  std::vector<std::uint32_t> layers() const {
    std::vector<std::uint32_t> layer(plan_.phases.size());
    for (std::uint32_t i = 0; i < plan_.phases.size(); ++i) {
      for (const PhaseId before : plan_.phases[i].after)
        layer[i] = std::max(layer[i], layer[before.index] + 1);
    }
    return layer;
  }

  void place() {
    const auto layer = layers();
    std::map<std::uint32_t, std::vector<std::uint32_t>> rows;
    for (std::uint32_t i = 0; i < layer.size(); ++i)
      rows[layer[i]].push_back(i);
    int y = kPad;
    std::vector<int> ends;  // of each row
    for (const auto& [row, members] : rows) {
      int x = kPad;
      int tallest = 0;
      for (const std::uint32_t i : members) {
        boxes_[i] = {x, y, wide(plan_.phases[i]), tall(plan_.phases[i])};
        x += boxes_[i].width + kGap;
        tallest = std::max(tallest, boxes_[i].height);
      }
      ends.push_back(x - kGap + kPad);
      width_ = std::max(width_, ends.back());
      y += tallest + kGap;
    }
    for (const auto& [row, members] : rows) {
      for (const std::uint32_t i : members)
        boxes_[i].x += (width_ - ends[row]) / 2;
    }
    height_ = y - kGap + kPad;
  }

  std::string said(StepId id) const { return phrase(views_.of(id), id); }

  int wide(const Phase& phase) const {
    int widest = width_of(phase.name);
    for (const StepId id : phase.steps)
      widest = std::max(widest, width_of(said(id)));
    return widest + 2 * kPad;
  }
  static int tall(const Phase& phase) {
    return static_cast<int>(phase.steps.size() + 1) * kLine + 2 * kPad;
  }

  static std::string edge(const Box& from, const Box& to) {
    const int begin = from.y + from.height;
    const int bend = (begin + to.y) / 2;
    return fmt::format("<path d=\"M {} {} C {} {}, {} {}, {} {}\"/>\n", from.middle(), begin,
                       from.middle(), bend, to.middle(), bend, to.middle(), to.y);
  }

  std::string box(PhaseId id) const {
    const Phase& phase = plan_.at(id);
    const Box& at = boxes_[id.index];
    std::string out = fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>\n"
        "<text x=\"{}\" y=\"{}\" font-weight=\"bold\">{}</text>\n",
        at.x, at.y, at.width, at.height, at.x + kPad, at.y + kPad + kFont, xml_text(phase.name));
    int y = at.y + kPad + kFont;
    for (const StepId step : phase.steps) {
      y += kLine;
      const bool is_marker = std::holds_alternative<PointOfNoReturn>(plan_.at(step).action);
      if (is_marker)
        out += fmt::format("<path class=\"end\" d=\"M 0 {0} H {1}\"/>\n", y + kLine / 3, width_);
      out += fmt::format("<text{} x=\"{}\" y=\"{}\">{}</text>\n",
                         is_marker ? " class=\"said\"" : "", at.x + kPad, y, xml_text(said(step)));
    }
    return out;
  }

  const Plan& plan_;
  const Views views_;
  std::vector<Box> boxes_;
  int width_ = 0;
  int height_ = 0;
};

}  // namespace

std::string svg_graph(const Plan& plan) {
  return Drawing(plan).draw();
}

}  // namespace mig::plan
