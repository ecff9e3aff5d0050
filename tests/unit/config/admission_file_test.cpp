// AdmissionConfiguration: kube-apiserver's file of configs for admission plugins.
#include "config/admission_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "config/admission_plugins.h"
#include "config/load.h"
#include "support/scratch_folder.h"

namespace limen::config {
namespace {

constexpr std::string_view kHead = "apiVersion: config.limen.io/v1\nkind: ServerConfiguration\n";
constexpr std::string_view kAdmissionHead =
    "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n";

class AdmissionFileTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ / name;
    std::ofstream(path) << text;
    return path;
  }

  // A configuration of `body` with an AdmissionConfiguration of `plugins`, whose first line is
  // line 3 of admission.yaml.
  Loaded load(const std::string& plugins, const std::string& body = "") const {
    return load_whole(std::string(kAdmissionHead) + plugins, body);
  }
  Loaded load_whole(const std::string& text, const std::string& body = "") const {
    const std::string path = write("admission.yaml", text);
    return load_text(std::string(kHead) + body + "admissionConfigFile: " + path + "\n",
                     "limen.yaml", {});
  }

  // All problems without the folder.
  std::string problem(const std::string& plugins, const std::string& body = "") const {
    return shown(load(plugins, body).problems());
  }
  std::string shown(const std::vector<std::string>& sentences) const {
    std::string all;
    for (std::string each : sentences) {
      const std::string prefix = folder_ / "";
      for (std::size_t at = 0; (at = each.find(prefix)) != std::string::npos;) {
        each.erase(at, prefix.size());
      }
      all += (all.empty() ? "" : "\n") + each;
    }
    return all;
  }

  static const ModuleEntry& entry_of(const Loaded& loaded, std::string_view module) {
    const auto& all = loaded.configuration.admission;
    return *std::find_if(all.begin(), all.end(),
                         [&](const ModuleEntry& each) { return each.module == module; });
  }
  static std::string config_of(const Loaded& loaded, std::string_view module) {
    return boost::json::serialize(entry_of(loaded, module).config);
  }

  test::ScratchFolder folder_;
};

TEST_F(AdmissionFileTest, AnEmbeddedConfigurationReachesItsModule) {
  const Loaded loaded = load(
      "plugins:\n"
      "- name: PodSecurity\n"
      "  configuration:\n"
      "    apiVersion: pod-security.admission.config.k8s.io/v1\n"
      "    kind: PodSecurityConfiguration\n"
      "    defaults:\n"
      "      enforce: baseline\n");
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  EXPECT_TRUE(loaded.warnings.empty());
  EXPECT_EQ(config_of(loaded, "pod-security"), R"({"defaults":{"enforce":"baseline"}})");
  const ModuleEntry& entry = entry_of(loaded, "pod-security");
  EXPECT_EQ(entry.config_file, folder_ / "admission.yaml");
  EXPECT_EQ(to_string("f", entry.position_of("/defaults/enforce")), "f:9:16");
}

TEST_F(AdmissionFileTest, APathCountsFromTheFile) {
  write("ps.yaml",
        "apiVersion: pod-security.admission.config.k8s.io/v1beta1\n"
        "kind: PodSecurityConfiguration\n"
        "exemptions: {namespaces: [a]}\n");
  const Loaded loaded = load("plugins: [{name: PodSecurity, path: ps.yaml}]\n");
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  EXPECT_EQ(config_of(loaded, "pod-security"), R"({"exemptions":{"namespaces":["a"]}})");
  EXPECT_EQ(entry_of(loaded, "pod-security").config_file, folder_ / "ps.yaml");
  const std::string absolute = folder_ / "ps.yaml";
  EXPECT_TRUE(load("plugins: [{name: PodSecurity, path: " + absolute + "}]\n").ok());
}

TEST_F(AdmissionFileTest, EveryKindOfAPluginIsTaken) {
  const std::pair<const char*, const char*> cases[] = {
      {"PodSecurity",
       "{apiVersion: pod-security.admission.config.k8s.io/v1alpha1, kind: "
       "PodSecurityConfiguration, k: 1}"},
      {"PodTolerationRestriction",
       "{apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1, kind: Configuration, k: "
       "1}"},
      {"EventRateLimit",
       "{apiVersion: eventratelimit.admission.k8s.io/v1alpha1, kind: Configuration, k: 1}"},
      {"MutatingAdmissionWebhook",
       "{apiVersion: apiserver.config.k8s.io/v1, kind: WebhookAdmissionConfiguration, k: 1}"},
      {"ValidatingAdmissionWebhook",
       "{apiVersion: apiserver.config.k8s.io/v1alpha1, kind: WebhookAdmission, k: 1}"},
      {"ResourceQuota",
       "{apiVersion: apiserver.config.k8s.io/v1, kind: ResourceQuotaConfiguration, k: 1}"},
      {"ResourceQuota",
       "{apiVersion: resourcequota.admission.k8s.io/v1beta1, kind: Configuration, k: 1}"},
      {"DefaultTolerationSeconds", "{k: 1}"},  // has no kind: the module's own config
      {"PodSecurity", "{k: 1}"},               // likewise
  };
  for (const auto& [name, text] : cases) {
    const std::string plugin(name);
    const bool on = plugin_named(plugin)->on_by_default();
    const Loaded loaded = load("plugins: [{name: " + plugin + ", configuration: " + text + "}]\n",
                               on ? "" : "admissionPlugins: {enable: [" + plugin + "]}\n");
    ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
    EXPECT_EQ(config_of(loaded, plugin_named(plugin)->module), R"({"k":1})") << text;
  }
}

