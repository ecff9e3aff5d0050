// Random names and ids, from the kernel's generator through a per-thread buffer.
#include <sys/random.h>

#include <array>
#include <stdexcept>

#include "base/strings.h"

namespace limen::base {

namespace {

// A per-thread store of random bytes: one system call serves sixteen UUIDs.
class RandomBytes {
 public:
  unsigned char next() {
    if (used_ == bytes_.size()) refill();
    return bytes_[used_++];
  }

 private:
  void refill() {
    std::size_t have = 0;
    while (have < bytes_.size()) {
      const ssize_t got = getrandom(bytes_.data() + have, bytes_.size() - have, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw std::runtime_error("the system's random generator failed");
      have += static_cast<std::size_t>(got);
    }
    used_ = 0;
  }
  std::array<unsigned char, 256> bytes_{};
  std::size_t used_ = bytes_.size();
};

thread_local RandomBytes random_bytes;

}  // namespace

std::string random_uuid() {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (int i = 0; i < 16; ++i) {
    unsigned char byte = random_bytes.next();
    if (i == 6) byte = static_cast<unsigned char>((byte & 0x0F) | 0x40);
    if (i == 8) byte = static_cast<unsigned char>((byte & 0x3F) | 0x80);
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::string random_name_suffix(std::size_t length) {
  static constexpr std::string_view kSafe = "bcdfghjklmnpqrstvwxz2456789";
  std::string out;
  while (out.size() < length) {
    const unsigned char byte = random_bytes.next();
    // Bytes past the last whole multiple would favour the first letters.
    if (byte < 256 / kSafe.size() * kSafe.size()) out += kSafe[byte % kSafe.size()];
  }
  return out;
}

}  // namespace limen::base
