// The chain of admission controllers, from the two ways in which a file may say it.
//
// `admission` alone is the chain: exactly those, in that order. `admissionPlugins`, or neither, is
// kube-apiserver's: the plugins it has on by default, those enabled and without those disabled, in
// its order. Both together: an entry of `admission` that is one of kube-apiserver's plugins is on
// and takes that plugin's place with what it says; all others stand in their own order behind
// kube-apiserver's and before ResourceQuota, where only what was accepted by all is counted. An
// entry in the shadow takes no place: it stands behind the one it is compared with.
//
// Values and free functions; one load, one thread.
#pragma once

#include <yaml-cpp/yaml.h>

#include <vector>

#include "config/admission_plugins.h"
#include "config/configuration.h"
#include "config/findings.h"

namespace limen::config {

struct AdmissionChoice {
  struct Named {
    const AdmissionPlugin* plugin;
    Position position;
  };
  bool list_given = false;     // `admission`
  bool plugins_given = false;  // `admissionPlugins`
  Position position;           // of `admissionPlugins`
  std::vector<Named> enabled, disabled;
};

// Reads {enable: [...], disable: [...]}.
void read_admission_plugins(Findings& findings, const YAML::Node& node, AdmissionChoice& out);

// Turns what `admission` held into the whole chain.
void order_admission(const AdmissionChoice& choice, Findings& findings,
                     std::vector<ModuleEntry>& admission);

}  // namespace limen::config
