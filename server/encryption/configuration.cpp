#include "encryption/configuration.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/strings.h"
#include "config/findings.h"
#include "config/yaml_file.h"
#include "config/yaml_values.h"

namespace limen::encryption {

namespace {

using config::Findings;
using config::kind_of;
using config::position_of;
using storage::ResourceId;

constexpr std::string_view kApiVersion = "apiserver.config.k8s.io/v1";
constexpr std::string_view kKind = "EncryptionConfiguration";
constexpr std::string_view kAny = "*";
constexpr std::size_t kLongestWord = 20;  // shorter than any key in base64

using Items = std::vector<std::pair<std::string, YAML::Node>>;

const YAML::Node* item(const Items& items, std::string_view key) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const auto& each) { return each.first == key; });
  return found == items.end() || found->second.IsNull() ? nullptr : &found->second;
}

// A word may be told in a message. Anything else may be a secret that a missing blank has made a
// key of.
bool is_word(const std::string& text) {
  return text.size() <= kLongestWord && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

// "secrets", "*." (the core group), "*.*", "things.example.com": up to the first dot the resource.
ResourceId parse_resource(const std::string& text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) return {"", text};
  return {text.substr(dot + 1), text.substr(0, dot)};
}

// The inverse, as kube-apiserver writes them.
std::string to_text(const ResourceId& id) {
  if (id.group.empty()) return id.resource == kAny ? "*." : id.resource;
  return id.resource + '.' + id.group;
}

bool overlap(const ResourceId& left, const ResourceId& right) {
  const auto all = [](const ResourceId& id) { return id.group == kAny && id.resource == kAny; };
  if (all(left) || all(right)) return true;
  return left.group == right.group && (left.resource == kAny || right.resource == kAny);
}

// Why kube-apiserver takes no such name; empty when it does.
std::string resource_problem(const std::string& text) {
  if (base::to_lower(text) != text) return "resource name should not contain capital letters";
  if (text == kAny) {
    return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all "
           "resources";
  }
  if (text == "apiserveripinfo" || text == "serviceipallocations" ||
      text == "servicenodeportallocations") {
    return "resources which do not have REST API/s cannot be encrypted";
  }
  const ResourceId id = parse_resource(text);
  if (id.resource.empty()) return "must name a resource, such as secrets or things.example.com";
  if (id.group == "events.k8s.io") {
    return "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use "
           "'events' instead in the config file";
  }
  if (id.group == "extensions") {
    return "'extensions' group has been removed and cannot be used for encryption";
  }
  if (id.group == kAny && id.resource != kAny) {
    return "encrypting the same resource across groups is not supported";
  }
  return {};
}

const std::vector<std::size_t>& key_sizes(Kind kind) {
  static const std::vector<std::size_t> aes = {16, 24, 32};
  static const std::vector<std::size_t> secretbox = {32};
  return kind == Kind::secretbox ? secretbox : aes;
}

std::string size_problem(std::size_t size, Kind kind) {
  const std::vector<std::size_t>& sizes = key_sizes(kind);
  if (std::find(sizes.begin(), sizes.end(), size) != sizes.end()) return {};
  std::string all;
  for (const std::size_t each : sizes) all += (all.empty() ? "" : " ") + std::to_string(each);
  return "secret is not of the expected length, got " + std::to_string(size) +
         ", expected one of [" + all + ']';
}

class Reader {
 public:
  explicit Reader(Findings& findings) : findings_(findings) {}

  EncryptionConfiguration read(const YAML::Node& root) {
    if (!root.IsMap()) {
      wrong(
          root, "",
          "must be a map that begins with apiVersion and kind, not " + std::string(kind_of(root)));
      return {};
    }
    const Items items = items_of(root, "", {"apiVersion", "kind", "resources"});
    require(root, items, "apiVersion", kApiVersion);
    require(root, items, "kind", kKind);
    EncryptionConfiguration out;
    each(root, items, "resources", "", [&](const YAML::Node& node, const std::string& path) {
      out.rules.push_back(rule(node, path));
    });
    return out;
  }

 private:
  void wrong(const YAML::Node& node, std::string_view path, std::string_view what) {
    findings_.add(position_of(node), path, what);
  }

  void require(const YAML::Node& root, const Items& items, std::string_view key,
               std::string_view text) {
    const YAML::Node* value = item(items, key);
    if (value != nullptr && value->IsScalar() && value->Scalar() == text) return;
    wrong(value == nullptr ? root : *value, key,
          (value == nullptr ? "is missing; it must be " : "must be ") + std::string(text));
  }

