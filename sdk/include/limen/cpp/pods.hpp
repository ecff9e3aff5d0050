// Pods: every place of a pod, or of the pod template inside a workload, that a policy has to look
// at.
//
// A policy that forgets the init containers, the ephemeral ones or the template of a CronJob is a
// hole, and each of them has been forgotten somewhere. These walks forget none. Pointers (RFC 6901)
// are for Patch, paths such as spec.containers[0].image for messages; both count from the root of
// the object under review. Views: they live as long as the object. Any thread.
//
//   if (const auto pod = limen::pod_of(call))
//     limen::each_container(*pod, [&](const limen::ContainerPlace& at) {
//       if (at.container["image"].view_or("").empty()) ...
//     });
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "limen/cpp/admission.hpp"
#include "limen/cpp/node.hpp"

namespace limen {

// A pod's metadata and spec, wherever they stand.
struct PodPlace {
  Node metadata, spec;
  std::string pointer;  // of the pod: "" or "/spec/template"
  std::string path;     // the same for messages: "" or "spec.template"
  bool is_template = false;

  std::string pointer_to(std::string_view below) const { return pointer + std::string(below); }
  std::string path_to(std::string_view below) const {
    return path.empty() ? std::string(below) : path + "." + std::string(below);
  }
};

namespace detail {
inline std::optional<std::pair<const char*, const char*>> template_place(
    std::string_view group, std::string_view resource) {
  using Place = std::pair<const char*, const char*>;
  if (group.empty() && resource == "podtemplates") return Place{"/template", "template"};
  if (group == "batch" && resource == "cronjobs") {
    return Place{"/spec/jobTemplate/spec/template", "spec.jobTemplate.spec.template"};
  }
  const bool is_workload =
      (group.empty() && resource == "replicationcontrollers") ||
      (group == "batch" && resource == "jobs") ||
      (group == "apps" && (resource == "deployments" || resource == "replicasets" ||
                           resource == "statefulsets" || resource == "daemonsets"));
  if (is_workload) return Place{"/spec/template", "spec.template"};
  return std::nullopt;
}
}  // namespace detail

// The pod in an object of this resource: pods, podtemplates, replicationcontrollers and the
// workloads of apps and batch. Nothing for other resources and for objects without a pod's spec.
inline std::optional<PodPlace> pod_of(std::string_view group, std::string_view resource,
                                      const Node& object) {
  PodPlace place;
  if (group.empty() && resource == "pods") {
    place.metadata = object["metadata"];
    place.spec = object["spec"];
  } else {
    const auto where = detail::template_place(group, resource);
    if (!where) return std::nullopt;
    const Node inner = object.at(where->first);
    place = {inner["metadata"], inner["spec"], where->first, where->second, true};
  }
  if (!place.spec.is_object()) return std::nullopt;
  return place;
}

// The pod in the object under review; nothing for a subresource other than pods/ephemeralcontainers
// and pods/resize, whose object is the whole pod.
inline std::optional<PodPlace> pod_of(const AdmissionCall& call) {
  const Attributes about = call.attributes();
  const std::string_view sub = about.subresource();
  const bool whole = sub.empty() || (about.resource() == "pods" && about.api_group().empty() &&
                                     (sub == "ephemeralcontainers" || sub == "resize"));
  if (!whole) return std::nullopt;
  return pod_of(about.api_group(), about.resource(), call.object());
}

enum class ContainerList { init, regular, ephemeral };

inline constexpr std::string_view container_list_name(ContainerList list) {
  return list == ContainerList::init      ? "initContainers"
         : list == ContainerList::regular ? "containers"
                                          : "ephemeralContainers";
}

struct ContainerPlace {
  ContainerList list;
  std::size_t index;
  Node container;
  std::string pointer, path;  // of the container
};

// Calls fn(const ContainerPlace&) for the init containers, then the regular, then the ephemeral
// ones.
template <class Fn>
void each_container(const PodPlace& pod, Fn&& fn) {
  for (const ContainerList list :
       {ContainerList::init, ContainerList::regular, ContainerList::ephemeral}) {
    const std::string name(container_list_name(list));
    const Node containers = pod.spec[name];
    for (std::size_t i = 0; i < containers.size(); ++i) {
      const std::string index = std::to_string(i);
      fn(ContainerPlace{list, i, containers.item(i), pod.pointer_to("/spec/" + name + "/" + index),
                        pod.path_to("spec." + name + "[" + index + "]")});
    }
  }
}

// A place that names an image and how to pull it: a container, or a volume made of an image.
struct ImagePlace {
  Node image, pull_policy;
  std::string pull_policy_pointer, pull_policy_path;
};

// Calls fn(const ImagePlace&) for every container and every image volume.
template <class Fn>
void each_image(const PodPlace& pod, Fn&& fn) {
  each_container(pod, [&](const ContainerPlace& at) {
    fn(ImagePlace{at.container["image"], at.container["imagePullPolicy"],
                  at.pointer + "/imagePullPolicy", at.path + ".imagePullPolicy"});
  });
  const Node volumes = pod.spec["volumes"];
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    const Node image = volumes.item(i)["image"];
    if (!image) continue;
    const std::string index = std::to_string(i);
    fn(ImagePlace{image["reference"], image["pullPolicy"],
                  pod.pointer_to("/spec/volumes/" + index + "/image/pullPolicy"),
                  pod.path_to("spec.volumes[" + index + "].image.pullPolicy")});
  }
}

