// What every RowSource promises, over a store of each kind. The order of rows is the store's own:
// it is learned one row at a time, and everything else is held against it.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>

#include <catch2/catch.hpp>

#include "tests/stores/kept_rows.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace mig::tests;

namespace {

constexpr std::size_t kMore = 1000;  // than there are rows

const std::vector<std::int64_t> kNumbers = {0,   1,  2,   9,         10,        11,
                                            100, -1, -10, INT64_MAX, INT64_MIN, 4294967296};
const std::vector<std::string> kTexts = {"a",   "",    "A", "ab",   "a b", "zoë", "a:b",
                                         "{a}", "*?[", "€", "a\tb", "10",  "9"};

std::vector<Item> items(KeyShape key) {
  std::vector<Item> all;
  const auto add = [&](std::int64_t number, const std::string& text) {
    std::optional<std::string> note;
    if (all.size() % 3 != 0) note = "n" + std::to_string(all.size());
    all.push_back({number, text, std::move(note)});
  };
  switch (key) {
    case KeyShape::Number:
      for (const std::int64_t number : kNumbers)
        add(number, kTexts[all.size() % 4]);
      break;
    case KeyShape::Text:
      for (const std::string& text : kTexts)
        add(kNumbers[all.size() % 4], text);
      break;
    case KeyShape::NumberAndText:
      for (std::size_t i = 0; i < 16; ++i)
        add(kNumbers[i / 4 + 6], kTexts[i % 4]);
      break;
  }
  return all;
}

// For items whose key is new beside those.
const Item kAnother{77, "another", "new"};
const Item kUnfit{78, "unfit", "much too long"};

void over_all(const std::function<void(KeptRows&, const std::vector<Item>&)>& check) {
  for (const Kind& kind : kinds()) {
    for (const KeyShape key : {KeyShape::Number, KeyShape::Text, KeyShape::NumberAndText}) {
      INFO(kind.name << ", key " << static_cast<int>(key));
      const auto kept = kind.empty(key);
      const auto all = items(key);
      for (const Item& item : all)
        kept->put(item);
      check(*kept, all);
    }
  }
}

void done(const Result<void>& result) {
  if (!result) FAIL(result.error().message);
}

template <class T>
T value_of(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}

Item item_at(const Page& page, std::size_t row) {
  const auto& columns = page.rows.columns;
  Item item{columns[0].integer(row), std::string(columns[1].bytes(row)), {}};
  if (!columns[2].is_null(row)) item.note = columns[2].bytes(row);
  return item;
}

struct Found {
  std::vector<std::string> places;  // of all rows, in order, where pages have one
  std::vector<Item> items;
  std::vector<std::string> bad;  // places
};

// Reads pages until the last one.
Found read_all(KeysetReader& reader, std::size_t limit, const std::string& after = {},
               const std::string& until = {}) {
  Found found;
  Page page;
  std::string place = after;
  do {
    done(reader.read(place, until, limit, page));
    CHECK(page.read == static_cast<std::int64_t>(page.rows.rows + page.bad.size()));
    CHECK(static_cast<std::size_t>(page.read) <= limit);
    if (page.read == 0) CHECK(page.is_last);
    for (std::size_t row = 0; row < page.rows.rows; ++row)
      found.items.push_back(item_at(page, row));
    for (const BadRow& bad : page.bad)
      found.bad.push_back(bad.key);
    if (page.read > 0) found.places.push_back(page.last);
    place = page.last;
  } while (!page.is_last && found.places.size() < kMore);
  return found;
}

template <class T>
std::vector<T> part(const std::vector<T>& all, std::size_t begin, std::size_t end) {
  return {all.begin() + static_cast<std::ptrdiff_t>(begin),
          all.begin() + static_cast<std::ptrdiff_t>(std::max(begin, end))};
}

}  // namespace

TEST_CASE("every row is read once, in one order, whatever the size of pages") {
  over_all([](KeptRows& kept, const std::vector<Item>& all) {
    KeysetReader reader = kept.reader();
    const Found one_by_one = read_all(reader, 1);
    CHECK(one_by_one.bad.empty());
    CHECK(std::ranges::is_permutation(one_by_one.items, all));
    for (const std::size_t limit : {std::size_t{2}, std::size_t{5}, all.size(), kMore})
      CHECK(read_all(reader, limit).items == one_by_one.items);
  });
}

TEST_CASE("a page is the last where nothing lies behind it") {
  over_all([](KeptRows& kept, const std::vector<Item>& all) {
    KeysetReader reader = kept.reader();
    Page page;
    done(reader.read("", "", all.size() + 1, page));
    CHECK(page.is_last);
    const std::string last = page.last;
    done(reader.read("", "", all.size() - 1, page));
    CHECK(!page.is_last);
    done(reader.read(last, "", 1, page));
    CHECK(page.is_last);
    CHECK(page.read == 0);
    CHECK(page.rows.rows == 0);
  });
}

TEST_CASE("reading goes on behind any place, with any reader, and ends with any") {
  over_all([](KeptRows& kept, const std::vector<Item>& all) {
    KeysetReader first = kept.reader();
    const Found order = read_all(first, 1);
    REQUIRE(order.places.size() == all.size());
    KeysetReader reader = kept.reader();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string& place = order.places[i];
      CHECK(read_all(reader, 3, place).items == part(order.items, i + 1, all.size()));
      CHECK(read_all(reader, 3, "", place).items == part(order.items, 0, i + 1));
      for (std::size_t end = 0; end < all.size(); ++end) {
        const Found between = read_all(reader, 5, place, order.places[end]);
        CHECK(between.items == part(order.items, i + 1, end + 1));
      }
    }
  });
}