  // The members of a map, those known.
  Items items_of(const YAML::Node& map, const std::string& path,
                 const std::vector<std::string>& known) {
    Items out;
    for (const auto& member : map) {
      const std::string key = member.first.IsScalar() ? member.first.Scalar() : std::string();
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        wrong(member.first, path,
              (is_word(key) ? "unknown key " + base::go_quote(key) + config::suggestion(key, known)
                            : std::string("an unknown key")) +
                  "; known are " + base::join(known, ", "));
      } else if (std::any_of(out.begin(), out.end(),
                             [&](const auto& other) { return other.first == key; })) {
        wrong(member.first, path, "duplicate key " + base::go_quote(key));
      } else {
        out.emplace_back(key, member.second);
      }
    }
    return out;
  }

  // Calls `read` with every entry of the list `key`, of which there must be one at least.
  template <class Read>
  void each(const YAML::Node& owner, const Items& items, const std::string& key,
            const std::string& path, const Read& read) {
    const std::string full = path.empty() ? key : path + '.' + key;
    const YAML::Node* list = item(items, key);
    if (list == nullptr || (list->IsSequence() && list->size() == 0)) {
      return wrong(list == nullptr ? owner : *list, full, "at least one entry is required");
    }
    if (!list->IsSequence()) {
      return wrong(*list, full, "must be a list, not " + std::string(kind_of(*list)));
    }
    std::size_t index = 0;
    for (const YAML::Node& entry : *list) read(entry, full + '[' + std::to_string(index++) + ']');
  }

  Rule rule(const YAML::Node& node, const std::string& path) {
    Rule out;
    if (!node.IsMap()) {
      wrong(node, path,
            "must be a map with resources and providers, not " + std::string(kind_of(node)));
      return out;
    }
    const Items items = items_of(node, path, {"resources", "providers"});
    each(node, items, "resources", path,
         [&](const YAML::Node& name, const std::string& at) { resource(name, at, out.resources); });
    each(node, items, "providers", path, [&](const YAML::Node& entry, const std::string& at) {
      out.providers.push_back(provider(entry, at));
    });
    return out;
  }

  void resource(const YAML::Node& node, const std::string& path, std::vector<ResourceId>& of_rule) {
    if (!node.IsScalar()) return wrong(node, path, "must be the name of a resource");
    const std::string& text = node.Scalar();
    const std::string problem = resource_problem(text);
    if (!problem.empty()) return wrong(node, path, base::go_quote(text) + ": " + problem);
    const ResourceId id = parse_resource(text);
    for (const ResourceId& other : of_rule) {
      if (id == other) {
        return wrong(
            node, path,
            base::go_quote(text) + ": the same resource cannot be specified multiple times");
      }
      if (overlap(id, other)) {
        return wrong(node, path,
                     base::go_quote(text) +
                         ": using overlapping resources such as 'secrets' and '*.' in the same "
                         "resource list is not allowed as they will be masked");
      }
    }
    of_rule.push_back(id);
    // An exact name may stand in several rules: the providers of the later are read from too.
    for (const ResourceId& wide : {ResourceId{id.group, std::string(kAny)},
                                   ResourceId{std::string(kAny), std::string(kAny)}}) {
      if (std::find(seen_.begin(), seen_.end(), wide) == seen_.end()) continue;
      return wrong(node, path,
                   "resource " + base::go_quote(text) + " is masked by earlier rule " +
                       base::go_quote(to_text(wide)));
    }
    seen_.push_back(id);
  }

  Provider provider(const YAML::Node& node, const std::string& path) {
    static const std::vector<std::string> known = {"aesgcm", "aescbc", "secretbox", "identity",
                                                   "kms"};
    Provider out;
    if (!node.IsMap()) {
      wrong(node, path, "must be a map such as {identity: {}}, not " + std::string(kind_of(node)));
      return out;
    }
    Items items = items_of(node, path, known);
    std::erase_if(items, [](const auto& member) { return member.second.IsNull(); });
    if (items.empty()) {
      wrong(node, path,
            "provider does not contain any of the expected providers: AESGCM, AESCBC, Secretbox, "
            "Identity");
      return out;
    }
    if (items.size() > 1) {
      wrong(node, path,
            "more than one provider specified in a single element, should split into different "
            "list elements");
      return out;
    }
    const auto& [name, value] = items.front();
    const std::string at = path + '.' + name;
    if (name == "kms") {
      wrong(value, at,
            "kms is not offered: this server asks no key management service; use secretbox, aesgcm "
            "or aescbc with keys in this file");
    } else if (!value.IsMap()) {
      wrong(value, at, "must be a map, not " + std::string(kind_of(value)));
    } else if (name == "identity") {
      items_of(value, at, {});
    } else {
      out.kind = name == "aesgcm"   ? Kind::aesgcm
                 : name == "aescbc" ? Kind::aescbc
                                    : Kind::secretbox;
      const Items members = items_of(value, at, {"keys"});
      each(value, members, "keys", at,
           [&](const YAML::Node& entry, const std::string& where) { key(entry, where, out); });
    }
    return out;
  }

  void key(const YAML::Node& node, const std::string& path, Provider& out) {
    if (!node.IsMap()) return wrong(node, path, "must be a map with name and secret");
    const Items items = items_of(node, path, {"name", "secret"});
    Key made;
    made.name = key_name(node, items, path, out);
    const YAML::Node* const secret = item(items, "secret");
    if (secret == nullptr || (secret->IsScalar() && secret->Scalar().empty())) {
      return wrong(node, path + ".secret", "secret is a mandatory field for a key");
    }
    auto bytes = secret->IsScalar() ? base::base64_decode(secret->Scalar()) : std::nullopt;
    if (!bytes) return wrong(*secret, path + ".secret", "secrets must be base64 encoded");
    made.secret = KeyBytes(std::move(*bytes));
    const std::string problem = size_problem(made.secret.size(), out.kind);
    if (!problem.empty()) return wrong(*secret, path + ".secret", problem);
    out.keys.push_back(std::move(made));
  }

  std::string key_name(const YAML::Node& node, const Items& items, const std::string& path,
                       const Provider& provider) {
    const YAML::Node* const name = item(items, "name");
    if (name == nullptr || !name->IsScalar() || name->Scalar().empty()) {
      wrong(name == nullptr ? node : *name, path + ".name", "name is a mandatory field for a key");
      return {};
    }
    const std::string& text = name->Scalar();
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
    });
    if (!plain || text.size() > kMaxKeyName) {
      wrong(*name, path + ".name",
            "must be at most " + std::to_string(kMaxKeyName) +
                " letters, digits and signs of ASCII, without blanks");
    } else if (std::any_of(provider.keys.begin(), provider.keys.end(),
                           [&](const Key& other) { return other.name == text; })) {
      wrong(*name, path + ".name",
            "duplicate name " + base::go_quote(text) + ": stored values name their key");
    }
    return text;
  }

  Findings& findings_;
  std::vector<ResourceId> seen_;  // of all rules, in order
};

}  // namespace

