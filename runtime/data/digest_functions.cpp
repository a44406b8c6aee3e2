// Digests as lower-case hexadecimal, and base64 with padding.
#include <array>
#include <cassert>

#include <openssl/evp.h>

#include "runtime/data/function_call.hpp"

namespace mig::runtime {
namespace {

std::string_view digest(TextArena& arena, std::string_view bytes, const EVP_MD* kind) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw;
  unsigned int size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), raw.data(), &size, kind, nullptr);
  assert(done == 1 && "OpenSSL has the digest");
  char* text = arena.allocate(std::size_t{2} * size);
  for (std::size_t i = 0; i < size; ++i) {
    text[2 * i] = kDigits[raw[i] >> 4];
    text[2 * i + 1] = kDigits[raw[i] & 15];
  }
  return {text, std::size_t{2} * size};
}

std::string_view base64(TextArena& arena, std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t size = (bytes.size() + 2) / 3 * 4;
  char* text = arena.allocate(size);
  char* out = text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) -> std::uint32_t {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
    };
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    *out++ = kDigits[group >> 18];
    *out++ = kDigits[group >> 12 & 63];
    *out++ = i + 1 < bytes.size() ? kDigits[group >> 6 & 63] : '=';
    *out++ = i + 2 < bytes.size() ? kDigits[group & 63] : '=';
  }
  return {text, size};
}

}  // namespace

void apply_digest(const Call& call) {
  for (const std::uint32_t row : call.rows) {
    const std::string_view bytes = call.text(0, row);
    switch (call.function) {
      case plan::Function::Sha256:
        call.result.texts[row] = digest(call.arena, bytes, EVP_sha256());
        break;
      case plan::Function::Md5:
        call.result.texts[row] = digest(call.arena, bytes, EVP_md5());
        break;
      default:
        call.result.texts[row] = base64(call.arena, bytes);
    }
  }
}

}  // namespace mig::runtime
