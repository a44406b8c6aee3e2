// Random expressions over random cells, computed by us and by SQLite from their translation: for
// every cell that the translation takes for its own both give the same value.
#include "compiler/plan/sql_expr.hpp"

#include <cstdlib>
#include <optional>
#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/data/transform.hpp"
#include "runtime/stores/sqlite_database.hpp"
#include "runtime/stores/sqlite_types.hpp"
#include "tests/support/expressions.hpp"
#include "tests/support/random_transform.hpp"

namespace {

using namespace mig;
using namespace mig::tests;
using plan::Base;
using plan::Expr;
using plan::Function;
using plan::Type;

std::uint64_t seed() {
  const char* chosen = std::getenv("MIG_SEED");
  return chosen == nullptr ? 20 : std::strtoull(chosen, nullptr, 10);
}

// A field, how its column is declared, and literals of what stands in it: first those that every
// application writes, which the translation has to take, then others.
struct Source {
  Type type;
  const char* declared;
  std::vector<std::string> usual;
  std::vector<std::string> odd;
};

const std::vector<Source>& sources() {
  static const Type kWord{.base = Base::OneOf, .members = {"a", "B", "it's"}};
  static const std::vector<std::string> kOddText = {"'a' || char(0) || 'b'",
                                                    "CAST(x'80' AS TEXT)",
                                                    "CAST(x'61c3' AS TEXT)",
                                                    "CAST(x'eda080' AS TEXT)",
                                                    "CAST(x'c080' AS TEXT)",
                                                    "CAST(x'e28261' AS TEXT)",
                                                    "x'61'",
                                                    "CAST(x'f09f988080' AS TEXT)",
                                                    "char(65534)",
                                                    "CAST(x'f4908080' AS TEXT)",
                                                    "NULL"};
  static const std::vector<std::string> kTexts = {"''",
                                                  "' '",
                                                  "'a'",
                                                  "'B c '",
                                                  "'12'",
                                                  "'-7'",
                                                  "'é,x'",
                                                  "','",
                                                  "'zz,a,'",
                                                  "'ÀÉß'",
                                                  "char(9) || 'x' || char(11) || char(13)",
                                                  "'O''Neil, \"x\"'",
                                                  "'😀,€'",
                                                  "'aB'",
                                                  "'Ab'",
                                                  "char(160) || 'n'",
                                                  "'1e3'",
                                                  "'İI'"};
  static const std::vector<Source> kSources = {
      {kI64,
       "INTEGER",
       {"0", "1", "-1", "7", "9223372036854775807", "-9223372036854775807 - 1"},
       {"'x'", "1.5", "NULL", "x'31'"}},
      {kI64.as_optional(), "INTEGER", {"NULL", "0", "3", "40000"}, {"'x'", "2.5"}},
      {kI16, "INTEGER", {"0", "-32768", "32767"}, {"32768", "'y'"}},
      {kBool, "INTEGER", {"0", "1"}, {"2", "-1", "'true'", "NULL"}},
      {kText, "TEXT COLLATE NOCASE", kTexts, kOddText},
      {kText.as_optional(), "TEXT", {"NULL", "''", "'a,b'", "' É '", "'12'"}, kOddText},
      {Type::text(3), "VARCHAR(3)", {"''", "'abc'", "'äöü'"}, {"'abcd'", "'äöüß'", "12"}},
      {kWord, "TEXT", {"'a'", "'B'", "'it''s'"}, {"'A'", "'c'", "''", "NULL"}},
      {Type::of(Base::Date),
       "DATE",
       {"'2024-02-29'", "'0001-01-01'", "'9999-12-31'"},
       {"'2023-02-29'", "'2024-13-01'", "'2024-1-01'", "'0000-01-01'", "'2024-04-31'", "20240101",
        "'2024-02-29' || char(0)"}},
      {Type::of(Base::Time),
       "TEXT",
       {"'00:00'", "'23:59:59'", "'12:34:56.7'", "'12:34:56.123456'"},
       {"'24:00'", "'12:60'", "'12:34:60'", "'12:34:5'", "'12:34:56.'", "'12:34:56.1234567'",
        "'12:3'", "'1é:34'"}},
      {Type::of(Base::Timestamp),
       "DATETIME",
       {"'2024-02-29T03:04:05.000006Z'", "'2024-02-29 03:04:05'", "'1999-12-31t23:59z'",
        "'2024-01-01 00:00:00.5Z'"},
       {"'2024-02-29'", "'2024-02-30T00:00:00Z'", "'2024-02-29T03:04:05ZZ'",
        "'2024-02-29T03:04:05+01:00'", "'2024-02-29T03:04Z:05'", "1709175845",
        "'2024-02-29  03:04'", "'2024-02-29T03:04:05.Z'", "'x'"}},
      {Type::of(Base::F64), "REAL", {"0.5", "-1e300", "7"}, {"'x'", "NULL"}},
      {Type::of(Base::Uuid),
       "TEXT",
       {"'00112233-4455-6677-8899-aabbccddeeff'"},
       {"'00112233-4455-6677-8899-AABBCCDDEEFF'", "zeroblob(16)", "'0'"}},
      {Type::of(Base::Bytes), "BLOB", {"x''", "x'00ff'"}, {"'text'", "1"}}};
  return kSources;
}

plan::Entity source_entity() {
  std::vector<Type> types;
  for (const Source& source : sources())
    types.push_back(source.type);
  return entity("In", types);
}

// Only what can be translated, so that nearly all of it is compared.
struct Subset {
  std::mt19937_64 random;
  std::vector<Type> lets;

