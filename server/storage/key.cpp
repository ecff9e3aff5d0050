#include "storage/key.h"

#include <vector>

#include "base/strings.h"

namespace limen::storage {

namespace {

constexpr std::string_view kRoot = "registry";
constexpr std::string_view kCore = "core";

bool storable(std::string_view part) {
  if (part.empty() || part.size() > kMaxKeyPart || part == "." || part == "..") return false;
  for (const char c : part) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '/' || c == '%') return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> driver_key(const Key& key) {
  // "core" as a group would be mistaken for the core group, which has no name.
  if (key.id.group == kCore) return std::nullopt;
  const std::string_view group = key.id.group.empty() ? kCore : std::string_view(key.id.group);
  if (!storable(group) || !storable(key.id.resource) || !storable(key.name)) return std::nullopt;
  if (!key.ns.empty() && !storable(key.ns)) return std::nullopt;
  std::string text;
  text.reserve(kRoot.size() + group.size() + key.id.resource.size() + key.ns.size() +
               key.name.size() + 5);
  for (const std::string_view part : {kRoot, group, std::string_view(key.id.resource)}) {
    text += '/';
    text += part;
  }
  if (!key.ns.empty()) {
    text += '/';
    text += key.ns;
  }
  text += '/';
  text += key.name;
  return text;
}

std::optional<Key> parse_driver_key(std::string_view text) {
  const std::vector<std::string_view> parts = base::split(text, '/');
  if (parts.size() < 5 || parts.size() > 6 || !parts[0].empty() || parts[1] != kRoot) {
    return std::nullopt;
  }
  for (std::size_t i = 2; i < parts.size(); ++i) {
    if (!storable(parts[i])) return std::nullopt;
  }
  Key key;
  if (parts[2] != kCore) key.id.group = parts[2];
  key.id.resource = parts[3];
  if (parts.size() == 6) key.ns = parts[4];
  key.name = parts.back();
  return key;
}

}  // namespace limen::storage
