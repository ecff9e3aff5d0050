// An AdmissionConfiguration of apiserver.config.k8s.io/v1: the configs of admission plugins in a
// file of kube-apiserver's form (its --admission-control-config-file).
//
//   plugins:
//     - name: PodSecurity
//       configuration: {apiVersion: ..., kind: PodSecurityConfiguration, ...}
//     - name: ResourceQuota
//       path: quota.yaml              # from this file's folder
//
// Each becomes the `config` of the module that does the plugin's work, with its place in whichever
// file it was read from. Strict: what has no meaning is a problem; only a plugin that is off is a
// warning, since such a file may say more than one server needs. Free function; one load, one
// thread.
#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"
#include "config/findings.h"

namespace limen::config {

struct AdmissionFile {
  std::string path;
  std::string server_file;  // of the ServerConfiguration, for messages
};

// Reads the file into the entries of the chain. `warnings` gets whole sentences. An entry whose
// part of the file has a finding is taken out of the chain.
void read_admission_file(const AdmissionFile& file, std::vector<ModuleEntry>& admission,
                         std::vector<Finding>& findings, std::vector<std::string>& warnings);

}  // namespace limen::config
