#include "runtime/stores/redis_replication.hpp"

#include <charconv>
#include <chrono>
#include <poll.h>
#include <string_view>

#include <fmt/format.h>

#include "runtime/clock.hpp"
#include "runtime/stores/redis_info.hpp"

namespace mig::runtime {
namespace {

// A server makes its backlog while it answers the PSYNC, so one look is most often enough.
constexpr int kLooks = 200;
constexpr int kBetweenLooks = 5;  // milliseconds

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Stream {
  bool is_kept = false;
  std::string history;
  std::string older_history;      // before a failover
  std::int64_t older_until = -1;  // so far the two are the same
  std::int64_t offset = 0;
  std::int64_t first = 0;  // the oldest byte that is kept

  bool holds(const ReplicationPlace& place) const {
    const bool is_known =
        place.history == history || (place.history == older_history && place.offset <= older_until);
    return is_kept && is_known && place.offset + 1 >= first && place.offset <= offset;
  }
};

Result<Stream> look(RedisConnection& asks) {
  MIG_ASSIGN(info, asks.call({"INFO", "replication"}));
  const auto value = [&](std::string_view name) { return info_value(info.text, name); };
  Stream stream;
  stream.is_kept = value("repl_backlog_active") == "1";
  stream.history = value("master_replid");
  stream.older_history = value("master_replid2");
  stream.older_until = number(value("second_repl_offset")) - 1;
  stream.offset = number(value("master_repl_offset"));
  stream.first = number(value("repl_backlog_first_byte_offset"));
  return stream;
}

// How long a command is on its way: the server writes every number in its shortest form.
std::int64_t size_of(const std::vector<std::string>& words) {
  std::int64_t size = 3 + static_cast<std::int64_t>(std::to_string(words.size()).size());
  for (const std::string& word : words) {
    const auto length = static_cast<std::int64_t>(word.size());
    size += 5 + static_cast<std::int64_t>(std::to_string(word.size()).size()) + length;
  }
  return size;
}

Result<void> explain(const RedisReply& reply, const std::string& shown) {
  if (!reply.is_error()) return {};
  Error why = redis_error(reply, shown);
  if (reply.code() == "NOPERM") {
    why.message = fmt::format("`{}` does not let mig read its replication stream", shown);
    why.help = "give its user `+psync +replconf +info`";
  }
  return std::unexpected(std::move(why));
}

}  // namespace

std::string ReplicationPlace::print() const {
  return fmt::format("{} {}", offset, history);
}

std::optional<ReplicationPlace> ReplicationPlace::parse(const std::string& text) {
  const std::size_t end = text.find(' ');
  if (end == text.npos || end + 1 == text.size()) return std::nullopt;
  return ReplicationPlace{text.substr(end + 1), number(std::string_view(text).substr(0, end))};
}

Result<std::optional<ReplicationPlace>> replication_now(RedisConnection& asks) {
  MIG_ASSIGN(stream, look(asks));
  if (!stream.is_kept) return std::optional<ReplicationPlace>();
  return std::optional(ReplicationPlace{stream.history, stream.offset});
}

// A replica that goes away at once leaves the backlog behind, and the data it asked for are not
// sent.
Result<ReplicationPlace> begin_replication(RedisConnection& asks, RedisConnection link) {
  MIG_ASSIGN(place, replication_now(asks));
  if (place) return *place;
  link.append({"REPLCONF", "capa", "eof", "capa", "psync2"});
  MIG_ASSIGN(understood, link.reply());
  MIG_TRY(explain(understood, link.shown()));
  // A refusal would be an answer; what is granted is not waited for.
  link.append({"PSYNC", "?", "-1"});
  MIG_TRY(link.send());
  for (int i = 0; i < kLooks; ++i) {
    MIG_ASSIGN(now, replication_now(asks));
    if (now) return *now;
    pollfd answer{.fd = link.descriptor(), .events = POLLIN, .revents = 0};
    ::poll(&answer, 1, kBetweenLooks);
  }
  MIG_ASSIGN(refused, link.reply());
  MIG_TRY(explain(refused, link.shown()));
  return fail(ErrorKind::Transient,
              fmt::format("`{}` does not keep its replication stream", asks.shown()),
              "look at its `repl-backlog-size`");
}

Result<std::optional<RedisReplication>> RedisReplication::resume(RedisConnection& asks,
                                                                 RedisConnection link,
                                                                 const ReplicationPlace& place) {
  // A server that does not have it would send all its data instead.
  MIG_ASSIGN(stream, look(asks));
  if (!stream.holds(place)) return std::optional<RedisReplication>();
  link.append({"REPLCONF", "capa", "eof", "capa", "psync2"});
  MIG_ASSIGN(understood, link.reply());
  MIG_TRY(explain(understood, link.shown()));
  link.append({"PSYNC", place.history, std::to_string(place.offset + 1)});
  MIG_ASSIGN(answer, link.reply());
  MIG_TRY(explain(answer, link.shown()));
  if (!answer.text.starts_with("CONTINUE")) return std::optional<RedisReplication>();
  return std::optional(RedisReplication(std::move(link), place.offset));
}

Result<std::vector<std::string>> RedisReplication::next() {
  const auto now = std::chrono::floor<std::chrono::seconds>(SystemClock().elapsed()).count();
  if (now != acknowledged_at_) {
    link_.append({"REPLCONF", "ACK", "0"});
    acknowledged_at_ = now;
  }
  MIG_ASSIGN(command, link_.pushed());
  std::vector<std::string> words;
  words.reserve(command.items.size());
  for (RedisReply& item : command.items)
    words.push_back(std::move(item.text));
  if (words.empty()) {
    return fail(ErrorKind::Transient,
                fmt::format("`{}` sent something else than its replication stream", link_.shown()),
                "it is read again");
  }
  offset_ += size_of(words);
  return words;
}

}  // namespace mig::runtime
