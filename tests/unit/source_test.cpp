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
