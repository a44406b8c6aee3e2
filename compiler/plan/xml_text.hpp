// Text inside XML and HTML: what would mean something there is written so that it does not.
//
// Used by pictures and pages. Pure.
#pragma once

#include <string>
#include <string_view>

namespace mig::plan {

// Also right inside an attribute that stands in double quotes. Control characters become blanks.
std::string xml_text(std::string_view text);

}  // namespace mig::plan
