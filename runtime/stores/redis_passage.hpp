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
// A row that is too large for a page is told apart (PassedPage::large, redis_large_row.hpp), and no
// memory is spent on its payload, which is thrown away as it comes. So that the server need not
// make one either, it is asked how large rows are before they are dumped, where that pays: on the
// first page, where rows are not short, and once there was a large one. Reading, finishing pages
// and writing may go on at once, on threads of their own: they share nothing that changes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/open_store.hpp"
#include "runtime/stores/page_limit.hpp"
#include "runtime/stores/passed_page.hpp"
#include "runtime/stores/redis_codec.hpp"
#include "runtime/stores/redis_commands.hpp"
#include "runtime/stores/redis_pattern.hpp"
#include "runtime/stores/redis_row_check.hpp"
#include "runtime/stores/redis_scan.hpp"

namespace mig::runtime {

class RedisPassage {
 public:
  // Where a row stands in `restores`.
  struct Row {
    std::string from;  // its key in the source
    std::size_t begin = 0;
    std::size_t payload = 0;
    std::size_t payload_end = 0;
    std::size_t end = 0;
  };
  struct Page : PassedPage {
    std::vector<std::string> keys;  // of the target
    RedisCommands restores;
    std::vector<Row> rows;                 // one a key, until it is finished
    std::unique_ptr<RedisRowCheck> check;  // from its first finishing on
  };

  // Nothing where the rows of this plan do not pass as they are: a transform, rules, several
  // targets, other codecs. `beside`: another connection to the source, which nobody else uses.
  // REQUIRES: `target` holds a fence.
  static Result<std::optional<RedisPassage>> open(const OpenStore& source, const OpenStore& target,
                                                  const plan::Plan& plan, RedisConnection beside);

  // Behind a place of RedisScan, as RedisScannedRows::read. Says where the page ends, and no more.
  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page);
  // Finds out whether each of its rows is one, and which are too large. Before it is used.
  void finish(Page& page) const;
  // A page that is plain. False: something stands there, as far as anybody looked.
  static Result<bool> write(Effect& effect, const Page& page, bool looks_first);

 private:
  RedisPassage(RedisConnection& source, RedisConnection beside, RedisScan scan, plan::Entity entity,
               KeyPattern from, KeyPattern to, RowCodec codec, std::uint16_t format);
  static void ask(RedisConnection& source, const std::string& key);
  Result<void> take(RedisConnection& source, const std::string& key, Page& page);
  void add_row(const std::string& key, const std::string& name, Page& page) const;
  void part_with(const std::vector<std::size_t>& rows, Page& page) const;
  Result<void> read_weighed(Page& page);
  Result<void> weigh(const std::string& key, Page& page);

  RedisConnection* source_;
  RedisScan scan_;
  plan::Entity entity_;
  KeyPattern from_;
  KeyPattern to_;
  RowCodec codec_;
  std::uint16_t format_;  // the newest that the target reads
  PageLimit limit_;
  bool weighs_ = true;  // the page that is read next
  bool has_weighed_ = false;
  bool has_large_ = false;  // somewhere before
  // By which weighed rows are dumped: what is scanned and weighed next is on its way by the other.
  RedisConnection weighed_source_;
  std::vector<std::string> small_;  // keys of one answer of SCAN, which are to be dumped
  std::size_t weighed_ = 0;         // bytes of the page's
  // Of one row, to be read.
  RedisReply size_;
  RedisReply dumped_;
  RedisReply expiry_;
  RedisRowCheck renaming_;
};

}  // namespace mig::runtime
