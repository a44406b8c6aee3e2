#include "runtime/stores/sqlite_mirror.hpp"

#include <algorithm>
#include <cassert>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include "compiler/plan/sql_lane.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/sqlite_unique_rules.hpp"

namespace mig::runtime {
namespace {

using plan::identifier_sql;

constexpr std::string_view kIsCarried =
    "EXISTS (SELECT 1 FROM mig_ctl_origin WHERE actor = 'carried')";

std::unexpected<Error> cannot_mirror(const std::string& table, const std::string& why) {
  return fail(ErrorKind::Permanent,
              fmt::format("triggers cannot keep `{}` for every writer: {}", table, why),
              "use `mode = follow`");
}

class Mirror {
 public:
  Mirror(const Database& database, const plan::Plan& plan, plan::Side authority,
         const Changelog& log, LiveSchema schema)
      : database_(database),
        plan_(plan),
        log_(log),
        schema_(std::move(schema)),
        lane_(plan::lane(plan, authority)),
        order_(Carrier(plan, authority).order()) {
    auto sql = plan::sql_lane(plan, lane_);
    assert(sql && "the compiler has asked");
    sql_ = std::move(*sql);
    const std::size_t cells = plan.entity_of(lane_.source).key().size();
    for (std::size_t i = 0; i < cells; ++i)
      entry_.push_back(fmt::format("NEW.k{}", i));
    owner_ = plan::read_key_sql(plan, lane_, entry_);
  }

  // A table that is not there yet is one that the plan creates, and holds nothing of that kind.
  Result<void> check() {
    MIG_TRY(check_sources());
    for (std::size_t emit = 0; emit < sql_.emits.size(); ++emit) {
      if (schema_.table(table(emit)) == nullptr) continue;
      MIG_TRY(check_target(emit));
      if (auto free = is_free(emit); !free) return std::unexpected(std::move(free).error());
    }
    return {};
  }

  Result<void> install() {
    MIG_TRY(check());
    std::string carry =
        "DELETE FROM mig_ctl_origin WHERE actor <> 'mig'; "
        "INSERT INTO mig_ctl_origin(actor) VALUES('mirror'); ";
    MIG_ASSIGN(judge, judging());
    carry += judge;
    for (const std::size_t emit : std::views::reverse(order_))
      carry += leaving(emit);
    for (const std::size_t emit : order_)
      carry += coming(emit);
    carry += settling();
    carry += "DELETE FROM mig_ctl_origin WHERE actor <> 'mig'; ";
    return log_.install_carrying(database_, carry);
  }

 private:
  const plan::Entity& entity(std::size_t emit) const {
    return plan_.entity_of(sql_.emits[emit].dataset);
  }
  const std::string& table(std::size_t emit) const {
    return plan_.at(sql_.emits[emit].dataset).table;
  }
  const LiveTable& live(std::size_t emit) const {
    const LiveTable* found = schema_.table(table(emit));
    assert(found != nullptr && "a table is looked at before it is written");
    return *found;
  }
  const std::string& owner_column(std::size_t emit, std::size_t cell) const {
    return entity(emit).fields[sql_.emits[emit].owner[cell]].column;
  }

  // ---- what stands against it

  Result<void> check_binary(plan::DatasetId dataset, const std::vector<std::uint32_t>& fields) {
    if (schema_.table(plan_.at(dataset).table) == nullptr) return {};
    for (const std::uint32_t field : fields) {
      const std::string& column = plan_.entity_of(dataset).fields[field].column;
      MIG_ASSIGN(collation, database_.collation(plan_.at(dataset).table, column));
      if (is_same_name(collation, "BINARY")) continue;
      return cannot_mirror(plan_.at(dataset).table,
                           fmt::format("the key `{}` is compared by {}", column, collation));
    }
    return {};
  }

  Result<void> check_sources() {
    MIG_TRY(check_binary(lane_.source, plan_.entity_of(lane_.source).key()));
    for (std::size_t i = 0; i < lane_.companions.size(); ++i)
      MIG_TRY(check_binary(lane_.companions[i], lane_.transform.companions[i].by));
    return {};
  }

  Result<void> check_target(std::size_t emit) {
    static const re2::RE2 kCheck("(?i)\\bcheck\\b");
    const LiveTable& target = live(emit);
    MIG_TRY(check_binary(sql_.emits[emit].dataset, entity(emit).key()));
    if (re2::RE2::PartialMatch(target.sql, kCheck))
      return cannot_mirror(target.name, "it has a CHECK of its own");
    if (const auto triggers = schema_.triggers_on(target.name); !triggers.empty()) {
      return cannot_mirror(target.name,
                           fmt::format("it has a trigger `{}`", triggers.front().name));
    }
    MIG_TRY(check_columns(emit));
    for (const LiveForeignKey& key : target.foreign_keys) {
      if (!is_family(emit, key)) {
        return cannot_mirror(target.name, fmt::format("it refers to `{}`", key.table));
      }
    }
    for (const LiveTable& other : schema_.tables) {
      const bool is_target = std::ranges::any_of(sql_.emits, [&](const plan::SqlEmit& one) {
        return is_same_name(plan_.at(one.dataset).table, other.name);
      });
      if (is_target) continue;
      for (const LiveForeignKey& key : other.foreign_keys) {
        if (is_same_name(key.table, target.name))
          return cannot_mirror(target.name, fmt::format("`{}` refers to it", other.name));
      }
    }
    return {};
  }

