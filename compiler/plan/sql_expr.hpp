// Expressions of transforms as SQL for SQLite, where a trigger has to compute what we would.
//
// A translation gives, for every row that we accept, exactly what runtime/data computes: it calls
// nothing but what every SQLite has, and what has no exact form there is refused. It is total:
// nothing that it holds can fail. Values stand in SQL as the store holds them: an integer for a
// bool, the canonical text for a time. The compiler asks whether a plan can be translated, the
// mirror's triggers run it. Pure text, no library.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/expr.hpp"

namespace mig::plan {

// What has no exact form in SQL: "`regex_match`", "a value of `json`".
struct Untranslatable {
  std::string what;
};

// `fields`: the values of what goes in, as `read_sql` gives them. Parenthesized where it must be.
std::expected<std::string, Untranslatable> sql_of(const Expr& expr,
                                                  const std::vector<std::string>& fields,
                                                  const std::vector<Expr>& lets);

// The value of a cell, from the cell as it is stored; `cell` is an expression without side effects.
std::expected<std::string, Untranslatable> read_sql(const Type& type, const std::string& cell);

// Whether the cell is one whose value is exactly that. It is stricter than our own reading: other
// spellings of a time, and text with a NUL in it, are left to us. REQUIRES: read_sql translates it.
std::string is_read_sql(const Type& type, const std::string& cell);

std::string identifier_sql(std::string_view name);
// REQUIRES: no NUL in it.
std::string text_sql(std::string_view text);

// Whether `lower` and `upper` are SQLite's own in the connection that runs it: an extension may
// have put others into their place.
extern const std::string_view kAsciiCaseSql;

}  // namespace mig::plan
