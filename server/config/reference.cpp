#include "config/reference.h"

#include <algorithm>
#include <stdexcept>

#include "config/options.h"

namespace limen::config {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

std::string duration_text(Duration value) {
  const auto count = duration_cast<milliseconds>(value).count();
  if (count % 3'600'000 == 0 && count != 0) return std::to_string(count / 3'600'000) + "h";
  if (count % 60'000 == 0 && count != 0) return std::to_string(count / 60'000) + "m";
  if (count % 1000 == 0) return std::to_string(count / 1000) + "s";
  return std::to_string(count) + "ms";
}

void describe(const IntegerOption& option, KeyReference& out) {
  out.type = "whole number";
  out.bounds = std::to_string(option.min) + " to " + std::to_string(option.max);
  out.fallback = std::to_string(*option.value);
}

void describe(const DurationOption& option, KeyReference& out) {
  out.type = "duration";
  out.bounds = duration_text(option.min) + " to " + duration_text(option.max);
  out.fallback = duration_text(*option.value);
}

void describe(const BooleanOption& option, KeyReference& out) {
  out.type = "true or false";
  out.fallback = *option.value ? "true" : "false";
}

void describe(const TextOption& option, KeyReference& out) {
  out.type = "text";
  out.fallback = *option.value;
}

void describe(const TextListOption& option, KeyReference& out) {
  out.type = "list of texts";
  for (const std::string& word : *option.value) {
    out.fallback += (out.fallback.empty() ? "[" : ", ") + word;
  }
  out.fallback += out.fallback.empty() ? "[]" : "]";
}

std::string path_of(const Option& option) {
  std::string out(option.section);
  if (!out.empty()) out += '.';
  return out += option.key;
}

const OtherKey* other_key(std::string_view path) {
  const auto all = other_keys();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const OtherKey& key) { return key.path == path; });
  return found == all.end() ? nullptr : &*found;
}

bool describe_other(std::string_view path, KeyReference& out) {
  const OtherKey* other = other_key(path);
  if (other == nullptr) return false;
  out.type = other->type;
  out.fallback = other->fallback;
  out.shipped = other->shipped;
  return true;
}

bool holds_keys(std::string_view path, std::span<const KeyText> texts) {
  const std::string begin = std::string(path) + '.';
  return std::any_of(texts.begin(), texts.end(),
                     [&](const KeyText& text) { return text.path.starts_with(begin); });
}

}  // namespace

std::vector<KeyReference> key_reference() {
  ServerConfiguration defaults;
  const std::vector<Option> options = options_of(defaults);
  std::map<std::string, const Option*, std::less<>> wordless;
  for (const Option& option : options) wordless.emplace(path_of(option), &option);
  std::vector<KeyReference> out;
  for (const KeyText& text : key_texts()) {
    KeyReference key;
    key.text = &text;
    const auto found = wordless.find(text.path);
    if (found != wordless.end()) {
      std::visit([&](const auto& target) { describe(target, key); }, found->second->target);
      wordless.erase(found);
    } else if (!describe_other(text.path, key)) {
      key.section = holds_keys(text.path, key_texts());
      if (!key.section) throw std::logic_error(std::string(text.path) + " is no key");
    }
    out.push_back(std::move(key));
  }
  if (!wordless.empty()) {
    throw std::logic_error(wordless.begin()->first + " has no words in option_texts.cpp");
  }
  return out;
}

std::vector<KeyReference> entry_reference() {
  std::vector<KeyReference> out;
  for (const KeyText& text : entry_texts()) {
    KeyReference key;
    key.text = &text;
    if (!describe_other(text.path, key)) {
      throw std::logic_error(std::string(text.path) + " is no key");
    }
    out.push_back(std::move(key));
  }
  return out;
}

std::string key_hint(std::string_view path) {
  std::string name(path);
  // authenticators[2].mode, storage.config: a key of an entry.
  for (const std::string_view list : {"authenticators", "authorizers", "admission", "storage"}) {
    const std::size_t dot = path.find('.');
    const bool entry =
        dot != std::string_view::npos && path.substr(0, std::min(path.find('['), dot)) == list;
    if (entry) name = "entry" + std::string(path.substr(dot));
  }
  if (path.starts_with("secure.sniCertificates[") && path.find("].") != std::string_view::npos) {
    name = "sni" + std::string(path.substr(path.find("].") + 1));
  }
  std::vector<KeyReference> all = key_reference();
  for (KeyReference& key : entry_reference()) all.push_back(std::move(key));
  for (const KeyReference& key : all) {
    if (key.section || key.text->path != name) continue;
    std::string out = key.type;
    if (!key.bounds.empty()) out += ", " + key.bounds;
    return out + "; default " + (key.fallback.empty() ? "none" : key.fallback);
  }
  return {};
}

}  // namespace limen::config
