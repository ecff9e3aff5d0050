// Exporting a module: from the author's classes to the one symbol a server reads.
//
//   LIMEN_EXPORT_MODULE(limen::authenticator<Badge>({.id = "com.example.badge", .version =
//   "1.0.0"}),
//                       limen::admission<Seal>({.id = "com.example.seal", .version = "1.0.0"}))
//
// create() only allocates; the author's object is built in start(), when the host's services are
// there, and goes in destroy(). Every entry is a barrier that no exception passes.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "limen/cpp/admission.hpp"
#include "limen/cpp/authenticator.hpp"
#include "limen/cpp/authorizer.hpp"
#include "limen/cpp/token_issuer.hpp"
#include "limen/validate.h"

namespace limen {

// What a plugin says of itself. Literals: the pointers must stay valid for ever. C++17 has no
// designated initializers: a function there fills an Info member by member and returns it.
struct Info {
  const char* id = nullptr;       // "com.example.badge"; required
  const char* version = nullptr;  // "1.0.0"; required
  const char* vendor = nullptr;
  const char* url = nullptr;
  const char* summary = nullptr;        // one sentence
  const char* config_schema = nullptr;  // JSON Schema; null: the plugin takes no config
  // Ids of host tables it cannot work without, besides call, node and config.
  std::array<const char*, 8> required{};
  bool may_block = false;                        // true: called on worker threads
  bool by_token = false;                         // authenticators: see LIMEN_BY_TOKEN
  std::uint32_t operations = kCreate | kUpdate;  // admission only: what it wants to see
};

// What is wrong with a config, for a plugin class with
// `static void check_config(limen::Node config, limen::Findings& findings)`: judging without
// starting.
class Findings {
 public:
  explicit Findings(const limen_validate_reply* reply) : reply_(reply) {}
  // `pointer` is RFC 6901 from the config's root.
  void error(std::string_view pointer, std::string_view message) {
    reply_->add(reply_, LIMEN_FINDING_ERROR, to_abi(pointer), to_abi(message));
  }
  void warning(std::string_view pointer, std::string_view message) {
    reply_->add(reply_, LIMEN_FINDING_WARNING, to_abi(pointer), to_abi(message));
  }

 private:
  const limen_validate_reply* reply_;
};

namespace detail {

// A plugin type in a module: its descriptor and how to make one.
struct PluginType {
  using Create = const limen_plugin* (*)(const limen_host*, const limen_descriptor*);
  using Check = void (*)(Node, Findings&);
  limen_descriptor descriptor{};
  std::array<const char*, 12> required{};
  Create create = nullptr;
  Check check = nullptr;
};

// The plugin types of a module, at addresses that stay.
class PluginList {
 public:
  PluginList(std::initializer_list<PluginType> types) : types_(types) {
    for (PluginType& type : types_) type.descriptor.required = type.required.data();
  }
  std::size_t size() const { return types_.size(); }
  const PluginType& operator[](std::size_t index) const { return types_[index]; }

 private:
  std::vector<PluginType> types_;
};

// One instance: the C plugin, the host it belongs to and, from start() on, the author's object.
// `Kind` gives the tables: static const void* extension(std::string_view id).
template <class T, class Kind>
struct Instance {
  explicit Instance(const limen_host* raw_host, const limen_descriptor* descriptor)
      : host(raw_host) {
    plugin.struct_size = sizeof(plugin);
    plugin.desc = descriptor;
    plugin.self = this;
    plugin.start = &Instance::start;
    plugin.stop = &Instance::stop;
    plugin.destroy = &Instance::destroy;
    plugin.get_extension = &Instance::get_extension;
  }

  static Instance& of(const limen_plugin* plugin) { return *static_cast<Instance*>(plugin->self); }

  static const limen_plugin* create(const limen_host* host, const limen_descriptor* descriptor) {
    return &(new Instance(host, descriptor))->plugin;
  }

  static std::unique_ptr<T> make(Host& host) {
    if constexpr (std::is_constructible_v<T, Host&, Node>) {
      return std::make_unique<T>(host, host.config());
    } else if constexpr (std::is_constructible_v<T, Host&>) {
      return std::make_unique<T>(host);
    } else {
      return std::make_unique<T>();
    }
  }