  std::size_t below(std::size_t limit) { return random() % limit; }

  Expr leaf(const Type& type) {
    std::vector<Expr> found;
    for (std::uint32_t i = 0; i < sources().size(); ++i) {
      if (sources()[i].type == type) found.push_back(field(i, type));
    }
    for (std::uint32_t i = 0; i < lets.size(); ++i) {
      if (lets[i] == type) found.push_back(local(i, type));
    }
    if (type == kText) {
      found.push_back(apply(Function::Widen, type, {field(7, sources()[7].type)}));
      found.push_back(apply(Function::Widen, type, {field(6, sources()[6].type)}));
      for (const std::uint32_t i : {8U, 9U, 10U, 12U})
        found.push_back(apply(Function::ToText, type, {field(i, sources()[i].type)}));
    }
    if (type == kI64) found.push_back(apply(Function::Widen, type, {field(2, kI16)}));
    if (found.empty() || below(3) == 0) {
      Generator literals{.random = std::mt19937_64(random())};
      return literals.literal(type);
    }
    return found[below(found.size())];
  }

  Expr make(const Type& type, int depth) {
    if (depth == 0) return leaf(type);
    const auto sub = [&](const Type& wanted) { return make(wanted, depth - 1); };
    switch (below(7)) {
      case 0:
        return leaf(type);
      case 1:
        return choose(type, sub(kBool), sub(type), sub(type));
      case 2: {
        auto first = sub(type.as_optional());
        return apply(Function::Coalesce, type, {std::move(first), sub(type)});
      }
      default:
        break;
    }
    if (type.base == Base::Bool) return make_bool(depth);
    if (type.base == Base::I64) {
      if (type.optional && below(2) == 0) return leaf(type);
      return apply(Function::Length, type, {sub(type.optional ? kText.as_optional() : kText)});
    }
    return make_text(type, depth);
  }

  Expr make_text(const Type& type, int depth) {
    const auto sub = [&](const Type& wanted) { return make(wanted, depth - 1); };
    static constexpr Function kUnary[] = {Function::Trim, Function::Lower, Function::Upper};
    static const char* const kSeparators[] = {",", " ", "a", "é", "'"};
    const Expr separator = text(kSeparators[below(5)]);
    switch (below(8)) {
      case 0: {
        auto a = sub(type);
        return apply(Function::Concat, type, {std::move(a), sub(kText)});
      }
      case 1:
        return type.optional ? apply(Function::SplitOnceTail, type, {sub(kText), separator})
                             : apply(Function::ToText, type, {sub(kI64)});
      case 2:
        return apply(Function::SplitOnceHead, type, {sub(type), separator});
      case 3: {
        static constexpr std::int64_t kPlaces[] = {-3, 0, 1, 2, 5, INT64_MIN, INT64_MAX};
        const auto place = [&] { return integer(kPlaces[below(7)]); };
        auto whole = sub(type);
        auto first = place();
        return apply(Function::Substr, type, {std::move(whole), std::move(first), place()});
      }
      case 4: {
        if (type.optional) return leaf(type);
        auto whole = sub(kText);
        auto from = below(2) == 0 ? sub(kText) : separator;
        return apply(Function::Replace, type, {std::move(whole), std::move(from), sub(kText)});
      }
      case 5:
        if (!type.optional) return apply(Function::ToText, type, {sub(kBool)});
        return apply(Function::Widen, type,
                     {apply(Function::TryText, Type::text(2).as_optional(), {sub(kText)})});
      default:
        return apply(kUnary[below(3)], type, {sub(type)});
    }
  }

