#include "runtime/data/sha256.hpp"

#include <cassert>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace mig::runtime {

Sha256 sha256(std::string_view bytes) {
  Sha256 digest;
  unsigned int size = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  assert(done == 1 && "OpenSSL always has SHA-256");
  assert(size == digest.size());
  return digest;
}

std::string print(const Sha256& digest) {
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace mig::runtime