  static limen_status start(const limen_plugin* plugin, limen_call* call) noexcept {
    Instance& self = of(plugin);
    if (!self.host.bind()) return LIMEN_E_UNSUPPORTED;
    return guard(self.host.calls(), call, [&]() -> limen_status {
      self.object = make(self.host);
      const Result<void> started = self.object->start();
      if (!started.ok()) {
        self.host.calls()->fail(call, to_abi(started.error().message));
        return started.error().status < 0 ? started.error().status : LIMEN_E_INTERNAL;
      }
      self.host.subscribe_wanted();
      return LIMEN_OK;
    });
  }

  static void stop(const limen_plugin* plugin) noexcept {
    Instance& self = of(plugin);
    try {
      if (self.object) self.object->stop();
    } catch (const std::exception& error) {
      self.host.log().error("stop failed", {{"error", error.what()}});
    } catch (...) {
      self.host.log().error("stop failed");
    }
  }

  static void destroy(const limen_plugin* plugin) noexcept { delete &of(plugin); }

  static const void* get_extension(const limen_plugin*, const char* id) noexcept {
    return id == nullptr ? nullptr : Kind::extension(id);
  }

  limen_plugin plugin{};
  Host host;
  std::unique_ptr<T> object;
};

// The optional table of an authenticator that signs tokens.
template <class T, class Self>
struct IssuerTable {
  static limen_status issue(const limen_plugin* plugin, limen_call* call,
                            const limen_token_request* request,
                            const limen_token_reply* reply) noexcept {
    Self& self = Self::of(plugin);
    TokenCall wrapped(&self.host, call, request, reply);
    return run(wrapped, [&] { return self.object->issue(wrapped); });
  }
  static limen_status document(const limen_plugin* plugin, limen_call* call, std::int32_t which,
                               const limen_document_reply* reply) noexcept {
    Self& self = Self::of(plugin);
    DocumentCall wrapped(&self.host, call, which, reply);
    return run(wrapped, [&] { return self.object->document(wrapped); });
  }
  static void audiences(const limen_plugin* plugin, void (*each)(void*, limen_str),
                        void* arg) noexcept {
    for (const std::string& audience : Self::of(plugin).object->audiences()) {
      each(arg, to_abi(audience));
    }
  }
  static const limen_token_issuer& table() {
    static constexpr limen_token_issuer kTable{sizeof(limen_token_issuer), 0, &issue, &document,
                                               &audiences};
    return kTable;
  }
};

template <class T>
struct AuthenticatorKind {
  static constexpr const char* kId = LIMEN_KIND_AUTHENTICATOR;
  using Self = Instance<T, AuthenticatorKind>;
  static limen_status authenticate(const limen_plugin* plugin, limen_call* call,
                                   const limen_authn_input* input,
                                   const limen_authn_reply* reply) noexcept {
    Self& self = Self::of(plugin);
    AuthnCall wrapped(&self.host, call, input, reply);
    return run(wrapped, [&] { return self.object->authenticate(wrapped); });
  }
  static const void* extension(std::string_view id) {
    static constexpr limen_authenticator kTable{sizeof(limen_authenticator), 0, &authenticate};
    if (id == LIMEN_KIND_AUTHENTICATOR) return &kTable;
    if constexpr (std::is_base_of_v<TokenIssuer, T>) {
      if (id == LIMEN_TOKEN_ISSUER) return &IssuerTable<T, Self>::table();
    }
    return nullptr;
  }
};

template <class T>
struct AuthorizerKind {
  static constexpr const char* kId = LIMEN_KIND_AUTHORIZER;
  using Self = Instance<T, AuthorizerKind>;
  static limen_status authorize(const limen_plugin* plugin, limen_call* call,
                                const limen_attributes* attributes,
                                const limen_authz_reply* reply) noexcept {
    Self& self = Self::of(plugin);
    AuthzCall wrapped(&self.host, call, attributes, reply);
    return run(wrapped, [&] { return self.object->authorize(wrapped); });
  }
  static limen_status rules_for(const limen_plugin* plugin, limen_call* call,
                                const limen_rules_input* input,
                                const limen_rules_reply* reply) noexcept {
    Self& self = Self::of(plugin);
    RulesCall wrapped(&self.host, call, input, reply);
    return run(wrapped, [&]() -> Result<void> {
      if constexpr (std::is_base_of_v<RuleLister, T>) return self.object->rules_for(wrapped);
      return Error{"this authorizer cannot list rules", LIMEN_E_UNSUPPORTED};
    });
  }
  static const void* extension(std::string_view id) {
    static constexpr limen_authorizer kTable{sizeof(limen_authorizer), 0, &authorize};
    static constexpr limen_authorizer_rules kRules{sizeof(limen_authorizer_rules), 0, &rules_for};
    if (id == LIMEN_KIND_AUTHORIZER) return &kTable;
    if (std::is_base_of_v<RuleLister, T> && id == LIMEN_AUTHORIZER_RULES) return &kRules;
    return nullptr;
  }
};

// The operations are the type's and not the instance's, so that the table can be static;
// authenticator and authorizer tables are constants for the same reason.
template <class T>
struct AdmissionKind {
  static constexpr const char* kId = LIMEN_KIND_ADMISSION;
  using Self = Instance<T, AdmissionKind>;
  using Inherited = Result<void> (Admission::*)(AdmissionCall&);
  static constexpr bool kMutates = !std::is_same_v<decltype(&T::admit), Inherited>;
  static constexpr bool kValidates = !std::is_same_v<decltype(&T::validate), Inherited>;
  static_assert(kMutates || kValidates, "an admission plugin overrides admit, validate or both");

