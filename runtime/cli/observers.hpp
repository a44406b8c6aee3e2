// What people and programs see of a run while it goes: lines of text, or one JSON object a line.
//
// Text has the time, the step and what happened; a step that takes longer than two seconds shows
// rows, rate and the time it still needs. On a terminal that line is redrawn, elsewhere it is
// printed anew now and then.
#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "runtime/engine/executor.hpp"

namespace mig::cli {

std::unique_ptr<runtime::Observer> make_text_observer(const runtime::Clock& clock, std::FILE* out);
std::unique_ptr<runtime::Observer> make_json_observer(const runtime::Clock& clock, std::FILE* out);

// `1_204_331`: how people read a large number.
std::string grouped(std::int64_t number);
// What a record says, in one line for people; empty for records that only the machine needs.
std::string describe(const plan::Plan& plan, const plan::Record& record);

}  // namespace mig::cli