TEST_CASE("reading goes on behind a place whose row is gone") {
  over_all([](KeptRows& kept, const std::vector<Item>& all) {
    KeysetReader reader = kept.reader();
    const Found order = read_all(reader, 1);
    for (const std::size_t i : {std::size_t{0}, all.size() / 2, all.size() - 1}) {
      kept.remove(order.items[i]);
      CHECK(read_all(reader, 4, order.places[i]).items == part(order.items, i + 1, all.size()));
      kept.put(order.items[i]);
    }
  });
}

TEST_CASE("a pass has what is there when it begins") {
  over_all([](KeptRows& kept, const std::vector<Item>& all) {
    KeysetReader reader = kept.reader();
    CHECK(read_all(reader, 4).items.size() == all.size());
    kept.put(kAnother);
    kept.remove(all[1]);
    std::vector<Item> now = all;
    now[1] = kAnother;
    CHECK(std::ranges::is_permutation(read_all(reader, 4).items, now));
  });
}

TEST_CASE("a row is found by its place, and who is gone is told") {
  over_all([](KeptRows& kept, const std::vector<Item>& all) {
    KeysetReader reader = kept.reader();
    Found order = read_all(reader, 1);
    std::ranges::reverse(order.places);
    std::ranges::reverse(order.items);
    Page page;
    std::vector<std::string> gone = {"what was there"};
    done(reader.read_each(order.places, page, gone));
    CHECK(gone.empty());
    REQUIRE(page.rows.rows == all.size());
    std::vector<Item> found;
    for (std::size_t row = 0; row < all.size(); ++row) {
      found.push_back(item_at(page, row));
      const auto place = std::ranges::find(order.places, page.keys[row]);
      REQUIRE(place != order.places.end());
      CHECK(found[row] == order.items[static_cast<std::size_t>(place - order.places.begin())]);
    }
    CHECK(std::ranges::is_permutation(found, all));

    kept.remove(order.items[2]);
    kept.remove(order.items[5]);
    done(reader.read_each(order.places, page, gone));
    CHECK(std::ranges::is_permutation(gone, std::vector{order.places[2], order.places[5]}));
    CHECK(page.rows.rows == all.size() - 2);

    done(reader.read_at(order.places[2], page));
    CHECK(page.is_last);
    done(reader.read_at(order.places[3], page));
    CHECK(!page.is_last);
    CHECK(item_at(page, 0) == order.items[3]);
  });
}

TEST_CASE("a row's place is what a row that we write is called") {
  over_all([](KeptRows& kept, const std::vector<Item>& all) {
    KeysetReader reader = kept.reader();
    Page page;
    done(reader.read("", "", kMore, page));
    REQUIRE(page.rows.rows == all.size());
    for (std::size_t row = 0; row < all.size(); ++row)
      CHECK(page.keys[row] == written_key(kept.entity(), page.rows, row));
  });
}

TEST_CASE("a row that does not fit is told by its place and field, and the others are read") {
  over_all([](KeptRows& kept, const std::vector<Item>& all) {
    kept.put(kUnfit);
    KeysetReader reader = kept.reader();
    const Found order = read_all(reader, 1);
    CHECK(std::ranges::is_permutation(order.items, all));
    REQUIRE(order.bad.size() == 1);
    REQUIRE(order.places.size() == all.size() + 1);
    const auto found = std::ranges::find(order.places, order.bad[0]);
    REQUIRE(found != order.places.end());
    const auto before = static_cast<std::size_t>(found - order.places.begin());
    CHECK(read_all(reader, 3, order.bad[0]).items == part(order.items, before, all.size()));
    CHECK(read_all(reader, kMore).bad == order.bad);
    CHECK(read_all(reader, kMore, "", order.bad[0]).bad == order.bad);
    CHECK(read_all(reader, kMore, order.bad[0]).bad.empty());

    Page page;
    done(reader.read_at(order.bad[0], page));
    CHECK(page.read == 1);
    CHECK(page.rows.rows == 0);
    REQUIRE(page.bad.size() == 1);
    CHECK(page.bad[0].key == order.bad[0]);
    CHECK(page.bad[0].field == "note");
    CHECK(page.bad[0].reason.find(*kUnfit.note) == std::string::npos);
    CHECK(page.bad[0].reason == "text of 13 characters for `text(5)?`");
  });
}

TEST_CASE("rows are counted and the last place is known, with those that do not fit") {
  over_all([](KeptRows& kept, const std::vector<Item>& all) {
    kept.put(kUnfit);
    KeysetReader reader = kept.reader();
    CHECK(value_of(reader.count()) == static_cast<std::int64_t>(all.size() + 1));
    CHECK(value_of(reader.count_without_key()) == 0);
    CHECK(value_of(reader.last_key()) == read_all(reader, 1).places.back());
    CHECK(read_all(reader, 3, "", value_of(reader.last_key())).items.size() == all.size());
  });
}

TEST_CASE("where no row is there is no place") {
  over_all([](KeptRows& kept, const std::vector<Item>& all) {
    for (const Item& item : all)
      kept.remove(item);
    KeysetReader reader = kept.reader();
    CHECK(value_of(reader.count()) == 0);
    CHECK(value_of(reader.last_key()).empty());
    Page page;
    done(reader.read("", "", 5, page));
    CHECK(page.is_last);
    CHECK(page.read == 0);
  });
}
