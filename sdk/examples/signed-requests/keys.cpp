#include "keys.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "signature.h"

namespace acme {

namespace {

constexpr std::size_t kLeastSecret =
    32;  // bytes: as long as what SHA-256 gives (RFC 2104 section 3)

void refuse_loose_mode(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) throw std::runtime_error(path + ": cannot be read");
  if ((about.st_mode & 027) != 0) {
    throw std::runtime_error(path + ": holds secrets and is open to others: chmod 600 (or 640)");
  }
}

std::pair<std::string, Key> read_line(std::istringstream& words, std::string name) {
  std::string hex;
  Key key;
  if (!(words >> hex >> key.user)) throw std::runtime_error("expected NAME SECRET USER [GROUP]...");
  const auto secret = from_hex(hex);
  if (!secret) throw std::runtime_error("the secret is not hex in lower case");
  if (secret->size() < kLeastSecret) throw std::runtime_error("the secret has less than 32 bytes");
  key.secret = *secret;
  for (std::string group; words >> group;) key.groups.push_back(group);
  return {std::move(name), std::move(key)};
}

}  // namespace

Keys read_keys(const std::string& path) {
  refuse_loose_mode(path);
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  Keys keys;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::istringstream words(line);
    std::string name;
    if (!(words >> name) || name.front() == '#') continue;
    try {
      if (!keys.insert(read_line(words, name)).second) {
        throw std::runtime_error("the key \"" + name + "\" is there already");
      }
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  if (keys.empty()) throw std::runtime_error(path + ": holds no key");
  return keys;
}

}  // namespace acme
