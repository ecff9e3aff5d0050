// APIServices: which server answers for a group version.
#include "base/strings.h"
#include "object/metadata.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::find;
using object::member;
using object::text_at;

constexpr std::int64_t kMaxGroupPriority = 20000;
constexpr std::int64_t kMaxVersionPriority = 1000;

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

void check_priority(const Json& spec, std::string_view key, std::int64_t most,
                    std::string_view problem, Causes& causes) {
  const std::int64_t value = object::int_or(member(spec, key), 0);
  if (value <= 0 || value > most) causes.invalid(spec_path().child(key), Json(value), problem);
}

void check_local(const Json& spec, std::size_t bundle_bytes, Causes& causes) {
  if (bundle_bytes > 0) {
    causes.invalid(spec_path().child("caBundle"), std::to_string(bundle_bytes) + " bytes",
                   "local APIServices may not have a caBundle");
  }
  if (is_true(member(spec, "insecureSkipTLSVerify"))) {
    causes.invalid(spec_path().child("insecureSkipTLSVerify"), Json(true),
                   "local APIServices may not have insecureSkipTLSVerify");
  }
}

void check_remote(const Json& spec, const Json& service, std::size_t bundle_bytes, Causes& causes) {
  const FieldPath path = spec_path().child("service");
  if (text_at(service, "namespace").empty()) causes.required(path.child("namespace"));
  if (text_at(service, "name").empty()) causes.required(path.child("name"));
  const std::int64_t port = object::int_or(member(service, "port"), 0);
  for (const std::string& problem : object::port_number(port)) {
    causes.invalid(path.child("port"), Json(port), "port is not valid: " + problem);
  }
  if (bundle_bytes > 0 && is_true(member(spec, "insecureSkipTLSVerify"))) {
    causes.invalid(spec_path().child("insecureSkipTLSVerify"), Json(true),
                   "may not be true if caBundle is present");
  }
}

}  // namespace

void check_api_service(const Json& object, Causes& causes) {
  static const Json kNone(boost::json::object_kind);
  const Json* found = member(object, "spec");
  const Json& spec = found ? *found : kNone;
  const std::string_view group = text_at(spec, "group");
  const std::string_view version = text_at(spec, "version");
  const std::string_view name = object::name(object);
  const std::string wanted = std::string(version) + "." + std::string(group);
  if (!name.empty() && object::path_segment_name(name).empty() && name != wanted) {
    causes.invalid(FieldPath("metadata").child("name"), name,
                   "must be `spec.version+\".\"+spec.group`: " + base::go_quote(wanted));
  }
  if (group.empty() && version != "v1") {
    causes.required(spec_path().child("group"),
                    "only v1 may have an empty group and it better be legacy kube");
  }
  if (!group.empty()) {
    causes.invalid_each(spec_path().child("group"), group, object::dns1123_subdomain(group));
  }
  causes.invalid_each(spec_path().child("version"), version, object::dns1035_label(version));
  check_priority(spec, "groupPriorityMinimum", kMaxGroupPriority,
                 "must be positive and less than 20000", causes);
  check_priority(spec, "versionPriority", kMaxVersionPriority,
                 "must be positive and less than 1000", causes);
  const auto bundle = base::base64_decode(text_at(spec, "caBundle"));
  const std::size_t bundle_bytes = bundle ? bundle->size() : 0;
  const Json* service = member(spec, "service");
  if (!service || service->is_null()) return check_local(spec, bundle_bytes, causes);
  check_remote(spec, *service, bundle_bytes, causes);
}

}  // namespace limen::validation::kinds