  static limen_status admit(const limen_plugin* plugin, limen_call* call,
                            const limen_admission_input* input,
                            const limen_admission_reply* reply) noexcept {
    Self& self = Self::of(plugin);
    AdmissionCall wrapped(&self.host, call, input, reply);
    return run(wrapped, [&] { return self.object->admit(wrapped); });
  }
  static limen_status validate(const limen_plugin* plugin, limen_call* call,
                               const limen_admission_input* input,
                               const limen_admission_reply* reply) noexcept {
    Self& self = Self::of(plugin);
    AdmissionCall wrapped(&self.host, call, input, reply);
    return run(wrapped, [&] { return self.object->validate(wrapped); });
  }
  static limen_admission& table() {
    static limen_admission table{sizeof(limen_admission), kCreate | kUpdate,
                                 kMutates ? &admit : nullptr, kValidates ? &validate : nullptr};
    return table;
  }
  static const void* extension(std::string_view id) {
    return id == LIMEN_KIND_ADMISSION ? &table() : nullptr;
  }
};

// True for a class with a static check_config(Node, Findings&).
template <class T, class = void>
struct ChecksConfig : std::false_type {};
template <class T>
struct ChecksConfig<
    T, std::void_t<decltype(T::check_config(std::declval<Node>(), std::declval<Findings&>()))>>
    : std::true_type {};

// The entry for a plugin type of any kind, drafts included.
template <class T, class Kind>
PluginType plugin_type(const Info& info) {
  PluginType type;
  type.descriptor.struct_size = sizeof(limen_descriptor);
  type.descriptor.flags = (info.may_block ? std::uint32_t{LIMEN_MAY_BLOCK} : 0u) |
                          (info.by_token ? std::uint32_t{LIMEN_BY_TOKEN} : 0u);
  type.descriptor.id = info.id;
  type.descriptor.kind = Kind::kId;
  type.descriptor.version = info.version;
  type.descriptor.vendor = info.vendor;
  type.descriptor.url = info.url;
  type.descriptor.summary = info.summary;
  type.descriptor.config_schema = info.config_schema;
  std::size_t count = 0;
  for (const char* id : {LIMEN_CALL, LIMEN_NODE, LIMEN_CONFIG}) type.required[count++] = id;
  for (const char* id : info.required)
    if (id != nullptr) type.required[count++] = id;
  type.create = &Instance<T, Kind>::create;
  if constexpr (ChecksConfig<T>::value) type.check = &T::check_config;
  return type;
}

// What stands behind the exported symbol; `Plugins` gives the module's list.
template <const PluginList& (*Plugins)()>
struct Module {
  static const limen_descriptor* descriptor(std::uint32_t index) noexcept {
    return index < Plugins().size() ? &Plugins()[index].descriptor : nullptr;
  }
  static const limen_plugin* create(const limen_host* host, std::uint32_t index,
                                    const char* /*instance_name*/) noexcept {
    if (index >= Plugins().size()) return nullptr;
    try {
      return Plugins()[index].create(host, &Plugins()[index].descriptor);
    } catch (...) {
      return nullptr;
    }
  }
  static limen_status validate(std::uint32_t index, const limen_node_api* nodes,
                               const limen_node* config,
                               const limen_validate_reply* reply) noexcept {
    if (index >= Plugins().size()) return LIMEN_E_INVALID;
    if (Plugins()[index].check == nullptr) return LIMEN_E_UNSUPPORTED;
    Findings findings(reply);
    try {
      Plugins()[index].check(Node(nodes, config), findings);
    } catch (const std::exception& error) {
      findings.error("", error.what());
    } catch (...) {
      return LIMEN_E_INTERNAL;
    }
    return LIMEN_OK;
  }
  static const void* get_factory(const char* id) noexcept {
    static const limen_factory kFactory{
        sizeof(limen_factory), static_cast<std::uint32_t>(Plugins().size()), &descriptor, &create};
    static constexpr limen_validate kValidate{sizeof(limen_validate), 0, &validate};
    if (id == nullptr) return nullptr;
    if (std::strcmp(id, LIMEN_FACTORY) == 0) return &kFactory;
    if (std::strcmp(id, LIMEN_VALIDATE) == 0) return &kValidate;
    return nullptr;
  }
};

}  // namespace detail

// The entries of LIMEN_EXPORT_MODULE.
template <class T>
detail::PluginType authenticator(const Info& info) {
  static_assert(std::is_base_of_v<Authenticator, T>);
  return detail::plugin_type<T, detail::AuthenticatorKind<T>>(info);
}
template <class T>
detail::PluginType authorizer(const Info& info) {
  static_assert(std::is_base_of_v<Authorizer, T>);
  return detail::plugin_type<T, detail::AuthorizerKind<T>>(info);
}
template <class T>
detail::PluginType admission(const Info& info) {
  static_assert(std::is_base_of_v<Admission, T>);
  detail::AdmissionKind<T>::table().operations = info.operations;
  return detail::plugin_type<T, detail::AdmissionKind<T>>(info);
}

}  // namespace limen

