// The phase graph of a plan as text: DOT for Graphviz, Mermaid for pages and pull requests. Pure.
#pragma once

#include <string>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

std::string dot_graph(const Plan& plan);
std::string mermaid_graph(const Plan& plan);

}  // namespace mig::plan
