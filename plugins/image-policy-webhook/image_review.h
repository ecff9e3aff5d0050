// ImageReview of imagepolicy.k8s.io/v1alpha1, as it travels to a webhook and back.
#pragma once

#include <limen/cpp/admission.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limen::plugins {

// The annotation of a pod that was let in without an answer.
inline constexpr std::string_view kFailedOpen = "alpha.image-policy.k8s.io/failed-open";

// What is asked about a pod: its images in their order, its namespace and those of its annotations
// that are for image policies (*.image-policy.k8s.io/*).
struct ImageQuestion {
  std::vector<std::string> images;
  std::vector<std::pair<std::string, std::string>> annotations;  // by name
  std::string ns;

  bool operator==(const ImageQuestion& other) const = default;
  // The ImageReview as JSON.
  std::string review() const;
};

// About `pod`, the object of a call or what it was before: of the subresource ephemeralcontainers
// the images of the ephemeral containers, else those of the regular and the init containers.
ImageQuestion image_question(const AdmissionCall& call, const Node& pod);

struct ImageVerdict {
  bool allowed = false;
  std::string reason;                                                  // the webhook's own words
  std::vector<std::pair<std::string, std::string>> audit_annotations;  // the webhook's names
};

// The answer; one that names no kind counts as an ImageReview. Throws ReviewError
// (review_answer.h), in whose words nothing of the answer is.
ImageVerdict parse_image_review(std::string_view answer);

}  // namespace limen::plugins
