#include "access_review.h"

#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/review_answer.h"
#include "common/utf8.h"

namespace limen::plugins {

namespace {

using boost::json::array;
using boost::json::object;

constexpr std::string_view kKind = "SubjectAccessReview";

std::string api_version(std::string_view version) {
  return "authorization.k8s.io/" + std::string(version);
}

// As Go leaves out what is empty.
void put(object& out, std::string_view key, std::string_view text) {
  if (!text.empty()) out[key] = text;
}

array to_array(const TextList& texts) {
  array out;
  for (const std::string_view text : texts) out.emplace_back(text);
  return out;
}

std::optional<std::string_view> operator_name(std::int32_t op) {
  switch (op) {
    case LIMEN_OP_IN:
      return "In";
    case LIMEN_OP_NOT_IN:
      return "NotIn";
    case LIMEN_OP_EXISTS:
      return "Exists";
    case LIMEN_OP_DOES_NOT_EXIST:
      return "DoesNotExist";
    default:
      return std::nullopt;
  }
}

// Requirements the review has no word for (`>` and `<`) are left out: the question is then broader.
void add_requirement(array& out, const Requirement& requirement) {
  const auto op = operator_name(requirement.op());
  if (!op) return;
  object item{{"key", requirement.key()}, {"operator", *op}};
  if (!requirement.values().empty()) item["values"] = to_array(requirement.values());
  out.emplace_back(std::move(item));
}

void put_selector(object& out, std::string_view key, array requirements) {
  if (!requirements.empty()) out[key] = object{{"requirements", std::move(requirements)}};
}

object resource_attributes(const Attributes& attributes) {
  object out;
  put(out, "namespace", attributes.ns());
  put(out, "verb", attributes.verb());
  put(out, "group", attributes.api_group());
  put(out, "version", attributes.api_version());
  put(out, "resource", attributes.resource());
  put(out, "subresource", attributes.subresource());
  put(out, "name", attributes.name());
  array fields, labels;
  for (std::uint32_t i = 0; i < attributes.field_requirement_count(); ++i) {
    add_requirement(fields, attributes.field_requirement(i));
  }
  for (std::uint32_t i = 0; i < attributes.label_requirement_count(); ++i) {
    add_requirement(labels, attributes.label_requirement(i));
  }
  put_selector(out, "fieldSelector", std::move(fields));
  put_selector(out, "labelSelector", std::move(labels));
  return out;
}

object extra_of(const UserView& user) {
  std::map<std::string_view, array> sorted;
  for (std::uint32_t i = 0; i < user.extra_count(); ++i) {
    sorted[user.extra_key(i)].emplace_back(user.extra_value(i));
  }
  object out;
  for (auto& [key, values] : sorted) out[key] = std::move(values);
  return out;
}

object spec_of(std::string_view version, const Attributes& attributes) {
  object spec;
  if (attributes.is_resource()) {
    spec["resourceAttributes"] = resource_attributes(attributes);
  } else {
    object path;
    put(path, "path", attributes.path());
    put(path, "verb", attributes.verb());
    spec["nonResourceAttributes"] = std::move(path);
  }
  const UserView user = attributes.user();
  put(spec, "user", user.name());
  // The one member that v1beta1 names differently.
  const std::string_view groups = version == "v1beta1" ? "group" : "groups";
  if (!user.groups().empty()) spec[groups] = to_array(user.groups());
  if (user.extra_count() > 0) spec["extra"] = extra_of(user);
  put(spec, "uid", user.uid());
  return spec;
}

}  // namespace

std::string access_review(std::string_view version, const Attributes& attributes) {
  std::string text = boost::json::serialize(object{{"kind", kKind},
                                                   {"apiVersion", api_version(version)},
                                                   {"metadata", object{}},
                                                   {"spec", spec_of(version, attributes)},
                                                   {"status", object{{"allowed", false}}}}) +
                     "\n";
  if (!is_utf8(text)) throw ReviewError("what is asked about is not UTF-8");
  return text;
}

AccessVerdict parse_access_review(std::string_view version, std::string_view answer) {
  const ReviewAnswer review(kKind, api_version(version), answer);
  const ReviewFields status = review.status();
  AccessVerdict verdict;
  verdict.allowed = status.flag("allowed");
  verdict.denied = status.flag("denied");
  verdict.reason = status.text("reason");
  verdict.evaluation_error = status.text("evaluationError");
  return verdict;
}

std::size_t requested_bytes(const Attributes& attributes) {
  return attributes.ns().size() + attributes.verb().size() + attributes.api_group().size() +
         attributes.api_version().size() + attributes.resource().size() +
         attributes.subresource().size() + attributes.name().size() + attributes.path().size() +
         attributes.field_selector().size() + attributes.label_selector().size();
}

}  // namespace limen::plugins
