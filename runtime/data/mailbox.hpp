// Mail addresses as people write them: a name, an address, or both. Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mig::runtime {

struct Mailbox {
  std::optional<std::string> name;     // trimmed, without quotes
  std::optional<std::string> address;  // holds `local@domain`, without white space
  bool operator==(const Mailbox&) const = default;
};

// `Name <a@b>`, `"Name, Quoted" <a@b>`, `a@b (Name)`, `a@b`, `<a@b>`, `Name`. What stands in quotes
// counts as text, with `\` taking the next character as it is; a comment in parentheses is the
// name where there is no other. A `<` that nothing closes goes to the end. What has no address is
// a name as a whole; what is in `<>` without being an address belongs to no part.
Mailbox parse_mailbox(std::string_view text);

}  // namespace mig::runtime
