#include "runtime/data/iso_time.hpp"

#include <cassert>
#include <chrono>

namespace mig::runtime {
namespace {

namespace chrono = std::chrono;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

constexpr std::int64_t days_of(int year, unsigned month, unsigned day) {
  const chrono::year_month_day date{chrono::year(year), chrono::month(month), chrono::day(day)};
  return chrono::sys_days(date).time_since_epoch().count();
}
constexpr std::int64_t kFirstDay = days_of(1, 1, 1);
constexpr std::int64_t kLastDay = days_of(9999, 12, 31);

// Reads from the front of a text. After the first thing that does not fit, nothing fits.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    if (rest_.size() < count) fits_ = false;
    for (std::size_t i = 0; fits_ && i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') fits_ = false;
      value = value * 10 + (rest_[i] - '0');
    }
    if (fits_) rest_.remove_prefix(count);
    return fits_ ? value : 0;
  }
  void expect(std::string_view one_of) {
    if (!take(one_of)) fits_ = false;
  }
  bool take(std::string_view one_of) {
    if (!fits_ || rest_.empty() || one_of.find(rest_.front()) == std::string_view::npos) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  bool next_is_digit() const {
    return fits_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }
  void refuse_unless(bool condition) { fits_ = fits_ && condition; }
  bool is_at_end() const { return fits_ && rest_.empty(); }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  std::string_view rest_;
  bool fits_ = true;
};

// The last digits of a number, up to before `end`: the text has zeros there.
void put_digits(std::string& text, std::size_t end, std::int64_t number) {
  for (; number != 0; number /= 10)
    text[--end] = static_cast<char>('0' + number % 10);
}

std::int64_t read_date(Reader& in) {
  const int year = in.digits(4);
  in.expect("-");
  const auto month = static_cast<unsigned>(in.digits(2));
  in.expect("-");
  const auto day = static_cast<unsigned>(in.digits(2));
  const chrono::year_month_day date{chrono::year(year), chrono::month(month), chrono::day(day)};
  in.refuse_unless(year >= 1 && date.ok());
  return date.ok() ? chrono::sys_days(date).time_since_epoch().count() : 0;
}

std::int64_t read_time(Reader& in) {
  const int hour = in.digits(2);
  in.expect(":");
  const int minute = in.digits(2);
  int second = 0;
  std::int64_t micros = 0;
  if (in.take(":")) {
    second = in.digits(2);
    if (in.take(".")) {
      in.refuse_unless(in.next_is_digit());
      std::int64_t unit = kMicrosPerSecond / 10;
      for (; unit > 0 && in.next_is_digit(); unit /= 10)
        micros += unit * in.digits(1);
    }
  }
  in.refuse_unless(hour <= 23 && minute <= 59 && second <= 59);
  return ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + micros;
}

}  // namespace

std::optional<std::int64_t> parse_date(std::string_view text) {
  Reader in(text);
  const auto days = read_date(in);
  if (!in.is_at_end()) return std::nullopt;
  return days;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  Reader in(text);
  const auto micros = read_time(in);
  if (!in.is_at_end()) return std::nullopt;
  return micros;
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  Reader in(text);
  std::int64_t micros = read_date(in) * kMicrosPerDay;
  in.expect("Tt ");
  micros += read_time(in);
  if (const char sign = in.front(); sign == '+' || sign == '-') {
    in.expect("+-");
    const int hours = in.digits(2);
    in.expect(":");
    const int minutes = in.digits(2);
    in.refuse_unless(hours <= 14 && minutes <= 59);
    const std::int64_t offset = std::int64_t{hours * 60 + minutes} * 60 * kMicrosPerSecond;
    micros += sign == '+' ? -offset : offset;
  } else {
    in.take("Zz");
  }
  if (!in.is_at_end() || !is_printable_timestamp(micros)) return std::nullopt;
  return micros;
}

std::string print_date(std::int64_t days) {
  assert(is_printable_date(days));
  const chrono::year_month_day date{chrono::sys_days(chrono::days(days))};
  std::string text = "0000-00-00";
  put_digits(text, 4, static_cast<int>(date.year()));
  put_digits(text, 7, static_cast<unsigned>(date.month()));
  put_digits(text, 10, static_cast<unsigned>(date.day()));
  return text;
}

std::string print_time(std::int64_t micros) {
  assert(is_printable_time(micros));
  const std::int64_t seconds = micros / kMicrosPerSecond;
  std::string text = "00:00:00.000000";
  put_digits(text, 2, seconds / 3600);
  put_digits(text, 5, seconds / 60 % 60);
  put_digits(text, 8, seconds % 60);
  put_digits(text, 15, micros % kMicrosPerSecond);
  return text;
}

std::string print_timestamp(std::int64_t micros) {
  assert(is_printable_timestamp(micros));
  const auto days = chrono::floor<chrono::days>(chrono::microseconds(micros)).count();
  return print_date(days) + "T" + print_time(micros - days * kMicrosPerDay) + "Z";
}

bool is_printable_date(std::int64_t days) {
  return days >= kFirstDay && days <= kLastDay;
}

bool is_printable_time(std::int64_t micros) {
  return micros >= 0 && micros < kMicrosPerDay;
}

bool is_printable_timestamp(std::int64_t micros) {
  return micros >= kFirstDay * kMicrosPerDay && micros < (kLastDay + 1) * kMicrosPerDay;
}

}  // namespace mig::runtime
