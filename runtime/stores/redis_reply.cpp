#include "runtime/stores/redis_reply.hpp"

#include <cassert>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <hiredis/hiredis.h>

namespace mig::runtime {
namespace {

// The library asks for a place for each value as it reads it. The root is the reader's; every other
// value lies inside the array that it belongs to, which has its size before its items come. Each
// may have held another value before, whose memory it takes over.
RedisReply* place_for(const redisReadTask* task) {
  auto* place = static_cast<RedisReply*>(task->privdata);
  if (task->parent != nullptr) {
    auto* array = static_cast<RedisReply*>(task->parent->obj);
    place = &array->items[static_cast<std::size_t>(task->idx)];
  }
  place->kind = RedisReply::Kind::Nil;
  place->integer = 0;
  place->text.clear();
  return place;
}

void* make_string(const redisReadTask* task, char* text, std::size_t size) {
  RedisReply* reply = place_for(task);
  reply->kind = task->type == REDIS_REPLY_ERROR    ? RedisReply::Kind::Error
                : task->type == REDIS_REPLY_STATUS ? RedisReply::Kind::Status
                                                   : RedisReply::Kind::Text;
  reply->text.assign(text, size);
  reply->items.clear();
  return reply;
}

// More than any command that is sent here answers; a hostile number must not take all memory.
constexpr int kMostItems = 1 << 22;

void* make_array(const redisReadTask* task, int size) {
  if (size > kMostItems) return nullptr;  // which the library reports as an error
  RedisReply* reply = place_for(task);
  reply->kind = RedisReply::Kind::Array;
  reply->items.resize(static_cast<std::size_t>(size));
  return reply;
}

void* make_integer(const redisReadTask* task, long long value) {
  RedisReply* reply = place_for(task);
  reply->kind = RedisReply::Kind::Integer;
  reply->integer = value;
  reply->items.clear();
  return reply;
}

void* make_nil(const redisReadTask* task) {
  RedisReply* reply = place_for(task);
  reply->items.clear();
  return reply;
}

void free_reply(void* /*reply*/) {}  // the reader's

redisReplyObjectFunctions functions = {make_string, make_array, make_integer, make_nil, free_reply};

constexpr std::string_view kLineEnd = "\r\n";

struct Meaning {
  std::string_view code;
  ErrorKind kind;
  std::string_view message;  // with the server's name in it
  std::string_view help;
  Cause cause = Cause::Other;
};

constexpr std::string_view kCluster =
    "connect to a single server; moving rows of a Redis Cluster is not supported";
constexpr std::string_view kWait = "wait until it is done, then run the same command again";

constexpr Meaning kMeanings[] = {
    {"LOADING", ErrorKind::Transient, "`{}` is still loading its data", kWait},
    {"BUSY", ErrorKind::Transient, "`{}` is busy with somebody's script",
     "wait for the script, or end it with `SCRIPT KILL`"},
    {"TRYAGAIN", ErrorKind::Transient, "`{}` asks to try again", kWait},
    {"MASTERDOWN", ErrorKind::Transient, "`{}` has lost its primary", kWait},
    {"CLUSTERDOWN", ErrorKind::Transient, "`{}` belongs to a cluster that is down", kCluster},
    {"NOREPLICAS", ErrorKind::Transient, "`{}` has fewer replicas than its `min-replicas-to-write`",
     "bring its replicas back, then run the same command again"},
    {"MISCONF", ErrorKind::Transient, "`{}` takes no writes because it cannot save to its disk",
     "look into the server's log, and free space on its disk"},
    {"OOM", ErrorKind::Permanent, "`{}` has reached its `maxmemory`",
     "raise `maxmemory` or delete what is not needed, then run the same command again",
     Cause::DiskFull},
    {"READONLY", ErrorKind::Permanent, "`{}` is a replica and takes no writes",
     "after a failover point the URL to the new primary"},
    {"WRONGTYPE", ErrorKind::Permanent, "`{}` keeps another type of value under a key of the plan",
     "compare the codec of the dataset with what the keys hold"},
    {"NOAUTH", ErrorKind::Permanent, "`{}` wants a password", "put one into the store's URL"},
    {"WRONGPASS", ErrorKind::Permanent, "`{}` refuses the user or the password",
     "correct the secret that holds the store's URL"},
    {"MOVED", ErrorKind::Permanent, "`{}` is part of a Redis Cluster", kCluster},
    {"ASK", ErrorKind::Permanent, "`{}` is part of a Redis Cluster", kCluster},
    {"CROSSSLOT", ErrorKind::Permanent, "`{}` is part of a Redis Cluster", kCluster},
    {"EXECABORT", ErrorKind::Permanent, "`{}` refused a transaction", "look into the server's log"},
};

// The name between the first pair of quotes, where it looks like the name of a command.
std::string quoted_command(std::string_view text) {
  const std::size_t open = text.find('\'');
  const std::size_t close = open == text.npos ? open : text.find('\'', open + 1);
  if (close == text.npos || close - open > 40) return {};
  const std::string_view name = text.substr(open + 1, close - open - 1);
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-|";
  return name.find_first_not_of(kLetters) == name.npos ? std::string(name) : std::string();
}

Error no_permission(const RedisReply& reply, const std::string& shown) {
  const std::string command = quoted_command(reply.text);
  if (!command.empty()) {
    return {ErrorKind::Permanent, fmt::format("the user of `{}` may not run `{}`", shown, command),
            fmt::format("`ACL SETUSER <user> +{}` allows it", command)};
  }
  if (reply.text.find("channel") != std::string::npos) {
    return {ErrorKind::Permanent, fmt::format("the user of `{}` may not use a channel", shown),
            "`ACL SETUSER <user> &<name of the router>` allows it"};
  }
  return {ErrorKind::Permanent, fmt::format("the user of `{}` may not touch a key", shown),
          "`ACL SETUSER <user> ~<pattern of the dataset> ~mig:*` allows it"};
}

Error generic_error(const RedisReply& reply, const std::string& shown) {
  const std::string_view text = reply.text;
  if (text.starts_with("ERR Protocol error: invalid bulk length")) {
    return {ErrorKind::Permanent,
            fmt::format("`{}` takes no value as large as one of a row", shown),
            "raise `proto-max-bulk-len` of the server, or leave such rows where they are"};
  }
  if (text.starts_with("ERR max number of clients")) {
    return {ErrorKind::Transient, fmt::format("`{}` has reached its `maxclients`", shown),
            "close connections that nobody needs, or raise `maxclients`"};
  }
  if (text.starts_with("ERR DB index") || text.starts_with("ERR invalid DB index")) {
    return {ErrorKind::Permanent, fmt::format("`{}` has no database of that number", shown),
            "correct the number at the end of the URL, or raise `databases`"};
  }
  if (text.starts_with("ERR AUTH")) {
    return {ErrorKind::Permanent, fmt::format("`{}` asks its default user for no password", shown),
            "leave the password out of the URL, or set one with `requirepass`"};
  }
  if (text.starts_with("ERR unknown command") || text.starts_with("ERR unknown subcommand")) {
    const std::string command = quoted_command(text);
    return {ErrorKind::Permanent,
            fmt::format("`{}` does not know the command{}", shown,
                        command.empty() ? "" : " `" + command + "`"),
            "use Redis 7.0 or later, and rename no commands"};
  }
  return {ErrorKind::Permanent,
          fmt::format("`{}` refused a command with the error `{}`", shown, reply.code()),
          "look into the server's log"};
}

}  // namespace

std::string_view RedisReply::code() const {
  assert(is_error());
  return std::string_view(text).substr(0, text.find(' '));
}

Error redis_error(const RedisReply& reply, const std::string& shown) {
  if (!reply.is_error()) {
    return {ErrorKind::Permanent,
            fmt::format("`{}` gave an answer of a kind that was not asked for", shown),
            "use Redis 7.0 or later, without a proxy in between"};
  }
  if (reply.code() == "NOPERM") return no_permission(reply, shown);
  for (const Meaning& meaning : kMeanings) {
    if (reply.code() != meaning.code) continue;
    return {meaning.kind, fmt::format(fmt::runtime(meaning.message), shown),
            std::string(meaning.help), meaning.cause};
  }
  return generic_error(reply, shown);
}

void RedisReplyReader::Free::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

RedisReplyReader::RedisReplyReader() : root_(std::make_unique<RedisReply>()) {
  begin();
}

void RedisReplyReader::begin() {
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  assert(reader_ != nullptr && "memory for a reader");
  reader_->privdata = root_.get();
}

void RedisReplyReader::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

// The library has taken the mark of the text, and waits in front of its size.
std::optional<std::size_t> RedisReplyReader::coming() const {
  const bool is_text = reader_->ridx == 0 && reader_->rstack[0].type == REDIS_REPLY_STRING;
  if (!is_text) return std::nullopt;
  const std::string_view rest(reader_->buf + reader_->pos, reader_->len - reader_->pos);
  const std::size_t end = rest.find(kLineEnd);
  std::size_t size = 0;
  if (end == rest.npos) return std::nullopt;
  const auto digits = std::from_chars(rest.data(), rest.data() + end, size);
  if (digits.ec != std::errc() || digits.ptr != rest.data() + end) return std::nullopt;
  return size;
}

std::size_t RedisReplyReader::give_up() {
  const auto size = coming();
  assert(size && "only what is coming can be given up");
  const std::string_view rest(reader_->buf + reader_->pos, reader_->len - reader_->pos);
  const std::size_t whole = rest.find(kLineEnd) + kLineEnd.size() + *size + kLineEnd.size();
  assert(rest.size() < whole && "what is whole has been read");
  const std::size_t missing = whole - rest.size();
  begin();
  return missing;
}

Result<bool> RedisReplyReader::next(RedisReply& reply, const std::string& shown) {
  void* found = nullptr;
  if (redisReaderGetReply(reader_.get(), &found) != REDIS_OK) {
    const bool is_deep = std::string_view(reader_->errstr).find("nested") != std::string_view::npos;
    if (is_deep) {
      return fail(ErrorKind::Permanent,
                  fmt::format("`{}` sent an answer that nests deeper than seven levels", shown),
                  "no answer of Redis itself does; look for a proxy or a module in between");
    }
    return fail(ErrorKind::Permanent,
                fmt::format("`{}` does not speak the protocol of Redis", shown),
                "check the host, the port and whether the port wants TLS");
  }
  if (found == nullptr) return false;
  std::swap(reply, *root_);
  return true;
}

}  // namespace mig::runtime
