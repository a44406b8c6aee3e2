// Routes an application's reads and writes by mig's routing document. One header, C++17, nothing
// but the standard library; copy it into an application.
//
//   auto document = mig_router::load("routes.json", "split_users", "glue");
//   const auto read = document->read(mig_router::Key().add(user_id).bytes(), {{"region", "eu"}});
//   // ask read.side; where it fails and read.falls_back_on_error, ask the old side as well
//   report.read(read, took, mig_router::Outcome::Ok);  // and append report.take_lines(…) to a file
//
// The rules are those of runtime/traffic/FORMAT.md. A Document never changes and may be shared
// between threads; a Report belongs to one thread at a time.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mig_router {

using Micros = std::chrono::microseconds;
using Instant = std::chrono::time_point<std::chrono::system_clock, Micros>;
using Attributes = std::map<std::string, std::string>;

inline constexpr std::int64_t kWhole = 1'000'000'000;  // shares are parts of it

enum class Side { Old, New, None };
enum class Cohort { Old, New, Control };

inline Instant now() {
  return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
}

// ---- the sticky hash

// XXH64 of a text, seed 0 (https://github.com/Cyan4973/xxHash).
inline std::uint64_t xxh64(std::string_view text) {
  constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87U, kPrime2 = 0xC2B2AE3D27D4EB4FU,
                          kPrime3 = 0x165667B19E3779F9U, kPrime4 = 0x85EBCA77C2B2AE63U,
                          kPrime5 = 0x27D4EB2F165667C5U;
  const auto rotated = [](std::uint64_t x, unsigned by) { return x << by | x >> (64U - by); };
  const auto round = [&](std::uint64_t sum, std::uint64_t lane) {
    return rotated(sum + lane * kPrime2, 31) * kPrime1;
  };
  const auto taken = [&text](std::size_t size) {  // little-endian, whatever the machine is
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;)
      value = value << 8U | static_cast<unsigned char>(text[i]);
    text.remove_prefix(size);
    return value;
  };
  const std::uint64_t size = text.size();
  std::uint64_t hash = kPrime5;
  if (size >= 32) {
    std::uint64_t sums[] = {kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1};
    while (text.size() >= 32) {
      for (std::uint64_t& sum : sums)
        sum = round(sum, taken(8));
    }
    hash = rotated(sums[0], 1) + rotated(sums[1], 7) + rotated(sums[2], 12) + rotated(sums[3], 18);
    for (const std::uint64_t sum : sums)
      hash = (hash ^ round(0, sum)) * kPrime1 + kPrime4;
  }
  hash += size;
  while (text.size() >= 8)
    hash = rotated(hash ^ round(0, taken(8)), 27) * kPrime1 + kPrime4;
  if (text.size() >= 4) hash = rotated(hash ^ taken(4) * kPrime1, 23) * kPrime2 + kPrime3;
  while (!text.empty())
    hash = rotated(hash ^ taken(1) * kPrime5, 11) * kPrime1;
  hash = (hash ^ hash >> 33U) * kPrime2;
  hash = (hash ^ hash >> 29U) * kPrime3;
  return hash ^ hash >> 32U;
}

// 0 to 10^9 - 1: floor(hash * 10^9 / 2^64), without numbers of more than 64 bits.
inline std::int64_t bucket_of(std::string_view salt, std::string_view key) {
  std::string text(salt);
  text.push_back('\0');
  text.append(key);
  const std::uint64_t hash = xxh64(text);
  const std::uint64_t low = (hash & 0xFFFFFFFFU) * kWhole >> 32U;
  return static_cast<std::int64_t>(((hash >> 32U) * kWhole + low) >> 32U);
}

inline Cohort cohort_of(std::int64_t bucket, std::int64_t share) {
  if (bucket < share) return Cohort::New;
  return bucket >= kWhole - std::min(share, kWhole - share) ? Cohort::Control : Cohort::Old;
}

