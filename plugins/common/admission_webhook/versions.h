// In which version of its API a request's object is sent to a webhook.
#pragma once

#include <limen/cpp/admission.hpp>
#include <optional>
#include <string>
#include <vector>

namespace limen::webhooks {

// apiVersion and kind of an object, as those members of a version.
ObjectVersion form_of(const Node& object);
inline bool same_form(const ObjectVersion& a, const ObjectVersion& b) {
  return a.kind_group == b.kind_group && a.kind_version == b.kind_version && a.kind == b.kind;
}
// True when the object must be converted before it is sent as `version`. What is of another kind
// altogether (the options of a connection) has one form only.
inline bool differs(const ObjectVersion& form, const ObjectVersion& version) {
  return form.kind == version.kind && !same_form(form, version);
}

// The versions of one call's resource, asked of the host when they are first needed. One thread.
class RequestVersions {
 public:
  explicit RequestVersions(const AdmissionCall& call) : call_(call) {}
  // That of the request first. Throws std::runtime_error when the host cannot tell.
  const std::vector<ObjectVersion>& all() const;
  const ObjectVersion& request() const { return all().front(); }

 private:
  const AdmissionCall& call_;
  mutable std::vector<ObjectVersion> all_;
};

}  // namespace limen::webhooks
