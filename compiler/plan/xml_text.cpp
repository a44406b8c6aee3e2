#include "compiler/plan/xml_text.hpp"

namespace mig::plan {

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char one : text) {
    switch (one) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(one) < ' ' ? ' ' : one;
    }
  }
  return out;
}

}  // namespace mig::plan
