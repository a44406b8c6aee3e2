#include "runtime/cli/preview/document_json.hpp"

#include "compiler/plan/json_archive.hpp"
#include "runtime/cli/preview/fields.hpp"
#include "runtime/cli/preview/schema_writer.hpp"

namespace mig::cli {

std::string as_json(const Document& document) {
  return plan::JsonWriter::write(document).dump(1, ' ', false,
                                                nlohmann::json::error_handler_t::replace) +
         "\n";
}

std::expected<Document, std::string> document_of(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::unexpected("the preview is not JSON");
  Document document;
  if (auto mistake = plan::JsonReader::read(json, document))
    return std::unexpected("the preview does not fit: " + *mistake);
  return document;
}

std::string preview_schema() {
  nlohmann::json schema = SchemaWriter::of<Document>();
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = std::string(kPreviewFormat);
  schema["properties"]["format"]["pattern"] = "^mig[.]preview/1[.]";
  schema["properties"]["outcome"] = {{"enum", {"changes", "none", "refused", "error"}}};
  return schema.dump(1) + "\n";
}

}  // namespace mig::cli
