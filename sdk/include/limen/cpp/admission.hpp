// Admission: may this object be stored, and does it need changing?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limen/admission.h"
#include "limen/cpp/authorizer.hpp"
#include "limen/cpp/call.hpp"
#include "limen/cpp/plugin_base.hpp"

namespace limen {

inline constexpr std::uint32_t kCreate = LIMEN_OP_CREATE;
inline constexpr std::uint32_t kUpdate = LIMEN_OP_UPDATE;
inline constexpr std::uint32_t kDelete = LIMEN_OP_DELETE;
inline constexpr std::uint32_t kConnect = LIMEN_OP_CONNECT;

// Edits of the object under review, applied together when admit() succeeds. Pointers are RFC 6901
// from the object's root: a member is added or replaced, an item replaced, "-" appends, missing
// parents are created as objects. An edit that cannot be fails the call as a whole. Nodes read
// earlier stay as they were.
class Patch {
 public:
  Patch(limen_call* call, const limen_patch_api* api) : call_(call), api_(api) {}

  Result<void> set(std::string_view pointer, std::string_view value) {
    return edit(pointer, [&](limen_str at) { return api_->set_string(call_, at, to_abi(value)); });
  }
  Result<void> set(std::string_view pointer, const char* value) {
    return set(pointer, std::string_view(value));
  }
  Result<void> set(std::string_view pointer, const std::string& value) {
    return set(pointer, std::string_view(value));
  }
  Result<void> set(std::string_view pointer, bool value) {
    return edit(pointer, [&](limen_str at) { return api_->set_bool(call_, at, value ? 1 : 0); });
  }
  Result<void> set(std::string_view pointer, std::int64_t value) {
    return edit(pointer, [&](limen_str at) { return api_->set_int(call_, at, value); });
  }
  Result<void> set(std::string_view pointer, int value) {
    return set(pointer, static_cast<std::int64_t>(value));
  }
  Result<void> set(std::string_view pointer, const Node& value) {
    return edit(pointer, [&](limen_str at) { return api_->set_node(call_, at, value.raw()); });
  }
  Result<void> set_json(std::string_view pointer, std::string_view json) {
    return edit(pointer, [&](limen_str at) { return api_->set_json(call_, at, to_abi(json)); });
  }
  // Before an item of an array, or at its end with "-".
  Result<void> insert_json(std::string_view pointer, std::string_view json) {
    return edit(pointer, [&](limen_str at) { return api_->insert_json(call_, at, to_abi(json)); });
  }
  // Removing what is not there does nothing.
  Result<void> remove(std::string_view pointer) {
    return edit(pointer, [&](limen_str at) { return api_->remove(call_, at); });
  }

 private:
  template <class Edit>
  Result<void> edit(std::string_view pointer, Edit&& make) {
    if (api_ == nullptr)
      return Error{"the object cannot be changed while validating", LIMEN_E_INVALID};
    const limen_status status = make(to_abi(pointer));
    if (status == LIMEN_OK) return {};
    return Error{"patch at \"" + std::string(pointer) + "\" was not accepted", status};
  }
  limen_call* call_;
  const limen_patch_api* api_;
};

// A key as one part of a JSON pointer: "~" and "/" are escaped (RFC 6901 section 4).
inline std::string pointer_part(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// A refusal as the client sees it.
struct Denial {
  std::string_view message;
  int code = 403;           // HTTP status, 400 to 599
  std::string_view reason;  // StatusReason; empty: the code's own
};

// One object on its way into the store.
class AdmissionCall final : public detail::CallOf<AdmissionCall> {
 public:
  AdmissionCall(const Host* host, limen_call* call, const limen_admission_input* input,
                const limen_admission_reply* reply)
      : CallOf(host, call), input_(input), reply_(reply) {}

  std::uint32_t operation() const { return input_->operation; }
  bool is_create() const { return operation() == kCreate; }
  bool is_update() const { return operation() == kUpdate; }
  bool is_delete() const { return operation() == kDelete; }
  bool is_connect() const { return operation() == kConnect; }
  // User, resource, subresource, ns and name.
  Attributes attributes() const { return Attributes(input_->attributes); }
  // True for a resource of a group, such as is("", "pods"), without or with exactly this
  // subresource.
  bool is(std::string_view api_group, std::string_view resource,
          std::string_view subresource = {}) const {
    const Attributes about = attributes();
    return about.resource() == resource && about.api_group() == api_group &&
           about.subresource() == subresource;
  }
  std::string_view kind() const { return to_view(input_->kind); }
  Node object() const { return {host_->nodes(), input_->object}; }
  Node old_object() const { return {host_->nodes(), input_->old_object}; }
  Node options() const { return {host_->nodes(), input_->options}; }
  bool dry_run() const { return input_->dry_run != 0; }
  // True when asked again because a later plugin changed the object.
  bool reinvocation() const { return input_->reinvocation != 0; }
  // In the first round of admit(): true when an edit made now brings a round of reinvocation.
  bool comes_again() const {
    return LIMEN_HAS(limen_admission_input, input_, comes_again) && input_->comes_again != 0;
  }
  // The same in both rounds of admit() about one write, and in no other. 0: the host does not tell.
  std::uint64_t write() const {
    return LIMEN_HAS(limen_admission_input, input_, write) ? input_->write : 0;
  }

  Patch patch() { return {call_, reply_->patch}; }

  // The versions in which what the request writes may be written, that of the request first.
  Result<std::vector<ObjectVersion>> versions() const { return host_->versions().of(call_); }
  // Turns an object, such as object().to_json() or a changed copy of it, into one of versions() or
  // back into the version of object(), which may differ from the request's. `done` is called once,
  // on a worker thread, unless this returns an error. The call must be open until then: defer it.
  Result<void> convert(std::string_view json, const ObjectVersion& target,
                       Versions::Done done) const {
    return host_->versions().convert(call_, json, target, std::move(done));
  }

  // Refuses: return what these return.
  Result<void> deny(std::string_view message) { return deny(Denial{message, 403, {}}); }
  Result<void> deny(const Denial& denial) {
    reply_->deny(call_, denial.code, to_abi(denial.reason), to_abi(denial.message));
    return {};
  }
  // A StatusCause for the refusal; field is a path such as spec.containers[0].image.
  void cause(std::string_view type, std::string_view message, std::string_view field = {}) {
    reply_->add_cause(call_, to_abi(type), to_abi(message), to_abi(field));
  }
  // A Warning header of the answer.
  void warn(std::string_view message) { reply_->warn(call_, to_abi(message)); }
  // An annotation of the audit event. A key with a "/" stays, others follow the instance's name.
  void annotate(std::string_view key, std::string_view value) {
    reply_->annotate(call_, to_abi(key), to_abi(value));
  }

 private:
  const limen_admission_input* input_;
  const limen_admission_reply* reply_;
};

// Override admit, validate or both, publicly; what is not overridden is never called.
class Admission : public Plugin {
 public:
  // May change the object through call.patch(), or refuse it. Must leave an object alone that it
  // has already changed. Any thread, many at once.
  virtual Result<void> admit(AdmissionCall&) { return {}; }
  // May refuse the object as it will be stored.
  virtual Result<void> validate(AdmissionCall&) { return {}; }
};

}  // namespace limen
