// The phase graph of a plan: DOT for Graphviz, Mermaid for pages and pull requests, SVG to look at
// as it is. Pure.
#pragma once

#include <string>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

std::string dot_graph(const Plan& plan);
std::string mermaid_graph(const Plan& plan);
// With a line across the page at the point of no return.
std::string svg_graph(const Plan& plan);

}  // namespace mig::plan
