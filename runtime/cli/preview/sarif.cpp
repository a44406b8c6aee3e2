#include "runtime/cli/preview/sarif.hpp"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mig::cli {
namespace {

using Json = nlohmann::ordered_json;

// A URI of a path: what RFC 3986 lets stand in a path stays, every other byte is escaped.
std::string uri_of(std::string_view path) {
  static constexpr std::string_view kPlain = "-._~/!$&'()*+,;=:@";
  std::string uri;
  for (const char one : path) {
    const bool is_plain = (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') ||
                          (one >= '0' && one <= '9') || kPlain.find(one) != std::string_view::npos;
    uri += is_plain
               ? std::string(1, one)
               : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(one)));
  }
  return uri;
}

Json location(const ShownPlace& place) {
  return {{"physicalLocation",
           {{"artifactLocation", {{"uri", uri_of(place.file)}}},
            {"region",
             {{"startLine", place.line},
              {"startColumn", place.column},
              {"endLine", place.end_line},
              {"endColumn", place.end_column}}}}}};
}

Json flow(const ShownDiagnostic& diagnostic) {
  Json steps = Json::array();
  for (const ShownTraceLine& line : diagnostic.trace) {
    Json at = line.place.line == 0 ? Json::object() : location(line.place);
    const std::string phase = line.phase.empty() ? "" : line.phase + ": ";
    at["message"] = {{"text", fmt::format("{} {}{}", line.actor, phase, line.text)}};
    steps.push_back({{"location", std::move(at)}});
  }
  return Json::array({{{"message", {{"text", diagnostic.outcome}}},
                       {"threadFlows", Json::array({{{"locations", std::move(steps)}}})}}});
}

Json result(const ShownDiagnostic& diagnostic) {
  std::string text = diagnostic.message;
  for (const std::string& note : diagnostic.notes)
    text += "\nnote: " + note;
  for (const std::string& help : diagnostic.helps)
    text += "\nhelp: " + help;
  Json json{{"ruleId", diagnostic.code},
            {"level", diagnostic.severity},
            {"message", {{"text", std::move(text)}}},
            {"locations", Json::array({location(diagnostic.place)})}};
  if (!diagnostic.labels.empty()) {
    json["relatedLocations"] = Json::array();
    for (const ShownLabel& label : diagnostic.labels) {
      Json at = location(label.place);
      at["message"] = {{"text", label.text}};
      json["relatedLocations"].push_back(std::move(at));
    }
  }
  if (!diagnostic.trace.empty()) json["codeFlows"] = flow(diagnostic);
  return json;
}

}  // namespace

std::string as_sarif(const std::vector<ShownDiagnostic>& diagnostics) {
  Json results = Json::array();
  Json rules = Json::array();
  std::set<std::string> codes;
  for (const ShownDiagnostic& one : diagnostics) {
    results.push_back(result(one));
    if (codes.insert(one.code).second)
      rules.push_back({{"id", one.code}, {"help", {{"text", "mig explain " + one.code}}}});
  }
  const Json sarif{
      {"$schema",
       "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
       "sarif-schema-2.1.0.json"},
      {"version", "2.1.0"},
      {"runs",
       Json::array({{{"tool",
                      {{"driver",
                        {{"name", "mig"}, {"version", MIG_VERSION}, {"rules", std::move(rules)}}}}},
                     {"columnKind", "unicodeCodePoints"},
                     {"results", std::move(results)}}})}};
  return sarif.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mig::cli