// What a pod refers to by name in its own namespace.
enum class PodReference { secret, config_map, claim, service_account };

namespace detail {

// How an API field of a volume names a secret, under the volume.
struct SecretField {
  const char* pointer;
  const char* path;
};
inline constexpr SecretField kVolumeSecrets[] = {
    {"/secret/secretName", "secret.secretName"},
    {"/azureFile/secretName", "azureFile.secretName"},
    {"/csi/nodePublishSecretRef/name", "csi.nodePublishSecretRef.name"},
    {"/cephfs/secretRef/name", "cephfs.secretRef.name"},
    {"/cinder/secretRef/name", "cinder.secretRef.name"},
    {"/flexVolume/secretRef/name", "flexVolume.secretRef.name"},
    {"/iscsi/secretRef/name", "iscsi.secretRef.name"},
    {"/rbd/secretRef/name", "rbd.secretRef.name"},
    {"/scaleIO/secretRef/name", "scaleIO.secretRef.name"},
    {"/storageos/secretRef/name", "storageos.secretRef.name"},
};

template <class Fn>
class ReferenceWalk {
 public:
  ReferenceWalk(const PodPlace& pod, Fn& fn) : pod_(pod), fn_(fn) {}

  void walk() {
    tell(PodReference::service_account, pod_.spec["serviceAccountName"],
         pod_.path_to("spec.serviceAccountName"));
    each_item(pod_.spec["imagePullSecrets"], pod_.path_to("spec.imagePullSecrets"),
              [&](const Node& secret, const std::string& at) {
                tell(PodReference::secret, secret["name"], at + ".name");
              });
    each_container(pod_, [&](const ContainerPlace& at) { container(at); });
    each_item(pod_.spec["volumes"], pod_.path_to("spec.volumes"),
              [&](const Node& one, const std::string& at) { volume(one, at); });
  }

 private:
  template <class Each>
  static void each_item(const Node& list, const std::string& path, Each&& each) {
    for (std::size_t i = 0; i < list.size(); ++i)
      each(list.item(i), path + "[" + std::to_string(i) + "]");
  }
  void tell(PodReference kind, const Node& name, const std::string& path) {
    const std::string_view text = name.view_or("");
    if (!text.empty()) fn_(kind, text, path);
  }
  void container(const ContainerPlace& at) {
    each_item(at.container["env"], at.path + ".env", [&](const Node& one, const std::string& path) {
      tell(PodReference::secret, one.at("/valueFrom/secretKeyRef/name"),
           path + ".valueFrom.secretKeyRef.name");
      tell(PodReference::config_map, one.at("/valueFrom/configMapKeyRef/name"),
           path + ".valueFrom.configMapKeyRef.name");
    });
    each_item(at.container["envFrom"], at.path + ".envFrom",
              [&](const Node& one, const std::string& path) {
                tell(PodReference::secret, one.at("/secretRef/name"), path + ".secretRef.name");
                tell(PodReference::config_map, one.at("/configMapRef/name"),
                     path + ".configMapRef.name");
              });
  }
  void volume(const Node& one, const std::string& path) {
    for (const SecretField& field : kVolumeSecrets)
      tell(PodReference::secret, one.at(field.pointer), path + "." + field.path);
    tell(PodReference::config_map, one.at("/configMap/name"), path + ".configMap.name");
    tell(PodReference::claim, one.at("/persistentVolumeClaim/claimName"),
         path + ".persistentVolumeClaim.claimName");
    each_item(one.at("/projected/sources"), path + ".projected.sources",
              [&](const Node& part, const std::string& at) {
                tell(PodReference::secret, part.at("/secret/name"), at + ".secret.name");
                tell(PodReference::config_map, part.at("/configMap/name"), at + ".configMap.name");
              });
  }

  const PodPlace& pod_;
  Fn& fn_;
};

}  // namespace detail

// Calls fn(PodReference kind, std::string_view name, const std::string& path) for every reference
// to a secret, config map, claim or service account: from volumes, projected volumes, the
// environment of every container and the image pull secrets. The same name may come several times.
template <class Fn>
void each_reference(const PodPlace& pod, Fn&& fn) {
  detail::ReferenceWalk<std::remove_reference_t<Fn>>(pod, fn).walk();
}

}  // namespace limen
