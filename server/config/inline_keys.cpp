#include "config/inline_keys.h"

#include <string>

namespace limen::config {

namespace {

// The pointer (RFC 6901) of the first value that is a private key; `found` says whether there is.
std::string pointer_to_key(const object::Json& value, const std::string& pointer, bool& found) {
  if (const auto* text = value.if_string()) {
    found = is_private_key({text->data(), text->size()});
    return pointer;
  }
  if (const auto* list = value.if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      std::string at = pointer_to_key((*list)[i], pointer + '/' + std::to_string(i), found);
      if (found) return at;
    }
  }
  if (const auto* map = value.if_object()) {
    for (const auto& [key, member] : *map) {
      std::string escaped;
      for (const char c : std::string_view(key)) {
        escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
      }
      std::string at = pointer_to_key(member, pointer + '/' + escaped, found);
      if (found) return at;
    }
  }
  return pointer;
}

}  // namespace

bool is_private_key(std::string_view text) {
  return text.find("-----BEGIN ") != std::string_view::npos &&
         text.find("PRIVATE KEY-----") != std::string_view::npos;
}

void refuse_inline_keys(const ModuleEntry& entry, Findings& findings) {
  bool found = false;
  const std::string pointer = pointer_to_key(entry.config, "", found);
  if (!found) return;
  const std::string path = entry.name + ".config" + pointer;
  const Position position = entry.position_of(pointer);
  findings.add({entry.config_file.empty() ? findings.file() : entry.config_file, position, path,
                std::string(kInlineKey), std::string(kInlineKeyHint)});
}

}  // namespace limen::config
