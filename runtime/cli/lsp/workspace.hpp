// The documents that an editor has open, the folders it works in, and what is known of each file.
//
// The text of an open document wins over the one on the disk. Everything is compiled when somebody
// asks, and forgotten when one of its texts changes. One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/cli/lsp/protocol.hpp"
#include "runtime/cli/lsp/snapshot.hpp"

namespace mig::cli::lsp {

struct Document {
  std::string uri;  // as the editor wrote it
  std::int64_t version = 0;
  std::string text;
};

// What the editor has said about itself.
struct Client {
  Encoding encoding = Encoding::Utf16;
  bool shows_library = false;  // it asks `mig/libraryText` for a `mig-library:` document
};

class Workspace {
 public:
  Client client;
  std::vector<std::string> folders;  // absolute paths

  // Documents by their paths.
  const std::map<std::string, Document>& documents() const { return documents_; }
  void open(const std::string& path, Document document);
  void close(const std::string& path);
  // A file changed on the disk.
  void forget(const std::string& path);

  // The file as it is now; compiled unless it is known.
  const Snapshot& snapshot(const std::string& path);
  // The snapshots in which a name of that file may be spoken of: those of open documents and of
  // files in the folders that import it, and its own. `kept` owns those that are not open.
  std::vector<const Snapshot*> snapshots_around(const std::string& path,
                                                std::vector<std::unique_ptr<Snapshot>>& kept);
  // Of every plan file in the folders, open or not.
  std::vector<std::string> files_in_folders() const;

  SourceText read(const std::string& path) const;
  std::string uri_of_file(const std::string& path) const;
  // `{ uri, range }`, for a place of a file of that snapshot; nothing for the library where the
  // editor cannot show it.
  std::optional<Json> location(const Snapshot& snapshot, const syntax::Span& span) const;

 private:
  std::map<std::string, Document> documents_;
  std::map<std::string, std::unique_ptr<Snapshot>> snapshots_;
};

}  // namespace mig::cli::lsp
