#include "secret.h"

#include <crypt.h>
#include <strings.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace limen::plugins {

namespace {

// The `id` of a text like `$id$...`; empty when it is not of that form.
std::string_view scheme_of(std::string_view text) {
  if (text.size() < 3 || text[0] != '$') return {};
  const std::size_t end = text.find('$', 1);
  if (end == std::string_view::npos || end == 1 || end > 12) return {};
  const std::string_view id = text.substr(1, end - 1);
  const bool word = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  return word ? id : std::string_view();
}

// How many characters the hash itself has, after the last `$` (for bcrypt: salt and hash together).
std::size_t hash_length(std::string_view scheme) {
  if (scheme == "2a" || scheme == "2b" || scheme == "2y") return 53;
  if (scheme == "y") return 43;
  if (scheme == "6") return 86;
  return 0;
}

// Told by its form: to compute one for each user would make reading a long file take minutes.
bool is_well_formed(const std::string& hash, std::size_t length) {
  const std::string_view tail = std::string_view(hash).substr(hash.rfind('$') + 1);
  return tail.size() == length && crypt_checksalt(hash.c_str()) != CRYPT_SALT_INVALID &&
         std::all_of(tail.begin(), tail.end(), [](char c) {
           return c == '.' || c == '/' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z');
         });
}

// What crypt(3) makes of the password with the hash's own salt and cost; empty when it fails.
std::string crypt_like(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();  // 32 KiB
  const char* const made = crypt_r(password.c_str(), hash.c_str(), data.get());
  std::string out = made == nullptr || made[0] == '*' ? std::string() : std::string(made);
  explicit_bzero(data.get(), sizeof(*data));
  return out;
}

}  // namespace

Secret::Secret(std::string_view text, const SaltedDigest& digest) {
  const std::string_view scheme = scheme_of(text);
  if (scheme.empty()) {
    plain_ = digest(text);
    return;
  }
  const std::size_t length = hash_length(scheme);
  if (length == 0) {
    throw std::runtime_error("a password hash of the scheme $" + std::string(scheme) +
                             "$ is not supported: use $2b$ (bcrypt), $y$ (yescrypt) or $6$ "
                             "(SHA-512)");
  }
  hash_ = text;
  if (!is_well_formed(hash_, length)) throw std::runtime_error("the password hash is malformed");
}

bool Secret::matches(const std::string& password, const SaltedDigest& digest) const {
  if (hash_.empty()) return same_digest(digest(password), plain_);
  const bool possible =
      password.size() <= kMaxHashedPassword && password.find('\0') == std::string::npos;
  const std::string made = crypt_like(possible ? password : std::string(), hash_);
  return same_digest(digest(made), digest(hash_)) && possible;
}

}  // namespace limen::plugins
