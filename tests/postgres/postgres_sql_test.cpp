#include "runtime/stores/postgres_sql.hpp"

#include <catch2/catch.hpp>

using mig::runtime::with_dollar_parameters;

TEST_CASE("parameters become dollars, outside of everything quoted") {
  struct Case {
    const char* written;
    const char* sent;
    int parameters;
  };
  const Case cases[] = {
      {"SELECT ?1, ?2", "SELECT $1, $2", 2},
      {"SELECT ?, ?, ?1", "SELECT $1, $2, $1", 2},
      {"SELECT ?3, ?", "SELECT $3, $4", 4},
      {"SELECT '?1', \"?2\", ?1", "SELECT '?1', \"?2\", $1", 1},
      {"SELECT 'it''s ?', ?", "SELECT 'it''s ?', $1", 1},
      {"SELECT 'back\\', ?", "SELECT 'back\\', $1", 1},
      {"SELECT E'quote\\' ?', ?", "SELECT E'quote\\' ?', $1", 1},
      {"SELECT ? -- why?\n, ?", "SELECT $1 -- why?\n, $2", 2},
      {"SELECT /* ? /* ? */ ? */ ?", "SELECT /* ? /* ? */ ? */ $1", 1},
      {"SELECT $$ ? $$, $a$ ? $$ ? $a$, ?", "SELECT $$ ? $$, $a$ ? $$ ? $a$, $1", 1},
      {"SELECT a$b$, ?", "SELECT a$b$, $1", 1},
      {"SELECT $1, ?2", "SELECT $1, $2", 2},
      {"SELECT 'open ?", "SELECT 'open ?", 0},
      {"SELECT 1 -", "SELECT 1 -", 0},
  };
  for (const Case& it : cases) {
    INFO(it.written);
    const auto translated = with_dollar_parameters(it.written);
    CHECK(translated.text == it.sent);
    CHECK(translated.parameters == it.parameters);
  }
}
