#include "encryption/keyring.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/strings.h"
#include "encryption/cipher.h"
#include "storage/driver.h"

namespace limen::encryption {

namespace {

using storage::DriverError;
using storage::ResourceId;

constexpr std::string_view kSealed = "k8s:enc:";

// One way of writing: a key, or identity, whose prefix is empty.
struct Form {
  std::string prefix;
  std::shared_ptr<const Cipher> cipher;  // null: identity
  std::uint32_t number = 0;
  bool authentic = true;  // what fits is what was written
  std::string title;      // `secretbox "key1"`, for messages
};
using Forms = std::vector<Form>;

// What is stored begins so: JSON, or protobuf as kube-apiserver writes it.
bool looks_written(std::string_view text) {
  return text.starts_with('{') || text.starts_with(std::string_view("k8s\0", 4));
}

std::string prefix_of(Kind kind, const std::string& name) {
  return std::string(kSealed) + std::string(kind_name(kind)) + ":v1:" + name + ':';
}

std::string named(const ResourceId& id) {
  return id.group.empty() ? id.resource : id.resource + '.' + id.group;
}

// `aescbc "old"` of a stored value, as far as its prefix is one and fit to be told.
std::string title_of(std::string_view stored) {
  stored.remove_prefix(kSealed.size());
  const auto part = [&stored](std::size_t longest) {
    const std::size_t end = stored.substr(0, longest + 1).find(':');
    if (end == std::string_view::npos) return std::string();
    std::string out(stored.substr(0, end));
    stored.remove_prefix(end + 1);
    const bool plain = std::all_of(out.begin(), out.end(), [](char c) {
      return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
    });
    return plain ? out : std::string();
  };
  const std::string provider = part(16);
  const std::string version = provider.empty() ? std::string() : part(8);
  const std::string name = version.empty() ? std::string() : part(kMaxKeyName);
  if (name.empty()) return "in a way that is not known";
  return "by " + provider + ' ' + base::go_quote(name);
}

std::string titles(const Forms& forms) {
  std::string out;
  for (const Form& form : forms) out += (out.empty() ? "" : ", ") + form.title;
  return out;
}

[[noreturn]] void refuse(const ResourceId& id, std::string_view key, const Forms* forms,
                         const std::string& why) {
  throw DriverError(
      "the stored value of " + std::string(key) + ' ' + why + "; storage.encryption " +
      (forms == nullptr ? "has no providers" : "has the providers " + titles(*forms)) + " for " +
      named(id));
}

}  // namespace

class Keyring::Providers {
 public:
  void add(const ResourceId& id, const Form& form) {
    forms_[{id.group, id.resource}].push_back(form);
  }
  // Null: the resource has no rule.
  const Forms* find(const ResourceId& id) const {
    for (const auto& [group, resource] :
         {Names{id.group, id.resource}, Names{id.group, "*"}, Names{"*", "*"}}) {
      const auto found = forms_.find(Names{group, resource});
      if (found != forms_.end()) return &found->second;
    }
    return nullptr;
  }

 private:
  using Names = std::pair<std::string_view, std::string_view>;
  struct Less {
    using is_transparent = void;
    static Names view(const std::pair<std::string, std::string>& names) {
      return {names.first, names.second};
    }
    static Names view(const Names& names) { return names; }
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      return view(left) < view(right);
    }
  };
  std::map<std::pair<std::string, std::string>, Forms, Less> forms_;
};

Keyring::Keyring(const EncryptionConfiguration& configuration) { apply(configuration); }

Keyring::~Keyring() = default;

std::uint32_t Keyring::form_of(Kind kind, const Key& key) {
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& known) {
    return known.kind == kind && known.key.name == key.name && known.key.secret == key.secret;
  });
  if (found != known_.end()) return static_cast<std::uint32_t>(found - known_.begin()) + 1;
  known_.push_back({kind, key});
  return static_cast<std::uint32_t>(known_.size());
}

std::uint64_t Keyring::ticket() {
  const std::lock_guard lock(mutex_);
  return ++tickets_;
}

bool Keyring::change(const EncryptionConfiguration& configuration, std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  if (ticket < applied_) return false;
  applied_ = ticket;
  if (configuration == configuration_) return false;
  apply(configuration);
  return true;
}

void Keyring::apply(const EncryptionConfiguration& configuration) {
  auto next = std::make_shared<Providers>();
  for (const Rule& rule : configuration.rules) {
    for (const Provider& provider : rule.providers) {
      std::vector<Form> forms;
      if (provider.kind == Kind::identity) forms.push_back({"", nullptr, 0, true, "identity"});
      for (const Key& key : provider.keys) {
        forms.push_back({prefix_of(provider.kind, key.name), make_cipher(provider.kind, key.secret),
                         form_of(provider.kind, key), provider.kind != Kind::aescbc,
                         std::string(kind_name(provider.kind)) + ' ' + base::go_quote(key.name)});
      }
      for (const ResourceId& id : rule.resources) {
        for (const Form& form : forms) next->add(id, form);
      }
    }
  }
  configuration_ = configuration;
  current_ = std::move(next);
}

std::shared_ptr<const Keyring::Providers> Keyring::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Keyring::Value Keyring::seal(const ResourceId& id, std::string_view key,
                             std::string_view text) const {
  const auto providers = current();
  const Forms* const forms = providers->find(id);
  if (forms == nullptr || forms->front().cipher == nullptr) return {};
  const Form& form = forms->front();
  std::string out = form.prefix;
  form.cipher->seal(out, text, key);
  return {std::move(out), form.number};
}

Keyring::Value Keyring::open(const ResourceId& id, std::string_view key,
                             std::string_view stored) const {
  const auto providers = current();
  const Forms* const forms = providers->find(id);
  if (!stored.starts_with(kSealed)) {
    const bool plain =
        forms == nullptr || std::any_of(forms->begin(), forms->end(),
                                        [](const Form& form) { return form.cipher == nullptr; });
    if (!plain) refuse(id, key, forms, "is not encrypted, and identity is not among them");
    return {};
  }
  bool tried = false;
  if (forms != nullptr) {
    for (const Form& form : *forms) {
      if (form.cipher == nullptr || !stored.starts_with(form.prefix)) continue;
      tried = true;
      auto text = form.cipher->open(stored.substr(form.prefix.size()), key);
      if (text && (form.authentic || looks_written(*text))) return {std::move(*text), form.number};
    }
  }
  const std::string title = "is encrypted " + title_of(stored);
  if (!tried) refuse(id, key, forms, title + ", and that is not among them");
  refuse(id, key, forms,
         title +
             " and does not fit that key: it was damaged, or comes from another place, or the "
             "key of this name was another one");
}

bool Keyring::outdated(const ResourceId& id, std::uint32_t form) const {
  const auto providers = current();
  const Forms* const forms = providers->find(id);
  return form != (forms == nullptr ? 0 : forms->front().number);
}

}  // namespace limen::encryption