// The bytes of a key, part by part in the order of the document's `key.by`.
class Key {
 public:
  Key& add(std::int64_t number) { return add_spelled(std::to_string(number)); }
  Key& add(bool) = delete;
  Key& add_bool(bool truth) { return add_spelled(truth ? "true" : "false"); }
  Key& add_text(std::string_view text) { return add_spelled(text); }
  Key& add_uuid(std::string uuid) {
    for (char& c : uuid)
      c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    return add_spelled(uuid);
  }
  Key& add_bytes(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const char byte : bytes) {
      hex += kDigits[static_cast<unsigned char>(byte) >> 4U];
      hex += kDigits[static_cast<unsigned char>(byte) & 15U];
    }
    return add_spelled(hex);
  }
  // A date, time, timestamp or decimal, spelled as FORMAT.md says.
  Key& add_spelled(std::string_view text) {
    if (parts_++ > 0) bytes_.push_back('\0');
    bytes_.append(text);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  int parts_ = 0;
};

// ---- the document

struct Read {
  Side side = Side::Old;
  Cohort cohort = Cohort::Old;
  bool falls_back_on_error = false;  // to the old side
  bool falls_back_on_timeout = false;
};

struct Write {
  Side authority = Side::Old;  // None: answer with an error that asks to try again
  std::optional<Side> mirror;  // the side that gets the write as well
  std::string mode;            // who brings it there; empty without a mirror

  // Whose rows are the newest: while nobody takes writes, the side that the other one follows.
  Side leader() const {
    if (authority != Side::None || !mirror) return authority;
    return *mirror == Side::New ? Side::Old : Side::New;
  }
};

// A document as it says itself; without one, everything is at the old side.
struct Document {
  std::string salt;
  std::int64_t version = 0;
  std::optional<Instant> fresh_until;
  std::vector<std::string> by;
  std::int64_t reads_share = 0;
  std::vector<std::pair<std::string, std::vector<std::string>>> where;
  Micros stale_ok{0};
  bool falls_back_on_error = false;
  bool falls_back_on_timeout = false;
  Write writes;
  std::int64_t writes_share = kWhole;

  Write write(std::string_view key) const { return write_of(bucket_of(salt, key)); }

  Read read(std::string_view key, const Attributes& attributes = {}, Instant at = now()) const {
    const std::int64_t bucket = bucket_of(salt, key);
    const Write write = write_of(bucket);
    const Side leader = write.leader();
    if (fresh_until && at >= *fresh_until && leader != Side::None)
      return {leader, leader == Side::New ? Cohort::New : Cohort::Old, false, false};
    const bool moved = leader == Side::New;
    if (!moved && !fits(attributes)) return {};
    const Cohort cohort = moved ? Cohort::New : cohort_of(bucket, reads_share);
    if (cohort != Cohort::New) return {Side::Old, cohort, false, false};
    const bool old_follows = !moved || write.mirror == Side::Old;
    return {Side::New, Cohort::New, old_follows && falls_back_on_error,
            old_follows && falls_back_on_timeout};
  }

 private:
  Write write_of(std::int64_t bucket) const {
    Write write = writes;
    if (bucket >= writes_share) {  // only a part has moved, and this key is not in it
      write.authority = Side::Old;
      if (write.mirror) write.mirror = Side::New;
    }
    return write;
  }
  bool fits(const Attributes& attributes) const {
    return std::all_of(where.begin(), where.end(), [&](const auto& one) {
      const auto said = attributes.find(one.first);
      return said != attributes.end() &&
             std::find(one.second.begin(), one.second.end(), said->second) != one.second.end();
    });
  }
};

namespace json {

// As much of JSON as a routing document has: no number of it is broken.
struct Value {
  enum class Kind { Null, Bool, Integer, Text, List, Object } kind = Kind::Null;
  std::int64_t integer = 0;
  std::string text;
  std::vector<Value> items;  // of a list; of an object, by `names`
  std::vector<std::string> names;

  const Value& at(std::string_view name) const {
    static const Value kNothing;
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? kNothing : items[static_cast<std::size_t>(found - names.begin())];
  }
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Value> parse() {
    Value value = read(0);
    skip();
    return failed_ || next_ != text_.size() ? std::nullopt : std::optional(std::move(value));
  }

