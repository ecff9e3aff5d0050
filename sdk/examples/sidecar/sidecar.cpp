// acme-sidecar: pods of namespaces that ask for it get one more container.
//
// It works on pods and not on the templates of workloads: whatever makes pods makes them through
// here, and each is met once. What a workload's author wrote stays as it was.

#include <limen/cpp/plugin.hpp>
#include <limen/cpp/pods.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["container"],
  "properties": {
    "namespaceLabel": {
      "type": "string",
      "minLength": 1,
      "default": "acme.example/sidecar",
      "description": "Pods of namespaces in which this label is `enabled` get the container."
    },
    "container": {
      "type": "object",
      "required": ["name", "image"],
      "additionalProperties": true,
      "properties": {
        "name": {"type": "string", "minLength": 1},
        "image": {"type": "string", "minLength": 1}
      },
      "description": "The container, as in a pod."
    },
    "volumes": {
      "type": "array",
      "default": [],
      "items": {
        "type": "object",
        "required": ["name"],
        "additionalProperties": true,
        "properties": {"name": {"type": "string", "minLength": 1}}
      },
      "description": "Volumes it mounts, as in a pod."
    }
  }
})json";

struct Volume {
  std::string name, json;
};

std::vector<Volume> volumes_of(const limen::Node& list) {
  std::vector<Volume> volumes;
  for (const auto& item : list) {
    volumes.push_back({item.value["name"].string_or(""), item.value.to_json()});
  }
  return volumes;
}

bool has_container(const limen::PodPlace& pod, std::string_view name) {
  bool found = false;
  limen::each_container(pod, [&](const limen::ContainerPlace& at) {
    found = found || at.container["name"].view_or("") == name;
  });
  return found;
}

class Sidecar final : public limen::Admission {
 public:
  Sidecar(limen::Host& host, limen::Node config)
      : objects_(host.objects()),
        label_(config["namespaceLabel"].string_or("acme.example/sidecar")),
        name_(config["container"]["name"].string_or("")),
        container_(config["container"].to_json()),
        volumes_(volumes_of(config["volumes"])),
        injected_(host.metrics().counter("pods_injected_total", "Pods that got the container.")) {}

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    const auto pod = limen::pod_of(call);
    if (!pod || pod->is_template || !pod->spec["containers"].is_array()) return {};
    // Its own work, or that of an author who brings the container along.
    if (has_container(*pod, name_)) return {};
    const limen::Result<bool> wanted = wanted_in(call.attributes().ns());
    if (!wanted.ok()) return wanted.error();
    if (!*wanted) return {};
    injected_.add();
    call.annotate("injected", name_);
    return inject(call, *pod);
  }

  // Somebody who is asked later may have taken it away.
  limen::Result<void> validate(limen::AdmissionCall& call) override {
    const auto pod = limen::pod_of(call);
    if (!pod || pod->is_template || has_container(*pod, name_)) return {};
    const limen::Result<bool> wanted = wanted_in(call.attributes().ns());
    if (!wanted.ok()) return wanted.error();
    if (!*wanted) return {};
    return call.deny("the container \"" + name_ + "\" belongs into every pod of this namespace");
  }

 private:
  limen::Result<bool> wanted_in(std::string_view ns) const {
    const limen::Result<limen::SharedNode> found = objects_.get("", "namespaces", "", ns);
    if (!found.ok()) return found.error();
    // A namespace that is not there takes no pod anyway.
    if (!*found) return false;
    const std::string pointer = "/metadata/labels/" + limen::pointer_part(label_);
    return (*found)->at(pointer).view_or("") == "enabled";
  }

  limen::Result<void> inject(limen::AdmissionCall& call, const limen::PodPlace& pod) {
    limen::Patch patch = call.patch();
    limen::Result<void> done = patch.insert_json("/spec/containers/-", container_);
    bool has_list = pod.spec["volumes"].is_array();
    for (const Volume& volume : volumes_) {
      if (!done.ok()) return done;
      if (has_volume(pod, volume.name)) continue;
      done = has_list ? patch.insert_json("/spec/volumes/-", volume.json)
                      : patch.set_json("/spec/volumes", "[" + volume.json + "]");
      has_list = true;
    }
    return done;
  }

  static bool has_volume(const limen::PodPlace& pod, std::string_view name) {
    for (const auto& item : pod.spec["volumes"]) {
      if (item.value["name"].view_or("") == name) return true;
    }
    return false;
  }

  const limen::Objects objects_;
  const std::string label_, name_, container_;
  const std::vector<Volume> volumes_;
  const limen::Counter injected_;
};

}  // namespace

// Containers are added to a pod when it is made and never later.
LIMEN_EXPORT_MODULE(limen::admission<Sidecar>({
    .id = "acme-sidecar",
    .version = "1.0.0",
    .vendor = "Acme",
    .url = "https://acme.example/limen",
    .summary = "Puts a container into the pods of namespaces that ask for it.",
    .config_schema = kSchema,
    .required = {LIMEN_OBJECTS},
    .operations = limen::kCreate,
}))
