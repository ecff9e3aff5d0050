// always-pull-images: every container pulls its image with the pod's own credentials, so that
// nobody runs a private image that only happens to be on the node (AlwaysPullImages).
#include <array>
#include <set>
#include <string>
#include <utility>

#include "limen/cpp/plugin.hpp"

namespace {

// A policy that forgets one of the lists is a hole, and each of them has been forgotten somewhere.
constexpr std::array<const char*, 3> kContainerLists = {"initContainers", "containers",
                                                        "ephemeralContainers"};

// Calls fn(spec, pointer, path of the policy) for each place of a pod that names an image and how
// to pull it.
template <class Fn>
void each_image(const limen::Node& pod, Fn&& fn) {
  for (const char* list : kContainerLists) {
    const limen::Node containers = pod["spec"][list];
    for (std::size_t i = 0; i < containers.size(); ++i) {
      const std::string index = std::to_string(i);
      fn(containers.item(i)["image"], containers.item(i)["imagePullPolicy"],
         "/spec/" + std::string(list) + "/" + index + "/imagePullPolicy",
         "spec." + std::string(list) + "[" + index + "].imagePullPolicy");
    }
  }
  const limen::Node volumes = pod["spec"]["volumes"];
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    const limen::Node image = volumes.item(i)["image"];
    if (!image) continue;
    const std::string index = std::to_string(i);
    fn(image["reference"], image["pullPolicy"], "/spec/volumes/" + index + "/image/pullPolicy",
       "spec.volumes[" + index + "].image.pullPolicy");
  }
}

std::set<std::string> images_of(const limen::Node& pod) {
  std::set<std::string> images;
  each_image(pod, [&](const limen::Node& image, const limen::Node&, const std::string&,
                      const std::string&) { images.insert(image.string_or("")); });
  return images;
}

class AlwaysPullImages final : public limen::Admission {
 public:
  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!concerns(call)) return {};
    limen::Result<void> result;
    each_image(call.object(), [&](const limen::Node&, const limen::Node& policy,
                                  const std::string& pointer, const std::string&) {
      if (result.ok() && policy.view_or("") != "Always")
        result = call.patch().set(pointer, "Always");
    });
    return result;
  }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!concerns(call)) return {};
    std::string problems;
    std::size_t count = 0;
    each_image(call.object(), [&](const limen::Node&, const limen::Node& policy, const std::string&,
                                  const std::string& path) {
      if (policy.view_or("") == "Always") return;
      if (count++ > 0) problems += ", ";
      problems += path + ": Unsupported value: \"" + policy.string_or("") +
                  "\": supported values: \"Always\"";
    });
    if (count == 0) return {};
    return call.deny(count == 1 ? problems : "[" + problems + "]");
  }

 private:
  // Pods as they come, and as they change their images; an update that names no new image is left
  // alone, so that pods from before this module was on can still be labelled.
  static bool concerns(const limen::AdmissionCall& call) {
    if (!call.is("", "pods") && !call.is("", "pods", "ephemeralcontainers")) return false;
    if (!call.is_update()) return true;
    const std::set<std::string> old_images = images_of(call.old_object());
    for (const std::string& image : images_of(call.object()))
      if (!old_images.contains(image)) return true;
    return false;
  }
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<AlwaysPullImages>(
    {.id = "always-pull-images",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Sets the image pull policy of every container to Always.",
     .operations = limen::kCreate | limen::kUpdate}))