KeyBytes::KeyBytes(KeyBytes&& other) noexcept {
  // A swap, since a short string that was moved from may keep its bytes.
  bytes_.swap(other.bytes_);
}

KeyBytes& KeyBytes::operator=(KeyBytes other) noexcept {
  bytes_.swap(other.bytes_);
  return *this;
}

KeyBytes::~KeyBytes() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::identity:
      return "identity";
    case Kind::aesgcm:
      return "aesgcm";
    case Kind::aescbc:
      return "aescbc";
    case Kind::secretbox:
      return "secretbox";
  }
  return "";
}

ReadConfiguration read_configuration(std::string_view text, const std::string& name) {
  ReadConfiguration out;
  Findings findings(name);
  if (text.size() > kMaxFileBytes) {
    findings.add(config::Position{}, "",
                 "is larger than " + std::to_string(kMaxFileBytes) + " bytes");
  } else if (const auto root = config::parse_one(text, findings)) {
    out.configuration = Reader(findings).read(*root);
  }
  out.findings = findings.take();
  if (!out.ok()) out.configuration = {};
  return out;
}

ReadConfiguration read_configuration_file(const std::string& path) {
  std::string text;
  std::string why;
  if (!config::read_file(path, kMaxFileBytes, text, why)) {
    ReadConfiguration out;
    out.findings.push_back({path, {}, {}, why, {}});
    return out;
  }
  ReadConfiguration out = read_configuration(text, path);
  OPENSSL_cleanse(text.data(), text.size());
  return out;
}

}  // namespace limen::encryption