  Expr make_bool(int depth) {
    const auto sub = [&](const Type& wanted) { return make(wanted, depth - 1); };
    static constexpr Function kCompare[] = {Function::Less, Function::LessOrEqual,
                                            Function::Greater, Function::GreaterOrEqual};
    static constexpr std::uint32_t kOthers[] = {7, 8, 9, 10, 11, 12, 13};
    const Type compared = below(2) == 0 ? kI64 : kText;
    switch (below(9)) {
      case 0: {
        auto a = sub(kBool);
        return apply(below(2) == 0 ? Function::And : Function::Or, kBool,
                     {std::move(a), sub(kBool)});
      }
      case 1:
        return apply(Function::Not, kBool, {sub(kBool)});
      case 2:
        return apply(Function::Present, kBool, {sub(compared.as_optional())});
      case 3: {
        auto a = sub(compared.as_optional());
        return apply(below(2) == 0 ? Function::Equal : Function::NotEqual, kBool,
                     {std::move(a), sub(compared.as_optional())});
      }
      case 4: {
        auto a = sub(compared);
        auto b = sub(compared);
        return apply(below(2) == 0 ? Function::Within : Function::OneOfList, kBool,
                     {std::move(a), std::move(b), sub(compared)});
      }
      case 5: {  // any type is equal to itself, and compares with its own
        const std::uint32_t other = kOthers[below(7)];
        const Expr value = field(other, sources()[other].type);
        return apply(below(2) == 0 ? Function::Equal : Function::LessOrEqual, kBool,
                     {value, value});
      }
      case 6: {  // what a column's collation or affinity would make of it
        const Expr words = field(4, kText);
        if (below(2) == 0)
          return apply(Function::Equal, kBool, {words, apply(Function::Lower, kText, {words})});
        const Expr day = apply(Function::ToText, kText, {field(8, sources()[8].type)});
        return apply(kCompare[below(4)], kBool, {day, text("12")});
      }
      default: {
        auto a = sub(compared);
        return apply(kCompare[below(4)], kBool, {std::move(a), sub(compared)});
      }
    }
  }
};

class Cells {
 public:
  Cells() : database_(std::move(*runtime::open_sqlite(":memory:", runtime::Mode::Create))) {
    std::string columns;
    for (std::size_t i = 0; i < sources().size(); ++i)
      columns += fmt::format("{}f{} {}", i == 0 ? "" : ", ", i, sources()[i].declared);
    run("CREATE TABLE rows_in(" + columns + "); CREATE TABLE rows_out(x)");
    for (const Source& source : sources())
      types_.push_back(source.type);
  }

  void run(const std::string& sql) {
    const auto done = database_.execute(sql);
    if (!done) FAIL(done.error().message << "\n" << sql);
  }

  std::string cell(std::size_t field) const { return fmt::format("t.\"f{}\"", field); }

  void put(const std::vector<std::string>& literals) {
    run(fmt::format("DELETE FROM rows_in; INSERT INTO rows_in VALUES({})",
                    fmt::join(literals, ", ")));
  }

  // Whether SQLite holds that of the row.
  bool holds(const std::string& sql) {
    auto rows = database_.prepare("SELECT " + sql + " FROM rows_in AS t");
    if (!rows) FAIL(rows.error().message << "\n" << sql);
    REQUIRE(rows->step());
    return rows->storage_class(0) == runtime::StorageClass::Integer && rows->integer(0) == 1;
  }

  // The row as we read it; nothing where a cell is none of its type.
  std::optional<runtime::Batch> read() {
    auto rows = database_.prepare("SELECT * FROM rows_in");
    REQUIRE(rows);
    REQUIRE(rows->step());
    runtime::Batch batch = runtime::Batch::of(types_);
    for (std::size_t i = 0; i < types_.size(); ++i) {
      if (runtime::read_cell(*rows, static_cast<int>(i), batch.columns[i])) return std::nullopt;
    }
    batch.rows = 1;
    return batch;
  }
  bool reads(std::size_t field) {
    auto rows = database_.prepare(fmt::format("SELECT f{} FROM rows_in", field));
    REQUIRE(rows);
    REQUIRE(rows->step());
    runtime::Column column(types_[field]);
    return !runtime::read_cell(*rows, 0, column);
  }

