// SQL with `?` and `?1` for parameters, as PostgreSQL wants it: with `$1`.
//
// Used by the PostgreSQL adapter. Quotes, comments and dollar quotes are left as they are. A bare
// `?` takes the number after the largest so far, as in SQLite; so the operators of jsonb that begin
// with `?` are written as functions (`jsonb_exists`). Pure.
#pragma once

#include <string>
#include <string_view>

namespace mig::runtime {

struct PostgresSql {
  std::string text;
  int parameters = 0;  // the largest number
};

PostgresSql with_dollar_parameters(std::string_view sql);

}  // namespace mig::runtime
