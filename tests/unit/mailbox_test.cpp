#include "runtime/data/mailbox.hpp"

#include <vector>

#include <catch2/catch.hpp>

TEST_CASE("mailboxes as people write them") {
  struct Row {
    std::string text;
    std::optional<std::string> name;
    std::optional<std::string> address;
  };
  const std::vector<Row> rows = {
      {"Ann Lee <ann@example.org>", "Ann Lee", "ann@example.org"},
      {"\"Lee, Ann\" <ann@example.org>", "Lee, Ann", "ann@example.org"},
      {"ann@example.org (Ann Lee)", "Ann Lee", "ann@example.org"},
      {"ann@example.org", {}, "ann@example.org"},
      {"  ann@example.org\t", {}, "ann@example.org"},
      {"<ann@example.org>", {}, "ann@example.org"},
      {"< ann@example.org >", {}, "ann@example.org"},
      {"Ann Lee", "Ann Lee", {}},
      {"", {}, {}},
      {"   ", {}, {}},
      {"Ann <ann@example.org", "Ann", "ann@example.org"},
      {"Ann <", "Ann", {}},
      {"Ann <>", "Ann", {}},
      {"Ann <nobody>", "Ann", {}},
      {"Ann <@example.org>", "Ann", {}},
      {"Ann <ann@>", "Ann", {}},
      {"\"Ann \\\"Bee\\\" Lee\" <ann@example.org>", "Ann \"Bee\" Lee", "ann@example.org"},
      {"\"a \\\\ b\" <ann@example.org>", "a \\ b", "ann@example.org"},
      {"\"Ann <x>\" <ann@example.org>", "Ann <x>", "ann@example.org"},
      {"\"Ann Lee", "Ann Lee", {}},
      {"Ann (the (first) one) <ann@example.org>", "Ann", "ann@example.org"},
      {"(only a comment) <ann@example.org>", "only a comment", "ann@example.org"},
      {"ann@example.org (Ann \\) Lee)", "Ann ) Lee", "ann@example.org"},
      {"ann@example.org (Ann", "Ann", "ann@example.org"},
      {"Ann Lee ann@example.org", "Ann Lee", "ann@example.org"},
      {"\"ann lee\"@example.org", {}, "\"ann lee\"@example.org"},
      {"\"\" <ann@example.org>", {}, "ann@example.org"},
      {"ann at example.org", "ann at example.org", {}},
      {"a@b@c", "a@b@c", {}},
      {"Zoë Ñandú <zoë@exämple.org>", "Zoë Ñandú", "zoë@exämple.org"},
      {"Ann <a@b.org> <c@d.org>", "Ann  <c@d.org>", "a@b.org"},
      {"\\", "\\", {}},
      {"\"\\", "\\", {}},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto mailbox = mig::runtime::parse_mailbox(row.text);
    CHECK(mailbox.name.value_or("absent") == row.name.value_or("absent"));
    CHECK(mailbox.address.value_or("absent") == row.address.value_or("absent"));
  }
}
