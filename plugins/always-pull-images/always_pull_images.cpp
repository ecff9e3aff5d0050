// always-pull-images: every container pulls its image with the pod's own credentials, so that
// nobody runs a private image that only happens to be on the node (AlwaysPullImages).
#include <optional>
#include <set>
#include <string>

#include "limen/cpp/plugin.hpp"
#include "limen/cpp/pods.hpp"

namespace {

std::set<std::string> images_of(const limen::PodPlace& pod) {
  std::set<std::string> images;
  limen::each_image(pod,
                    [&](const limen::ImagePlace& at) { images.insert(at.image.string_or("")); });
  return images;
}

class AlwaysPullImages final : public limen::Admission {
 public:
  limen::Result<void> admit(limen::AdmissionCall& call) override {
    const auto pod = concerned(call);
    if (!pod) return {};
    limen::Result<void> result;
    limen::each_image(*pod, [&](const limen::ImagePlace& at) {
      if (result.ok() && at.pull_policy.view_or("") != "Always")
        result = call.patch().set(at.pull_policy_pointer, "Always");
    });
    return result;
  }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    const auto pod = concerned(call);
    if (!pod) return {};
    std::string problems;
    std::size_t count = 0;
    limen::each_image(*pod, [&](const limen::ImagePlace& at) {
      if (at.pull_policy.view_or("") == "Always") return;
      if (count++ > 0) problems += ", ";
      problems += at.pull_policy_path + ": Unsupported value: \"" + at.pull_policy.string_or("") +
                  "\": supported values: \"Always\"";
    });
    if (count == 0) return {};
    return call.deny(count == 1 ? problems : "[" + problems + "]");
  }

 private:
  // Pods as they come, and as they change their images; an update that names no new image is left
  // alone, so that pods from before this module was on can still be labelled.
  static std::optional<limen::PodPlace> concerned(const limen::AdmissionCall& call) {
    if (!call.is("", "pods") && !call.is("", "pods", "ephemeralcontainers")) return std::nullopt;
    const auto pod = limen::pod_of(call);
    if (!pod || !call.is_update()) return pod;
    const auto old_pod = limen::pod_of("", "pods", call.old_object());
    if (!old_pod) return pod;
    const std::set<std::string> old_images = images_of(*old_pod);
    for (const std::string& image : images_of(*pod))
      if (!old_images.contains(image)) return pod;
    return std::nullopt;
  }
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<AlwaysPullImages>(
    {.id = "always-pull-images",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Sets the image pull policy of every container to Always.",
     .operations = limen::kCreate | limen::kUpdate}))
