#include "image_review.h"

#include <algorithm>
#include <boost/json.hpp>

#include "common/review_answer.h"

namespace limen::plugins {

namespace {

constexpr std::string_view kKind = "ImageReview";
constexpr std::string_view kApiVersion = "imagepolicy.k8s.io/v1alpha1";

}  // namespace

std::string ImageQuestion::review() const {
  boost::json::array containers;
  for (const std::string& image : images)
    containers.push_back(boost::json::object{{"image", image}});
  boost::json::object spec{{"containers", std::move(containers)}};
  if (!annotations.empty()) {
    boost::json::object members;
    for (const auto& [name, value] : annotations) members[name] = value;
    spec["annotations"] = std::move(members);
  }
  if (!ns.empty()) spec["namespace"] = ns;
  return boost::json::serialize(
      boost::json::object{{"kind", kKind}, {"apiVersion", kApiVersion}, {"spec", std::move(spec)}});
}

ImageQuestion image_question(const AdmissionCall& call, const Node& pod) {
  ImageQuestion out;
  const auto add = [&](const char* list) {
    for (const auto& [key, container] : pod["spec"][list])
      out.images.push_back(container["image"].string_or(""));
  };
  if (call.attributes().subresource() == "ephemeralcontainers") {
    add("ephemeralContainers");
  } else {
    add("containers");
    add("initContainers");
  }
  for (const auto& [name, value] : pod.at("/metadata/annotations")) {
    if (name.find(".image-policy.k8s.io/") == std::string_view::npos) continue;
    out.annotations.emplace_back(name, value.string_or(""));
  }
  std::sort(out.annotations.begin(), out.annotations.end());
  out.ns = call.attributes().ns();
  return out;
}

ImageVerdict parse_image_review(std::string_view answer) {
  const ReviewAnswer review(kKind, kApiVersion, answer, ReviewAnswer::Naming::optional);
  const ReviewFields status = review.status();
  ImageVerdict verdict;
  verdict.allowed = status.flag("allowed");
  verdict.reason = status.text("reason");
  verdict.audit_annotations = status.pairs("auditAnnotations");
  return verdict;
}

}  // namespace limen::plugins