#define LIMEN_DETAIL_TEXT2(x) #x
#define LIMEN_DETAIL_TEXT(x) LIMEN_DETAIL_TEXT2(x)

// Once in a module, at namespace scope: one or more of limen::authenticator<T>({...}),
// limen::authorizer<T>({...}), limen::admission<T>({...}). A class is listed once. The list lives
// for ever: a host may ask while the process ends.
#define LIMEN_EXPORT_MODULE(...)                                     \
  static const ::limen::detail::PluginList& limen_module_plugins() { \
    static const ::limen::detail::PluginList& list =                 \
        *new ::limen::detail::PluginList{__VA_ARGS__};               \
    return list;                                                     \
  }                                                                  \
  extern "C" {                                                       \
  LIMEN_EXPORT extern const limen_module_entry_t limen_module_entry; \
  const limen_module_entry_t limen_module_entry = {                  \
      LIMEN_ABI_MAGIC,                                               \
      sizeof(limen_module_entry_t),                                  \
      LIMEN_ABI_MAJOR,                                               \
      LIMEN_TARGET_MINOR,                                            \
      0,                                                             \
      "C++ " __VERSION__ ", limen-sdk ABI " LIMEN_DETAIL_TEXT(       \
          LIMEN_ABI_MAJOR) "." LIMEN_DETAIL_TEXT(LIMEN_ABI_MINOR),   \
      nullptr,                                                       \
      nullptr,                                                       \
      &::limen::detail::Module<&limen_module_plugins>::get_factory}; \
  }
