// What the application of a scenario does, and when: its file `app`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mig::test {

// What an application does right after a step is done for the first time. A file `app` has one
// part for each, begun by `-- after STEP in FILE`; `-- refused after STEP in FILE` where the store
// has to refuse it. `-- that is in FILE` begins what the same change is on the old side. What it
// does in the middle of a step begins with `-- amid STEP in FILE when TEXT`: as soon as the step
// says TEXT of itself.
struct Write {
  std::string after;
  std::string when;  // empty: once the step is done
  std::string file;
  std::string sql;
  bool is_refused = false;
  std::string old_file;  // empty: as it is written
  std::string old_sql;
};

// None where there is no such file.
std::vector<Write> read_application(const std::filesystem::path& path);

}  // namespace mig::test
