#include "grammar/source.hpp"

#include <catch2/catch.hpp>

using mig::syntax::Position;
using mig::syntax::SourceSet;

TEST_CASE("positions count lines and code points from one") {
  SourceSet sources;
  const auto file = sources.add("a.mig", "mig 1\n\xc3\xa9t\xc3\xa9 x\nlast");
  CHECK(sources.position(file, 0) == Position{1, 1});
  CHECK(sources.position(file, 6) == Position{2, 1});
  CHECK(sources.position(file, 12) == Position{2, 5});  // the x behind two accented letters
  CHECK(sources.position(file, 18) == Position{3, 5});  // the end of the text is a place too
  CHECK(sources.line(file, 2) == "\xc3\xa9t\xc3\xa9 x");
  CHECK(sources.line_count(file) == 3);
}

TEST_CASE("a text may end its lines the way another system does") {
  SourceSet sources;
  const auto file = sources.add("a.mig", "one\r\ntwo\r\n");
  CHECK(sources.line(file, 1) == "one");
  CHECK(sources.line(file, 2) == "two");
  CHECK(sources.line(file, 3).empty());
}

TEST_CASE("an expansion shows the text of its template and knows where it is used") {
  SourceSet sources;
  const auto plan = sources.add("plan.mig", "a\nb\n");
  const auto library = sources.add_embedded("lib.mig", "x\nyy\n");
  CHECK(sources.add_embedded("lib.mig", "x\nyy\n") == library);
  const mig::syntax::Span use{plan, 2, 3};
  const auto once = sources.add_expansion(library, use);
  CHECK(sources.add_expansion(library, use) == once);
  CHECK(sources.add_expansion(library, {plan, 0, 1}) != once);
  CHECK(sources.path(once) == "lib.mig");
  CHECK(sources.text({once, 2, 4}) == "yy");
  CHECK(sources.position(once, 3) == Position{2, 2});
  CHECK(sources.use_of(once) == use);
  CHECK_FALSE(sources.use_of(library).has_value());
  const auto inner = sources.add_expansion(once, {once, 0, 1});
  CHECK(sources.text({inner, 0, 1}) == "x");
  CHECK(sources.written_at({inner, 2, 4}) == use);
  CHECK(sources.written_at({plan, 0, 1}) == mig::syntax::Span{plan, 0, 1});
}
