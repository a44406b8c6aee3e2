// A KeysetReader over PostgreSQL: pages by COPY in binary, in the order of the key's own index.
//
// A place is made of the key as a plan writes it, so it is the place that a copy of the row has in
// any other store. Companions of a page are read by one more query each. One thread, like the
// database, which outlives the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/page_limit.hpp"
#include "runtime/stores/postgres_rows_shape.hpp"

namespace mig::runtime {

class PostgresRows final : public RowSource {
 public:
  static Result<PostgresRows> open(const Database& database, const plan::Plan& plan,
                                   plan::DatasetId dataset);
  static Result<PostgresRows> open(const Database& database, const plan::Plan& plan,
                                   const plan::Lane& lane);

  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page) override;
  Result<void> read_each(const std::vector<std::string>& places, Page& page,
                         std::vector<std::string>& gone) override;
  Result<std::int64_t> count() const override;
  Result<std::int64_t> about() const override;
  Result<std::string> last_key() const override;
  Result<std::int64_t> count_without_key() const override;

 private:
  struct Companion {
    PostgresRowsShape shape;
    std::vector<std::uint32_t> by;
    bool is_list = false;
    std::size_t first = 0;  // the column of the page in which its fields begin
    // By the place of the row that drives: tuples of `by` and all fields.
    std::unordered_map<std::string, std::vector<std::string>> found;
  };

  PostgresRows(const Database& database, PostgresRowsShape shape)
      : database_(&database), shape_(std::move(shape)) {}
  // Appends what the query gives to the page; false where it gives more than so many bytes.
  Result<bool> add(const std::string& query, std::size_t most_bytes, Page& page);
  Result<void> append(std::string_view tuple, Page& page);
  Result<void> append_with_companions(const std::vector<std::string>& tuples, Page& page);
  Result<void> find(Companion& companion, const std::vector<std::string>& places) const;
  std::optional<PostgresFlaw> append(Companion& companion, const std::string& place,
                                     Page& page) const;
  std::string where_places(const std::vector<std::string>& places) const;

  const Database* database_;
  PostgresRowsShape shape_;
  std::vector<plan::Type> types_;  // of what is read
  std::vector<Companion> companions_;
  PageLimit limit_;
};

}  // namespace mig::runtime
