#include "common/admission_webhook/versions.h"

#include <stdexcept>
#include <string_view>
#include <utility>

namespace limen::webhooks {

ObjectVersion form_of(const Node& object) {
  const std::string_view api = object["apiVersion"].view_or("");
  const std::size_t slash = api.find('/');
  ObjectVersion out;
  if (slash != std::string_view::npos) out.kind_group = api.substr(0, slash);
  out.kind_version = slash == std::string_view::npos ? api : api.substr(slash + 1);
  out.kind = object["kind"].string_or("");
  return out;
}

const std::vector<ObjectVersion>& RequestVersions::all() const {
  if (!all_.empty()) return all_;
  Result<std::vector<ObjectVersion>> told = call_.versions();
  if (!told.ok()) throw std::runtime_error(told.error().message);
  if (told->empty()) throw std::runtime_error("the versions of the object are not known");
  all_ = std::move(told).value();
  return all_;
}

}  // namespace limen::webhooks