 private:
  Value fail() {
    failed_ = true;
    return {};
  }
  void skip() { next_ = std::min(text_.find_first_not_of(" \t\r\n", next_), text_.size()); }
  bool take(std::string_view word) {
    skip();
    if (text_.substr(next_, word.size()) != word) return false;
    next_ += word.size();
    return true;
  }
  Value read(int depth) {
    if (failed_ || depth > 16) return fail();
    if (take("{")) return members(depth, '}', Value::Kind::Object);
    if (take("[")) return members(depth, ']', Value::Kind::List);
    if (take("\"")) return quoted();
    if (take("null")) return {};
    for (const bool truth : {true, false}) {
      if (!take(truth ? "true" : "false")) continue;
      Value value;
      value.kind = Value::Kind::Bool;
      value.integer = truth;
      return value;
    }
    return number();
  }
  Value members(int depth, char end, Value::Kind kind) {
    Value value;
    value.kind = kind;
    const std::string_view closer(&end, 1);
    if (take(closer)) return value;
    do {
      if (kind == Value::Kind::Object) {
        if (!take("\"")) return fail();
        value.names.push_back(quoted().text);
        if (!take(":")) return fail();
      }
      value.items.push_back(read(depth + 1));
    } while (!failed_ && take(","));
    return take(closer) ? value : fail();
  }
  Value number() {
    const std::size_t begin = next_;
    if (text_.substr(next_, 1) == "-") ++next_;
    const std::size_t end = std::min(text_.find_first_not_of("0123456789", next_), text_.size());
    if (end == next_ || end - next_ > 18) return fail();
    next_ = end;
    Value value;
    value.kind = Value::Kind::Integer;
    value.integer = std::stoll(std::string(text_.substr(begin, end - begin)));
    return value;
  }
  Value quoted() {
    Value value;
    value.kind = Value::Kind::Text;
    while (next_ < text_.size() && text_[next_] != '"') {
      const char c = text_[next_++];
      if (static_cast<unsigned char>(c) < 0x20) return fail();
      if (c == '\\') {
        if (!escape(value.text)) return fail();
      } else {
        value.text.push_back(c);
      }
    }
    return next_++ < text_.size() ? value : fail();
  }
  bool escape(std::string& into) {
    constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (next_ >= text_.size()) return false;
    const char name = text_[next_++];
    if (const auto at = kNames.find(name); at != std::string_view::npos) {
      into.push_back(kMeanings[at]);
      return true;
    }
    std::uint32_t unit = 0;
    if (name != 'u' || !hex(unit)) return false;
    if (unit >= 0xD800 && unit < 0xDC00) {
      std::uint32_t low = 0;
      if (text_.substr(next_, 2) != "\\u") return false;
      next_ += 2;
      if (!hex(low) || low < 0xDC00 || low > 0xDFFF) return false;
      unit = 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00);
    }
    append_utf8(into, unit);
    return true;
  }
  bool hex(std::uint32_t& unit) {
    const std::string digits(text_.substr(next_, 4));
    next_ += digits.size();
    if (digits.size() < 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos)
      return false;
    unit = static_cast<std::uint32_t>(std::stoul(digits, nullptr, 16));
    return true;
  }
  static void append_utf8(std::string& into, std::uint32_t point) {
    const auto tail = [&](unsigned shift) {
      into.push_back(static_cast<char>(0x80U | (point >> shift & 0x3FU)));
    };
    if (point < 0x80) {
      into.push_back(static_cast<char>(point));
    } else if (point < 0x800) {
      into.push_back(static_cast<char>(0xC0U | point >> 6U));
      tail(0);
    } else if (point < 0x10000) {
      into.push_back(static_cast<char>(0xE0U | point >> 12U));
      tail(6), tail(0);
    } else {
      into.push_back(static_cast<char>(0xF0U | point >> 18U));
      tail(12), tail(6), tail(0);
    }
  }

  std::string_view text_;
  std::size_t next_ = 0;
  bool failed_ = false;
};

}  // namespace json