  // A column that the plan does not name gets its default.
  Result<void> check_columns(std::size_t emit) {
    MIG_ASSIGN(columns, database_.prepare("SELECT name FROM pragma_table_info(?) WHERE "
                                          "\"notnull\" AND dflt_value IS NULL"));
    columns.bind_text(1, table(emit));
    const std::string alias = row_id_alias(live(emit), {});
    while (true) {
      MIG_ASSIGN(has_column, columns.step());
      if (!has_column) return {};
      const std::string name(columns.text(0));
      if (field_of(emit, name) != nullptr || is_same_name(name, alias)) continue;
      return cannot_mirror(
          table(emit),
          fmt::format("its column `{}` is NOT NULL, and the plan does not name it", name));
    }
  }

  const plan::Field* field_of(std::size_t emit, std::string_view column) const {
    const auto& fields = entity(emit).fields;
    const auto found = std::ranges::find_if(
        fields, [&](const plan::Field& field) { return is_same_name(field.column, column); });
    return found == fields.end() ? nullptr : &*found;
  }

  // As it is, or as the plan creates it.
  std::vector<std::string> key_of(std::size_t emit) const {
    if (const LiveTable* found = schema_.table(table(emit))) return found->primary_key();
    std::vector<std::string> columns;
    for (const std::uint32_t field : entity(emit).key())
      columns.push_back(entity(emit).fields[field].column);
    return columns;
  }

  // Whether the row that it refers to is always the same row's own, so that both come and go
  // together.
  bool is_family(std::size_t emit, const LiveForeignKey& key) const {
    for (std::size_t parent = 0; parent < sql_.emits.size(); ++parent) {
      if (parent == emit || !is_same_name(table(parent), key.table)) continue;
      if (sql_.emits[parent].when != "1" || key.columns.size() != owner_.size()) return false;
      const auto columns = key.target_columns.empty() ? key_of(parent) : key.target_columns;
      if (columns.size() != owner_.size()) return false;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        bool is_pair = false;
        for (std::size_t cell = 0; cell < owner_.size(); ++cell) {
          is_pair = is_pair || (is_same_name(key.columns[i], owner_column(emit, cell)) &&
                                is_same_name(columns[i], owner_column(parent, cell)));
        }
        if (!is_pair) return false;
      }
      return true;
    }
    return false;
  }

  // ---- what the trigger does

  std::string found() const {
    const plan::Entity& source = plan_.entity_of(lane_.source);
    std::string condition;
    for (std::size_t i = 0; i < entry_.size(); ++i) {
      condition += fmt::format("{}{}.{} = {}", i == 0 ? "" : " AND ", plan::kDrivingRow,
                               identifier_sql(source.fields[source.key()[i]].column), entry_[i]);
    }
    return condition;
  }

  std::string is_owned(std::size_t emit, std::string_view row) const {
    std::string condition;
    for (std::size_t i = 0; i < owner_.size(); ++i) {
      condition += fmt::format("{}{}.{} IS {}", i == 0 ? "" : " AND ", row,
                               identifier_sql(owner_column(emit, i)), owner_[i]);
    }
    return condition;
  }

  std::string is_gone() const {
    return fmt::format("NOT EXISTS (SELECT 1 FROM {} AS {} WHERE {})",
                       identifier_sql(plan_.at(lane_.source).table), plan::kDrivingRow, found());
  }

  // Asked beforehand, because a statement that has failed takes the application's with it.
  Result<std::string> judging() {
    std::string condition = sql_.is_exact;
    for (std::size_t emit = 0; emit < sql_.emits.size(); ++emit) {
      MIG_ASSIGN(free, is_free(emit));
      condition += free;
    }
    return fmt::format(
        "INSERT INTO mig_ctl_origin(actor) SELECT 'carried' FROM {} WHERE {} AND {}; ", sql_.from,
        found(), condition);
  }

  // That no other row of the table holds a value which is to be unique.
  Result<std::string> is_free(std::size_t emit) {
    MIG_ASSIGN(rules, unique_rules(database_, live(emit)));
    const std::string alias = row_id_alias(live(emit), rules);
    const plan::Field* aliased = alias.empty() ? nullptr : field_of(emit, alias);
    if (aliased != nullptr && !aliased->key) rules.push_back({alias, {{alias, "BINARY", {}}}});
    std::string condition;
    for (const UniqueRule& rule : rules) {
      MIG_ASSIGN(free, is_free_of(emit, rule));
      condition += free;
    }
    return condition;
  }

