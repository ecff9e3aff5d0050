// Authorizer: may this user do that?
#pragma once

#include <cstdint>
#include <string_view>

#include "limen/authorizer.h"
#include "limen/cpp/call.hpp"
#include "limen/cpp/plugin_base.hpp"

namespace limen {

// Who a request comes from. A borrowed view.
class UserView {
 public:
  explicit UserView(const limen_user* user) : user_(user) {}
  const limen_user* raw() const { return user_; }
  std::string_view name() const { return to_view(user_->name); }
  std::string_view uid() const { return to_view(user_->uid); }
  TextList groups() const { return {user_->groups, user_->group_count}; }
  bool in_group(std::string_view group) const { return groups().contains(group); }
  // One pair a value: a key with two values comes twice.
  std::uint32_t extra_count() const { return user_->extra_count; }
  std::string_view extra_key(std::uint32_t index) const { return to_view(user_->extra[index].key); }
  std::string_view extra_value(std::uint32_t index) const {
    return to_view(user_->extra[index].value);
  }

 private:
  const limen_user* user_;
};

// One requirement of a selector. A borrowed view.
class Requirement {
 public:
  explicit Requirement(const limen_requirement* requirement) : requirement_(requirement) {}
  std::string_view key() const { return to_view(requirement_->key); }
  std::int32_t op() const { return requirement_->op; }  // LIMEN_OP_IN, ...
  TextList values() const { return {requirement_->values, requirement_->value_count}; }

 private:
  const limen_requirement* requirement_;
};

// What is to be done, in Kubernetes' terms. A borrowed view.
class Attributes {
 public:
  explicit Attributes(const limen_attributes* attributes) : attributes_(attributes) {}
  UserView user() const { return UserView(attributes_->user); }
  std::string_view verb() const { return to_view(attributes_->verb); }
  bool is_resource() const { return attributes_->is_resource != 0; }
  bool is_read_only() const { return attributes_->read_only != 0; }
  // The decision is explained to a person and nothing is done by it: say with cause("near-miss",
  // ..) what nearly decided otherwise, and count nothing.
  bool explains() const { return attributes_->explain != 0; }
  std::string_view api_group() const { return to_view(attributes_->api_group); }
  std::string_view api_version() const { return to_view(attributes_->api_version); }
  std::string_view resource() const { return to_view(attributes_->resource); }
  std::string_view subresource() const { return to_view(attributes_->subresource); }
  std::string_view ns() const { return to_view(attributes_->ns); }
  std::string_view name() const { return to_view(attributes_->name); }
  std::string_view path() const { return to_view(attributes_->path); }  // not a resource
  std::string_view field_selector() const { return to_view(attributes_->field_selector); }
  std::string_view label_selector() const { return to_view(attributes_->label_selector); }
  // The selectors as read: all requirements hold together. None, and an error, when a selector
  // cannot be read; it is then asked about all objects.
  std::uint32_t field_requirement_count() const { return attributes_->field_requirement_count; }
  Requirement field_requirement(std::uint32_t index) const {
    return Requirement(&attributes_->field_requirements[index]);
  }
  std::string_view field_selector_error() const {
    return to_view(attributes_->field_selector_error);
  }
  std::uint32_t label_requirement_count() const { return attributes_->label_requirement_count; }
  Requirement label_requirement(std::uint32_t index) const {
    return Requirement(&attributes_->label_requirements[index]);
  }
  std::string_view label_selector_error() const {
    return to_view(attributes_->label_selector_error);
  }

 private:
  const limen_attributes* attributes_;
};

// One request to be authorized.
class AuthzCall final : public detail::CallOf<AuthzCall> {
 public:
  AuthzCall(const Host* host, limen_call* call, const limen_attributes* attributes,
            const limen_authz_reply* reply)
      : CallOf(host, call), attributes_(attributes), reply_(reply) {}

  Attributes attributes() const { return Attributes(attributes_); }
  UserView user() const { return attributes().user(); }

  // Say one of these and return {}; saying none denies.
  Result<void> allow(std::string_view reason = {}) { return decide(LIMEN_ALLOW, reason); }
  Result<void> deny(std::string_view reason = {}) { return decide(LIMEN_DENY, reason); }
  Result<void> no_opinion(std::string_view reason = {}) {
    return decide(LIMEN_VERDICT_NO_OPINION, reason);
  }
  // Which rule decided and what it rests on, for explaining.
  AuthzCall& rule(std::string_view id) {
    reply_->set_rule(call_, to_abi(id));
    return *this;
  }
  AuthzCall& cause(std::string_view key, std::string_view value) {
    reply_->add_cause(call_, to_abi(key), to_abi(value));
    return *this;
  }
  // What went wrong on the way to the verdict, which stands: unless somebody allows the request in
  // the end, the client gets 500 with this text.
  AuthzCall& error(std::string_view message) {
    reply_->set_error(call_, to_abi(message));
    return *this;
  }

 private:
  Result<void> decide(std::int32_t verdict, std::string_view reason) {
    reply_->decide(call_, verdict, to_abi(reason));
    return {};
  }
  const limen_attributes* attributes_;
  const limen_authz_reply* reply_;
};

class Authorizer : public Plugin {
 public:
  // An Error denies, and the client gets 500. To leave the matter to the next authorizer instead,
  // say call.error(why).no_opinion(). Any thread, many at once.
  virtual Result<void> authorize(AuthzCall& call) = 0;
};

// "What may this user do in this namespace?", for SelfSubjectRulesReview.
class RulesCall final : public detail::CallOf<RulesCall> {
 public:
  RulesCall(const Host* host, limen_call* call, const limen_rules_input* input,
            const limen_rules_reply* reply)
      : CallOf(host, call), input_(input), reply_(reply) {}

  UserView user() const { return UserView(input_->user); }
  std::string_view ns() const { return to_view(input_->ns); }

  // Any container of texts. Fields as in authorization.k8s.io/v1.
  template <class Texts>
  void resource_rule(const Texts& verbs, const Texts& api_groups, const Texts& resources,
                     const Texts& resource_names) {
    const auto v = detail::to_abi_list(verbs);
    const auto g = detail::to_abi_list(api_groups);
    const auto r = detail::to_abi_list(resources);
    const auto n = detail::to_abi_list(resource_names);
    reply_->add_resource_rule(call_, {v.data(), v.size()}, {g.data(), g.size()},
                              {r.data(), r.size()}, {n.data(), n.size()});
  }
  template <class Texts>
  void non_resource_rule(const Texts& verbs, const Texts& urls) {
    const auto v = detail::to_abi_list(verbs);
    const auto u = detail::to_abi_list(urls);
    reply_->add_non_resource_rule(call_, {v.data(), v.size()}, {u.data(), u.size()});
  }
  // The list may lack rules; the text is shown to the user.
  void incomplete(std::string_view why) { reply_->set_incomplete(call_, to_abi(why)); }

 private:
  const limen_rules_input* input_;
  const limen_rules_reply* reply_;
};

// Derive from this as well as from Authorizer when the plugin can list a user's rules.
class RuleLister {
 public:
  virtual ~RuleLister() = default;
  virtual Result<void> rules_for(RulesCall& call) = 0;
};

}  // namespace limen
