#include "runtime/cli/lsp/workspace.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/cli/lsp/file_uri.hpp"

namespace mig::cli::lsp {
namespace {

namespace fs = std::filesystem;

// A folder with more than this is no folder of plans, and asking for a name must not take minutes.
constexpr std::size_t kMostFiles = 2'000;
constexpr std::size_t kMostEntries = 200'000;

void collect_files(const std::string& folder, std::vector<std::string>& found) {
  std::error_code problem;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                         problem);
  for (std::size_t seen = 0; !problem && entry != fs::recursive_directory_iterator(); ++seen) {
    if (seen > kMostEntries || found.size() > kMostFiles) return;
    const std::string name = entry->path().filename().string();
    std::error_code unknown;
    if (entry->is_directory(unknown)) {
      if (name.starts_with('.') || name == "node_modules") entry.disable_recursion_pending();
    } else if (entry->path().extension() == ".mig" && entry->is_regular_file(unknown)) {
      found.push_back(entry->path().lexically_normal().generic_string());
    }
    entry.increment(problem);
  }
}

}  // namespace

void Workspace::open(const std::string& path, Document document) {
  documents_[path] = std::move(document);
  forget(path);
}

void Workspace::close(const std::string& path) {
  documents_.erase(path);
  snapshots_.erase(path);
  forget(path);
}

void Workspace::forget(const std::string& path) {
  std::erase_if(snapshots_, [&](const auto& known) { return known.second->has_read(path); });
}

const Snapshot& Workspace::snapshot(const std::string& path) {
  auto& known = snapshots_[path];
  if (!known) {
    known = std::make_unique<Snapshot>(path,
                                       [this](const std::string& wanted) { return read(wanted); });
  }
  return *known;
}

SourceText Workspace::read(const std::string& path) const {
  const auto open = documents_.find(path);
  return open == documents_.end() ? read_source(path) : checked_source(path, open->second.text);
}

std::vector<std::string> Workspace::files_in_folders() const {
  std::vector<std::string> found;
  for (const std::string& folder : folders)
    collect_files(folder, found);
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<const Snapshot*> Workspace::snapshots_around(
    const std::string& path, std::vector<std::unique_ptr<Snapshot>>& kept) {
  std::vector<const Snapshot*> around;
  const auto add = [&](const Snapshot& one) {
    if (one.is_readable() && one.has_read(path)) around.push_back(&one);
  };
  for (const auto& [open, document] : documents_)
    add(snapshot(open));
  std::vector<std::string> files = files_in_folders();
  if (std::ranges::find(files, path) == files.end()) files.push_back(path);
  for (const std::string& file : files) {
    if (documents_.contains(file)) continue;
    kept.push_back(std::make_unique<Snapshot>(
        file, [this](const std::string& wanted) { return read(wanted); }));
    add(*kept.back());
  }
  return around;
}

std::string Workspace::uri_of_file(const std::string& path) const {
  const auto open = documents_.find(path);
  return open == documents_.end() ? uri_of(path) : open->second.uri;
}

std::optional<Json> Workspace::location(const Snapshot& snapshot, const syntax::Span& span) const {
  const std::string path(snapshot.sources().path(span.file));
  std::string uri;
  if (!snapshot.is_library(span.file)) {
    uri = uri_of_file(path);
  } else if (client.shows_library) {
    uri = fmt::format("mig-library:/{}", path);
  } else {
    return std::nullopt;
  }
  return Json{{"uri", uri},
              {"range", range_of(snapshot.sources().text(span.file), span, client.encoding)}};
}

}  // namespace mig::cli::lsp