  Result<std::string> is_free_of(std::size_t emit, const UniqueRule& rule) {
    const plan::SqlEmit& made = sql_.emits[emit];
    std::string condition;
    for (const UniqueColumn& column : rule.columns) {
      const plan::Field* field = field_of(emit, column.name);
      if (field == nullptr) {
        return cannot_mirror(table(emit), fmt::format("the plan does not name its column `{}`, "
                                                      "which is to be unique",
                                                      column.name));
      }
      const auto position = static_cast<std::size_t>(field - entity(emit).fields.data());
      condition += fmt::format("mig_other.{} = {} COLLATE {} AND ", identifier_sql(field->column),
                               made.values[position], identifier_sql(column.collation));
    }
    // Whoever has the same key is the row itself.
    const bool is_own = std::ranges::all_of(made.owner, [&](std::uint32_t owner) {
      return std::ranges::any_of(rule.columns, [&](const UniqueColumn& column) {
        return is_same_name(column.name, entity(emit).fields[owner].column);
      });
    });
    if (is_own) return std::string();
    return fmt::format(" AND NOT ({} AND EXISTS (SELECT 1 FROM {} AS mig_other WHERE {}NOT ({})))",
                       made.when, identifier_sql(table(emit)), condition,
                       is_owned(emit, "mig_other"));
  }

  // Rows that it becomes no longer. What waits for the follower stays as it is.
  std::string leaving(std::size_t emit) const {
    const plan::SqlEmit& made = sql_.emits[emit];
    std::string is_same;
    for (const std::uint32_t field : entity(emit).key()) {
      is_same += fmt::format(" AND {}.{} IS {}", identifier_sql(table(emit)),
                             identifier_sql(entity(emit).fields[field].column), made.values[field]);
    }
    return fmt::format(
        "DELETE FROM {} WHERE {} AND ({} OR {}) AND NOT EXISTS (SELECT 1 FROM {} WHERE {} AND "
        "{}{}); ",
        identifier_sql(table(emit)), is_owned(emit, identifier_sql(table(emit))), kIsCarried,
        is_gone(), sql_.from, found(), made.when, is_same);
  }

  std::string coming(std::size_t emit) const {
    const plan::SqlEmit& made = sql_.emits[emit];
    std::vector<std::string> columns;
    std::vector<std::string> key;
    std::vector<std::string> sets;
    for (const plan::Field& field : entity(emit).fields) {
      const std::string column = identifier_sql(field.column);
      columns.push_back(column);
      if (field.key) {
        key.push_back(column);
      } else {
        sets.push_back(fmt::format("{0} = excluded.{0}", column));
      }
    }
    const std::string change =
        sets.empty() ? "NOTHING" : fmt::format("UPDATE SET {}", fmt::join(sets, ", "));
    return fmt::format(
        "INSERT INTO {}({}) SELECT {} FROM {} WHERE {} AND {} AND {} ON CONFLICT ({}) DO {}; ",
        identifier_sql(table(emit)), fmt::join(columns, ", "), fmt::join(made.values, ", "),
        sql_.from, found(), kIsCarried, made.when, fmt::join(key, ", "), change);
  }

  // The entry stays where the follower has to come: for the row itself, or to close its letter.
  std::string settling() const {
    std::string place;
    for (const std::string& cell : entry_) {
      place += fmt::format(
          "{1}CASE typeof({0}) WHEN 'integer' THEN printf('i%016x', {0}) WHEN 'text' THEN 't' || "
          "lower(hex({0})) ELSE 'b' || lower(hex({0})) END",
          cell, place.empty() ? "" : " || '.' || ");
    }
    return fmt::format(
        "DELETE FROM {} WHERE seq = NEW.seq AND ({} OR {} AND {}) AND NOT EXISTS (SELECT 1 FROM "
        "mig_ctl_reject WHERE dataset = {} AND row_key = {} AND closed IS NULL); ",
        log_.table(), kIsCarried, is_gone(), plan::is_key_sql(plan_, lane_, entry_),
        plan::text_sql(plan_.at(lane_.source).name), place);
  }

  const Database& database_;
  const plan::Plan& plan_;
  const Changelog& log_;
  LiveSchema schema_;
  plan::Lane lane_;
  std::vector<std::size_t> order_;
  plan::SqlLane sql_;
  std::vector<std::string> entry_;  // the cells of the touched key
  std::vector<std::string> owner_;  // the same, as the other side holds them
};

}  // namespace

Result<void> check_mirror(const Database& database, const plan::Plan& plan, plan::Side authority,
                          const Changelog& log) {
  MIG_ASSIGN(schema, read_schema(database));
  return Mirror(database, plan, authority, log, std::move(schema)).check();
}

Result<void> install_mirror(const Database& database, const plan::Plan& plan, plan::Side authority,
                            const Changelog& log) {
  MIG_ASSIGN(schema, read_schema(database));
  return Mirror(database, plan, authority, log, std::move(schema)).install();
}

}  // namespace mig::runtime