TEST_F(AdmissionFileTest, NodeSelectorsAreGatheredByNamespace) {
  const Loaded loaded = load(
      "plugins:\n"
      "- name: PodNodeSelector\n"
      "  configuration:\n"
      "    podNodeSelectorPluginConfig:\n"
      "      clusterDefaultNodeSelector: a=b\n"
      "      team: c=d\n",
      "admissionPlugins: {enable: [PodNodeSelector]}\n");
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  EXPECT_EQ(config_of(loaded, "pod-node-selector"),
            R"({"clusterDefaultNodeSelector":"a=b","namespaces":{"team":"c=d"}})");
  const ModuleEntry& entry = entry_of(loaded, "pod-node-selector");
  EXPECT_EQ(to_string("f", entry.position_of("/namespaces/team")), "f:8:13");
  EXPECT_EQ(to_string("f", entry.position_of("/clusterDefaultNodeSelector")), "f:7:35");
}

TEST_F(AdmissionFileTest, APayloadMayStandInTheConfigOfAnEntryToo) {
  const Loaded loaded = load_text(
      std::string(kHead) +
          "admission: [{name: PodSecurity, config: {apiVersion: "
          "pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration, defaults: "
          "{warn: baseline}}}]\n",
      "limen.yaml", {});
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  EXPECT_EQ(config_of(loaded, "pod-security"), R"({"defaults":{"warn":"baseline"}})");
}

TEST_F(AdmissionFileTest, TheOlderVersionIsTaken) {
  EXPECT_TRUE(
      load_whole("apiVersion: apiserver.k8s.io/v1alpha1\nkind: AdmissionConfiguration\n").ok());
}

TEST_F(AdmissionFileTest, APluginThatIsOffIsAWarning) {
  const Loaded loaded =
      load("plugins: [{name: AlwaysPullImages, configuration: {a: 1}}, {name: Priority}]\n");
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(shown(loaded.warnings),
            "admission.yaml:3:11: plugins[0]: AlwaysPullImages is not on: its configuration is "
            "not used");
}

TEST_F(AdmissionFileTest, OneConfigIsEnough) {
  EXPECT_EQ(problem("plugins: [{name: PodSecurity, configuration: {a: 1}}]\n",
                    "admission: [{name: PodSecurity, config: {a: 1}}]\n"),
            "admission.yaml:3:11: plugins[0]: PodSecurity has a config at limen.yaml:3:41 already; "
            "it can only have one");
  // A shadow tries another one.
  const Loaded loaded = load("plugins: [{name: PodSecurity, configuration: {a: 1}}]\n",
                             "admission: [{name: PodSecurity}, {name: next, module: PodSecurity, "
                             "mode: shadow, config: {a: 2}}]\n");
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  EXPECT_EQ(boost::json::serialize(loaded.configuration.admission[0].config), R"({"a":1})");
  EXPECT_EQ(boost::json::serialize(loaded.configuration.admission[1].config), R"({"a":2})");
}

TEST_F(AdmissionFileTest, WrongNamesAreToldWithTheirPlace) {
  EXPECT_EQ(problem("plugins: [{name: PodSecurityPolicy}]\n"),
            "admission.yaml:3:18: plugins[0].name: the admission plugin \"PodSecurityPolicy\" was "
            "removed in Kubernetes 1.25; see PodSecurity");
  EXPECT_EQ(problem("plugins: [{name: ValidatingAdmissionPolicy}]\n"),
            "admission.yaml:3:18: plugins[0].name: the admission plugin "
            "\"ValidatingAdmissionPolicy\" of kube-apiserver has no module in Limen");
  EXPECT_EQ(problem("plugins: [{name: PodSecurty}]\n"),
            "admission.yaml:3:18: plugins[0].name: there is no admission plugin \"PodSecurty\" "
            "(did you mean \"PodSecurity\"?)");
  EXPECT_EQ(problem("plugins: [{name: Priority}, {name: Priority}]\n"),
            "admission.yaml:3:36: plugins[1].name: duplicate name \"Priority\"");
  EXPECT_EQ(problem("plugins: [{path: a}]\n"),
            "admission.yaml:3:11: plugins[0]: needs the name of a plugin");
}