// Microseconds since 1970 of `2026-03-01T12:00:05.000000Z`, the one form that documents use.
inline std::optional<Instant> parse_instant(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0, end = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ%n", &year, &month, &day,
                               &hour, &minute, &second, &micros, &end);
  if (read != 7 || end != 27 || text.size() != 27) return std::nullopt;
  // Days from civil: years begin in March, so the leap day is the last.
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era_day = 365 * y + y / 4 - y / 100 + y / 400;
  const std::int64_t days = era_day + (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 719469;
  const std::int64_t seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
  return Instant(Micros(seconds * 1'000'000 + micros));
}

inline std::string print(Instant at) {
  const std::int64_t micros = at.time_since_epoch().count();
  const auto seconds = static_cast<std::time_t>(micros / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[32], whole[48];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(whole, sizeof whole, "%s.%06dZ", date, static_cast<int>(micros % 1'000'000));
  return whole;
}

// Nothing where the text is no document of a format that this client knows: keep to the last one.
inline std::optional<Document> parse(std::string_view text) {
  using Kind = json::Value::Kind;
  const auto whole = json::Parser(text).parse();
  if (!whole || whole->at("format").text != "mig.routes/2") return std::nullopt;
  const json::Value &key = whole->at("key"), &reads = whole->at("reads"),
                    &writes = whole->at("writes"), &fresh = whole->at("fresh_until");
  bool is_good = true;
  const auto integer = [&](const json::Value& value, std::int64_t most) {
    is_good = is_good && value.kind == Kind::Integer && value.integer >= 0 && value.integer <= most;
    return value.integer;
  };
  const auto texts = [&](const json::Value& list) {
    std::vector<std::string> values;
    is_good = is_good && list.kind == Kind::List;
    for (const json::Value& value : list.items) {
      is_good = is_good && value.kind == Kind::Text;
      values.push_back(value.text);
    }
    return values;
  };
  const auto side = [&](const json::Value& value) {
    is_good = is_good && (value.text == "old" || value.text == "new" || value.text == "none");
    return value.text == "new" ? Side::New : value.text == "none" ? Side::None : Side::Old;
  };
  Document document;
  document.salt = key.at("salt").text;
  document.by = texts(key.at("by"));
  document.version = integer(whole->at("version"), INT64_MAX);
  if (fresh.kind != Kind::Null) {
    document.fresh_until = parse_instant(fresh.text);
    is_good = is_good && document.fresh_until;
  }
  document.reads_share = integer(reads.at("share"), kWhole);
  for (const json::Value& one : reads.at("where").items)
    document.where.emplace_back(one.at("attribute").text, texts(one.at("in")));
  document.stale_ok = Micros(integer(reads.at("stale_ok_us"), INT64_MAX));
  for (const std::string& cause : texts(reads.at("fallback"))) {
    document.falls_back_on_error |= cause == "error";
    document.falls_back_on_timeout |= cause == "timeout";
  }
  document.writes.authority = side(writes.at("authority"));
  if (writes.at("mirror").kind != Kind::Null) document.writes.mirror = side(writes.at("mirror"));
  document.writes.mode = writes.at("mode").text;
  document.writes_share = integer(writes.at("share"), kWhole);
  is_good = is_good && !document.salt.empty() && reads.at("where").kind == Kind::List &&
            (document.writes_share == kWhole || document.writes.authority == Side::New);
  return is_good ? std::optional(std::move(document)) : std::nullopt;
}

// Of a router of the kind `file`. No file: nothing has moved. Nothing where it cannot be read.
inline std::optional<Document> load(const std::string& path, const std::string& plan,
                                    const std::string& router) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in && errno == ENOENT) {
    Document nothing_moved;
    nothing_moved.salt = plan + "/" + router;
    return nothing_moved;
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return in.bad() ? std::nullopt : parse(text);
}

// ---- the report

enum class Outcome { Ok, Failed, FellBack };

