#include "runtime/journal/chain.hpp"

#include <cstdint>

namespace mig::runtime {
namespace {

void add_number(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift & 0xff);
}

void add_text(std::string& out, std::string_view text) {
  add_number(out, text.size());
  out += text;
}

}  // namespace

Sha256 chain_start(std::string_view journal_uuid) {
  std::string bytes;
  add_text(bytes, "mig journal");
  add_text(bytes, journal_uuid);
  return sha256(bytes);
}

std::string chained_bytes(const Sha256& previous, const JournalRecord& record) {
  std::string bytes(as_bytes(previous));
  bytes.reserve(bytes.size() + record.body.size() + 160);
  add_number(bytes, static_cast<std::uint64_t>(record.seq));
  add_text(bytes, print(record.at));
  add_text(bytes, record.actor);
  add_number(bytes, static_cast<std::uint64_t>(record.epoch));
  add_text(bytes, record.kind);
  add_text(bytes, record.body);
  return bytes;
}

Sha256 chain_next(const Sha256& previous, const JournalRecord& record) {
  return sha256(chained_bytes(previous, record));
}

}  // namespace mig::runtime