TEST_F(AdmissionFileTest, TheFormIsStrict) {
  EXPECT_EQ(shown(load_whole("kind: AdmissionConfiguration\n").problems()),
            "admission.yaml:1:1: apiVersion: is missing; it must be apiserver.config.k8s.io/v1");
  EXPECT_EQ(
      shown(load_whole("apiVersion: apiserver.config.k8s.io/v1\nkind: Admission\n").problems()),
      "admission.yaml:2:7: kind: must be AdmissionConfiguration");
  EXPECT_EQ(problem("plugin: []\n"),
            "admission.yaml:3:1: unknown key \"plugin\" (did you mean \"plugins\"?)");
  EXPECT_EQ(problem("plugins: {}\n"), "admission.yaml:3:10: plugins: must be a list, not a map");
  EXPECT_EQ(problem("plugins: [Priority]\n"),
            "admission.yaml:3:11: plugins[0]: must be a map such as {name: PodSecurity, path: "
            "FILE}, not text");
  EXPECT_EQ(problem("plugins: [{name: Priority, config: {}}]\n"),
            "admission.yaml:3:28: plugins[0]: unknown key \"config\"");
  EXPECT_EQ(problem("plugins: [{name: Priority, path: a, configuration: {}}]\n"),
            "admission.yaml:3:11: plugins[0]: path and configuration cannot both be given");
  EXPECT_EQ(problem("plugins: [{name: Priority, configuration: [a]}]\n"),
            "admission.yaml:3:43: plugins[0].configuration: must be a map, not a list");
  EXPECT_EQ(problem("plugins: [{name: Priority, configuration: {a: 1, a: 2}}]\n"),
            "admission.yaml:3:50: plugins[0].configuration: duplicate key \"a\"");
  EXPECT_EQ(shown(load_whole("[]\n").problems()),
            "admission.yaml:1:1: must be a map that begins with apiVersion and kind, not a list");
}

TEST_F(AdmissionFileTest, AnotherKindThanThePluginsIsRefused) {
  EXPECT_EQ(problem("plugins: [{name: PodSecurity, configuration: {apiVersion: v1, kind: "
                    "PodSecurityConfiguration}}]\n"),
            "admission.yaml:3:59: plugins[0].configuration: must have the apiVersion "
            "pod-security.admission.config.k8s.io/v1 and the kind PodSecurityConfiguration");
  EXPECT_EQ(problem("plugins: [{name: PodSecurity, configuration: {apiVersion: "
                    "pod-security.admission.config.k8s.io/v1}}]\n"),
            "admission.yaml:3:46: plugins[0].configuration: must have the apiVersion "
            "pod-security.admission.config.k8s.io/v1 and the kind PodSecurityConfiguration");
  const std::string on = "admissionPlugins: {enable: [PodNodeSelector]}\n";
  EXPECT_EQ(problem("plugins: [{name: PodNodeSelector, configuration: "
                    "{podNodeSelectorPluginConfig: {}, a: 1}}]\n",
                    on),
            "admission.yaml:3:87: plugins[0].configuration: unknown key \"a\" beside "
            "podNodeSelectorPluginConfig");
  EXPECT_EQ(problem("plugins: [{name: PodNodeSelector, configuration: "
                    "{podNodeSelectorPluginConfig: 1}}]\n",
                    on),
            "admission.yaml:3:80: plugins[0].configuration.podNodeSelectorPluginConfig: must be a "
            "map");
}

TEST_F(AdmissionFileTest, FilesThatCannotBeReadAreTold) {
  EXPECT_EQ(problem("plugins: [{name: PodSecurity, path: none.yaml}]\n"),
            "admission.yaml:3:37: plugins[0].path: none.yaml: No such file or directory");
  write("broken.yaml", "a: [\n");
  EXPECT_NE(problem("plugins: [{name: PodSecurity, path: broken.yaml}]\n").find("broken.yaml:"),
            std::string::npos);
  EXPECT_EQ(load_text(std::string(kHead) + "admissionConfigFile: /none.yaml\n", "f", {}).problems(),
            (std::vector<std::string>{"/none.yaml: No such file or directory"}));
}

TEST_F(AdmissionFileTest, AWrongPayloadOfItsOwnFileIsToldThere) {
  write("ps.yaml", "apiVersion: v2\nkind: PodSecurityConfiguration\n");
  EXPECT_EQ(problem("plugins: [{name: PodSecurity, path: ps.yaml}]\n"),
            "ps.yaml:1:13: must have the apiVersion pod-security.admission.config.k8s.io/v1 and "
            "the kind PodSecurityConfiguration");
}

}  // namespace
}  // namespace limen::config
