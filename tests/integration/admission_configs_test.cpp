// What each bundled admission module says of a wrong `config` before it serves anything: nothing
// unknown, of the wrong type or out of range is taken, and each finding names its place.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "config/admission_plugins.h"
#include "modules/inspect.h"
#include "modules/load_error.h"
#include "modules/runtime.h"
#include "support/scratch_folder.h"

namespace limen::modules {
namespace {

class AdmissionConfigs : public testing::Test {
 protected:
  // A copy of the built modules with the modes the path gate demands.
  void SetUp() override {
    const std::filesystem::path built =
        std::filesystem::path(LIMEN_BINARY_DIR) / "lib" / "limen" / "modules";
    for (const config::AdmissionPlugin& plugin : config::admission_plugins()) {
      if (plugin.module.empty()) continue;
      names_.emplace_back(plugin.module);
      const std::string file = folder_ / (names_.back() + ".so");
      std::filesystem::copy_file(built / (names_.back() + ".so"), file);
      ::chmod(file.c_str(), 0644);
    }
  }

  // Why the module does not take the config; empty when it does.
  std::string refusal(const std::string& module, const std::string& config) const {
    GenerationSpec all;
    ModuleSpec spec;
    spec.name = module;
    spec.config = object::Document::parse(config);
    spec.position = "limen.yaml:9:5";
    spec.locate = [](std::string_view pointer) { return "at" + std::string(pointer); };
    all.admission = {spec};
    Runtime runtime({.folder = folder_.path()});
    try {
      runtime.activate(runtime.build(all));
    } catch (const LoadError& error) {
      const std::string text = error.what();
      const std::string prefix = "admission \"" + module + "\": ";
      const std::size_t at = text.find(prefix);
      return at == std::string::npos ? text : text.substr(at + prefix.size());
    }
    return {};
  }

