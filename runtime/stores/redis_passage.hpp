// Rows from one Redis server to another as DUMP gives them, for plans that change nothing but the
// pattern of their keys. With them goes the moment at which they expire.
//
// As strict as the typed path, and as its accounting: each payload is taken apart and read as a row
// (redis_payload.hpp, redis_codec.hpp), and a page passes only when every row is one, each payload
// is of a format that the target reads, and nothing stands in the target under any of its keys.
// Where that is not so, nothing was written and the caller takes the typed path for that page. What
// stands in a value stays as it is: a truth value written `true` is not made `1`, and a field that
// has its default stays absent; read, both are the same row.
//
// A value is dumped as a whole, whatever its size. Reading and writing may go on at once, on two
// threads: they share nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/open_store.hpp"
#include "runtime/stores/page_limit.hpp"
#include "runtime/stores/passed_page.hpp"
#include "runtime/stores/redis_codec.hpp"
#include "runtime/stores/redis_commands.hpp"
#include "runtime/stores/redis_pattern.hpp"
#include "runtime/stores/redis_payload.hpp"
#include "runtime/stores/redis_scan.hpp"

namespace mig::runtime {

class RedisPassage {
 public:
  struct Page : PassedPage {
    std::vector<std::string> keys;  // of the target
    RedisCommands restores;
  };

  // Nothing where the rows of this plan do not pass as they are: stores of other kinds, a
  // transform, rules, several targets, other codecs. REQUIRES: `target` holds a fence.
  static Result<std::optional<RedisPassage>> open(const OpenStore& source, const OpenStore& target,
                                                  const plan::Plan& plan);

  // Behind a place of RedisScan, as RedisScannedRows::read.
  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page);
  // A page that is plain. False: something stands there, as far as anybody looked.
  static Result<bool> write(Effect& effect, const Page& page, bool looks_first);

 private:
  RedisPassage(RedisConnection& source, RedisScan scan, plan::Entity entity, KeyPattern from,
               KeyPattern to, RowCodec codec, std::uint16_t format);
  void ask(const std::string& key);
  Result<void> take(const std::string& key, Page& page);
  bool is_row(const std::string& key, std::string_view payload);

  RedisConnection* source_;
  RedisScan scan_;
  plan::Entity entity_;
  KeyPattern from_;
  KeyPattern to_;
  RowCodec codec_;
  std::uint16_t format_;  // the newest that the target reads
  PageLimit limit_{kPageBytes / 2};
  // Of one row, to be read.
  RedisReply dumped_;
  RedisReply expiry_;
  PayloadReader payload_;
  std::vector<RedisReply> values_;  // one a name of the codec
  Batch row_;
};

}  // namespace mig::runtime