// The smallest and the largest latency that is counted as one with this: a 128th apart at most.
inline std::pair<std::int64_t, std::int64_t> latency_bucket(std::int64_t micros) {
  unsigned shift = 0;
  while (micros >> shift >= 256)
    ++shift;
  const std::int64_t lower = micros >> shift << shift;
  return {lower, lower + (std::int64_t{1} << shift) - 1};
}

// Counts what requests came to, and appends it to a file that mig's gates read.
class Report {
 public:
  Report(std::string router, std::string instance)
      : router_(std::move(router)), instance_(std::move(instance)) {}

  void read(const Read& read, Micros took, Outcome outcome) {
    count("reads", took, outcome);
    count(read.side == Side::New ? "reads_new" : "reads_old", took, outcome);
    if (read.cohort == Cohort::Control) count("reads_control", took, outcome);
  }
  void write(const Write& write, Micros took, Outcome outcome) {
    count("writes", took, outcome);
    if (write.authority == Side::None) return;  // nobody's; the whole knows of it
    count(write.authority == Side::New ? "writes_new" : "writes_old", took, outcome);
  }

  // The lines of everything since the last call, and a new start. An arm without requests is
  // silent.
  std::string take_lines(std::int64_t document_version, Instant since, Instant until) {
    std::string lines;
    for (const auto& [arm, counts] : arms_) {
      lines += "{\"metric\":\"mig.report/1\",\"at\":\"" + print(until) + "\",\"since\":\"" +
               print(since) + "\",\"router\":\"" + router_ + "\",\"instance\":\"" + instance_ +
               "\",\"version\":" + std::to_string(document_version) + ",\"arm\":\"" + arm +
               "\",\"requests\":" + std::to_string(counts.requests) +
               ",\"errors\":" + std::to_string(counts.errors) +
               ",\"fallbacks\":" + std::to_string(counts.fallbacks) + ",\"latency_us\":[";
      std::string between;
      for (const auto& [lower, many] : counts.latencies) {
        lines += between + "[" + std::to_string(lower) + "," + std::to_string(many) + "]";
        between = ",";
      }
      lines += "]}\n";
      for (const auto& [name, value] : readings(counts)) {
        lines += R"({"metric":")";
        lines.append(arm).append("_").append(name).append(R"(","at":")").append(print(until));
        lines.append(R"(","value":)").append(std::to_string(value)).append("}\n");
      }
    }
    arms_.clear();
    return lines;
  }

 private:
  struct Counts {
    std::int64_t requests = 0, errors = 0, fallbacks = 0;
    std::map<std::int64_t, std::int64_t> latencies;  // by the lower end of their bucket
  };

  void count(const std::string& arm, Micros took, Outcome outcome) {
    Counts& counts = arms_[arm];
    ++counts.requests;
    counts.errors += outcome != Outcome::Ok;  // who fell back was failed by the new side
    counts.fallbacks += outcome == Outcome::FellBack;
    ++counts.latencies[latency_bucket(std::max<std::int64_t>(0, took.count())).first];
  }
  // Rounded up, so that no rounding helps a gate to pass.
  static std::int64_t ratio(std::int64_t part, std::int64_t whole) {
    return (part * kWhole + whole - 1) / whole;
  }
  // In nanoseconds; the upper end of the bucket that holds the value.
  static std::int64_t percentile(const Counts& counts, std::int64_t percent) {
    std::int64_t left = (counts.requests * percent + 99) / 100;
    for (const auto& [lower, many] : counts.latencies) {
      left -= many;
      if (left <= 0) return latency_bucket(lower).second * 1000;
    }
    return 0;
  }
  static std::map<std::string, std::int64_t> readings(const Counts& counts) {
    return {{"requests", counts.requests},
            {"p50", percentile(counts, 50)},
            {"p95", percentile(counts, 95)},
            {"p99", percentile(counts, 99)},
            {"error_rate", ratio(counts.errors, counts.requests)},
            {"fallback_rate", ratio(counts.fallbacks, counts.requests)}};
  }

  std::string router_;
  std::string instance_;
  std::map<std::string, Counts> arms_;
};

}  // namespace mig_router