  test::ScratchFolder folder_;
  std::vector<std::string> names_;
};

TEST_F(AdmissionConfigs, NoModuleTakesAnUnknownKey) {
  for (const std::string& name : names_) {
    const std::string why = refusal(name, R"({"nonsense":1})");
    const bool told =
        why.find("(at/nonsense) config/nonsense: unknown key; known are ") != std::string::npos ||
        why == "(at) config: module " + name + " takes no config";
    EXPECT_TRUE(told) << name << ": " << why;
  }
}

TEST_F(AdmissionConfigs, OnlyThoseThatCannotWorkWithoutOneNeedAConfig) {
  for (const std::string& name : names_) {
    std::string expected;
    if (name == "event-rate-limit") expected = "(at) config: key \"limits\" is required";
    if (name == "image-policy-webhook") expected = "(at) config: key \"imagePolicy\" is required";
    EXPECT_EQ(refusal(name, "{}"), expected) << name;
  }
}

TEST_F(AdmissionConfigs, NoModuleTakesAValueThatIsWrong) {
  struct Case {
    const char *module, *config, *refusal;
  };
  const Case cases[] = {
      {"default-toleration-seconds", R"({"notReadySeconds":"5"})",
       "(at/notReadySeconds) config/notReadySeconds: must be integer, not string"},
      {"default-toleration-seconds", R"({"notReadySeconds":-1})",
       "(at/notReadySeconds) config/notReadySeconds: must be at least 0"},
      {"default-toleration-seconds", R"({"unreachableSeconds":1e30})",
       "(at/unreachableSeconds) config/unreachableSeconds: must be a whole number that fits 64 "
       "bits"},
      {"pod-security", R"({"defaults":[]})",
       "(at/defaults) config/defaults: must be object, not array"},
      {"pod-security", R"({"defaults":{"enforce":"strict"}})",
       "(at/defaults/enforce) config/defaults/enforce: must be one of \"privileged\", "
       "\"baseline\", \"restricted\""},
      {"pod-security", R"({"defaults":{"warn-version":"1.30"}})",
       "(at/defaults/warn-version) config/defaults/warn-version: must be \"latest\" or \"v1.x\""},
      {"pod-security", R"({"exemptions":{"namespaces":["a","a"]}})",
       "(at/exemptions/namespaces/1) config/exemptions/namespaces/1: stands in the list already"},
      {"pod-security", R"({"exemptions":{"namespaces":["A_b"]}})",
       "(at/exemptions/namespaces/0) config/exemptions/namespaces/0: must match "
       "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},
      {"pod-security", R"({"exemptions":{"usernames":[""]}})",
       "(at/exemptions/usernames/0) config/exemptions/usernames/0: must not be empty"},
      {"pod-security", R"({"exemptions":{"runtimeClasses":["a..b"]}})",
       "(at/exemptions/runtimeClasses/0) config/exemptions/runtimeClasses/0: must match "
       "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"},
      {"pod-node-selector", R"({"clusterDefaultNodeSelector":1})",
       "(at/clusterDefaultNodeSelector) config/clusterDefaultNodeSelector: must be string, not "
       "number"},
      {"pod-node-selector", R"({"clusterDefaultNodeSelector":"a b=c"})",
       "(at/clusterDefaultNodeSelector) config/clusterDefaultNodeSelector: must be a list of "
       "labels such as env=prod,disk=ssd"},
      {"pod-node-selector", R"({"namespaces":{"Team":"a=b"}})",
       "(at/namespaces/Team) config/namespaces/Team: must be the name of a namespace"},
      {"resource-quota", R"({"limitedResources":[{"apiGroup":"apps"}]})",
       "(at/limitedResources/0) config/limitedResources/0: key \"resource\" is required"},
      {"mutating-webhook", R"({"maxResponseBytes":1023})",
       "(at/maxResponseBytes) config/maxResponseBytes: must be at least 1024"},
      {"validating-webhook", R"({"maxResponseBytes":16777217})",
       "(at/maxResponseBytes) config/maxResponseBytes: must be at most 16777216"},
      {"mutating-webhook", R"({"allowedHosts":["https://a"]})",
       "(at/allowedHosts/0) config/allowedHosts/0: must match "
       "^((\\*\\.)?[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])$"},
      {"mutating-webhook", R"({"allowedHosts":["a:443"]})",
       "(at/allowedHosts/0) config/allowedHosts/0: must match "
       "^((\\*\\.)?[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])$"},
      {"event-rate-limit", R"({"limits":[{"type":"Server","qps":"5","burst":1}]})",
       "(at/limits/0/qps) config/limits/0/qps: must be integer, not string"},
      {"image-policy-webhook", R"({"imagePolicy":{"kubeConfigFile":""}})",
       "(at/imagePolicy/kubeConfigFile) config/imagePolicy/kubeConfigFile: must not be empty"},
      {"pod-toleration-restriction", R"({"whitelist":[{"tolerationSeconds":1.5}]})",
       "(at/whitelist/0/tolerationSeconds) config/whitelist/0/tolerationSeconds: must be integer, "
       "not number"},
      {"resource-quota", R"({"limitedResources":[{"apiGroup":""}]})",
       "(at/limitedResources/0) config/limitedResources/0: key \"resource\" is required"},
      {"resource-quota", R"({"limitedResources":[{"resource":""}]})",
       "(at/limitedResources/0/resource) config/limitedResources/0/resource: must not be empty"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(refusal(each.module, each.config), each.refusal) << each.module << each.config;
  }
}

// What no schema says, the modules say themselves, with the place.
TEST_F(AdmissionConfigs, ValuesThatDoNotFitTogetherAreToldWithTheirPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"event-rate-limit", R"({"limits":[{"type":"Nobody","qps":1,"burst":1}]})"},
      {"event-rate-limit", R"({"limits":[{"type":"Server","qps":0,"burst":1}]})"},
      {"image-policy-webhook",
       R"({"imagePolicy":{"kubeConfigFile":"/none/kubeconfig","allowTTL":1801}})"},
      {"image-policy-webhook", R"({"imagePolicy":{"kubeConfigFile":"/none/kubeconfig"}})"},
      {"pod-toleration-restriction", R"({"default":[{"operator":"Exists","value":"a"}]})"},
      {"mutating-webhook", R"({"kubeConfigFile":"not/absolute"})"},
      {"validating-webhook", R"({"kubeConfigFile":"/none/kubeconfig"})"},
  };
  for (const auto& [module, config] : cases) {
    EXPECT_EQ(refusal(module, config).find("(at/"), 0U) << module << config;
  }
}

TEST_F(AdmissionConfigs, WhatTheReadmesShowIsTaken) {
  EXPECT_EQ(
      refusal("default-toleration-seconds", R"({"notReadySeconds":0,"unreachableSeconds":60})"),
      "");
  EXPECT_EQ(refusal("pod-security",
                    R"({"defaults":{"enforce":"baseline","enforce-version":"v1.30"},"exemptions":)"
                    R"({"namespaces":["kube-system"],"usernames":["system:x"],)"
                    R"("runtimeClasses":["a.b-c"]}})"),
            "");
  EXPECT_EQ(
      refusal("pod-node-selector", R"({"clusterDefaultNodeSelector":"pool=general,example.com/x=",)"
                                   R"("namespaces":{"team-a":"pool=general, team=a"}})"),
      "");
  EXPECT_EQ(refusal("validating-webhook",
                    R"({"allowedHosts":["hooks.example.com","*.example.com","10.0.0.1","[::1]"],)"
                    R"("maxResponseBytes":1024})"),
            "");
}

}  // namespace
}  // namespace limen::modules