  // Whether SQL makes what we would write.
  bool is_same(const std::string& sql, const runtime::Column& value) {
    auto rows = database_.prepare(fmt::format(
        "SELECT x.v IS ?1 COLLATE BINARY AND typeof(x.v) = typeof(?1), quote(x.v), quote(?1) "
        "FROM (SELECT {} AS v FROM rows_in AS t) AS x",
        sql));
    if (!rows) FAIL(rows.error().message << "\n" << sql);
    REQUIRE_FALSE(runtime::bind_cell(*rows, 1, value, 0));
    REQUIRE(rows->step());
    UNSCOPED_INFO("SQLite: " << rows->text(1) << ", ours: " << rows->text(2));
    return rows->integer(0) == 1;
  }

 private:
  runtime::Database database_;
  std::vector<Type> types_;
};

}  // namespace

TEST_CASE("a cell that a trigger takes for its own is read as we read it") {
  Cells cells;
  std::vector<std::string> usual;
  for (const Source& source : sources())
    usual.push_back(source.usual.front());
  for (std::size_t i = 0; i < sources().size(); ++i) {
    const Source& source = sources()[i];
    const auto look = [&](const std::string& literal, bool is_usual) {
      INFO(print(source.type) << ": " << literal);
      auto row = usual;
      row[i] = literal;
      cells.put(row);
      const bool is_taken = cells.holds(plan::is_read_sql(source.type, cells.cell(i)));
      if (is_usual) CHECK(is_taken);
      if (!is_taken) return;
      REQUIRE(cells.reads(i));
      CHECK(cells.is_same(*plan::read_sql(source.type, cells.cell(i)), cells.read()->columns[i]));
    };
    for (const std::string& literal : source.usual)
      look(literal, true);
    for (const std::string& literal : source.odd)
      look(literal, false);
  }
}

TEST_CASE("a translated expression gives what ours gives") {
  const plan::Entity in = source_entity();
  Cells cells;
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < sources().size(); ++i)
    fields.push_back(*plan::read_sql(sources()[i].type, cells.cell(i)));
  int compared = 0;
  int refused = 0;
  for (std::uint64_t round = 0; round < 400; ++round) {
    Subset make{.random = std::mt19937_64(seed() * 1000 + round), .lets = {}};
    std::vector<Expr> lets = {make.make(kText, 1), make.make(kBool, 1)};
    make.lets = {kText, kBool};
    static const std::vector<Type> kWanted = {kText, kBool, kI64, kText.as_optional(),
                                              kI64.as_optional()};
    const Type& type = kWanted[make.below(kWanted.size())];
    const Expr expr = make.make(type, 3);
    const auto sql = plan::sql_of(expr, fields, lets);
    if (!sql) {
      ++refused;
      continue;
    }
    INFO("seed " << seed() << ", round " << round << ": " << *sql);
    // What we translate, the parser of a trigger takes.
    cells.run(fmt::format(
        "CREATE TRIGGER deep AFTER INSERT ON rows_out WHEN NOT EXISTS (SELECT 1 FROM rows_out) "
        "BEGIN INSERT INTO rows_out SELECT 'x' FROM rows_in AS t WHERE t.f0 = 1 AND NOT (1 AND "
        "EXISTS (SELECT 1 FROM rows_in AS o WHERE o.f0 = 1 AND o.f4 = {} AND NOT (o.f0 IS 1))); "
        "END; DROP TRIGGER deep",
        *sql));
    plan::Plan plan;
    plan.entities = {in, entity("Out", {type})};
    plan::Transform transform{.name = "t", .input = plan::EntityId{0}, .lets = lets};
    transform.emits = {plan::Emit{.entity = plan::EntityId{1}, .values = {expr}}};
    plan.transforms = {transform};
    runtime::Transformer transformer(plan, transform);
    for (int row = 0; row < 6; ++row) {
      std::vector<std::string> literals;
      for (const Source& source : sources())
        literals.push_back(source.usual[make.below(source.usual.size())]);
      cells.put(literals);
      const auto batch = cells.read();
      REQUIRE(batch);
      std::vector<runtime::Emitted> emitted;
      std::vector<runtime::RowReject> rejects;
      transformer.run(*batch, emitted, rejects);
      REQUIRE(rejects.empty());
      INFO(fmt::format("{}", fmt::join(literals, ", ")));
      REQUIRE(cells.is_same(*sql, emitted[0].rows.columns[0]));
      ++compared;
    }
  }
  CHECK(compared > 1200);
  CHECK(refused < 200);
}
