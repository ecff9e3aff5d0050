// The walks over a pod's places: they forget no list, no template and no way to name a secret.
#include <gtest/gtest.h>

#include <limen/cpp/plugin.hpp>
#include <limen/cpp/pods.hpp>
#include <limen/testkit/nodes.hpp>
#include <string>
#include <vector>

namespace {

using limen::testkit::Json;

class Pods : public testing::Test {
 protected:
  limen::Node parse(const std::string& text) {
    json = boost::json::parse(text);
    return {&limen::testkit::kNodeApi, limen::testkit::to_node(&json)};
  }
  Json json;
};

constexpr const char* kSpec =
    R"({"initContainers":[{"image":"i"}],"containers":[{"image":"a"},{"image":"b"}],)"
    R"("ephemeralContainers":[{"image":"e"}],"volumes":[{"emptyDir":{}},{"image":{"reference":"v"}}]})";

TEST_F(Pods, EveryKindThatHoldsAPodIsFound) {
  const auto path = [&](const char* group, const char* resource, const std::string& object) {
    const auto pod = limen::pod_of(group, resource, parse(object));
    return pod ? pod->path_to("spec") + " " + pod->pointer_to("/spec") : std::string("none");
  };
  const std::string inner = "{\"spec\":" + std::string(kSpec) + "}";
  EXPECT_EQ(path("", "pods", inner), "spec /spec");
  EXPECT_EQ(path("", "podtemplates", "{\"template\":" + inner + "}"),
            "template.spec /template/spec");
  const std::string workload = R"({"spec":{"template":)" + inner + "}}";
  for (const char* resource : {"deployments", "replicasets", "statefulsets", "daemonsets"})
    EXPECT_EQ(path("apps", resource, workload), "spec.template.spec /spec/template/spec")
        << resource;
  EXPECT_EQ(path("", "replicationcontrollers", workload), "spec.template.spec /spec/template/spec");
  EXPECT_EQ(path("batch", "jobs", workload), "spec.template.spec /spec/template/spec");
  EXPECT_EQ(path("batch", "cronjobs", R"({"spec":{"jobTemplate":)" + workload + "}}"),
            "spec.jobTemplate.spec.template.spec /spec/jobTemplate/spec/template/spec");
  EXPECT_EQ(path("", "services", workload), "none");
  EXPECT_EQ(path("example.com", "pods", inner), "none");
  EXPECT_EQ(path("apps", "deployments", "{}"), "none");
}

TEST_F(Pods, ContainersComeAsInitRegularEphemeral) {
  std::string seen;
  const auto pod = limen::pod_of("", "pods", parse("{\"spec\":" + std::string(kSpec) + "}"));
  limen::each_container(*pod, [&](const limen::ContainerPlace& at) {
    seen += at.path + "=" + at.container["image"].string_or("") + " " + at.pointer + "\n";
  });
  EXPECT_EQ(seen,
            "spec.initContainers[0]=i /spec/initContainers/0\n"
            "spec.containers[0]=a /spec/containers/0\n"
            "spec.containers[1]=b /spec/containers/1\n"
            "spec.ephemeralContainers[0]=e /spec/ephemeralContainers/0\n");
}

TEST_F(Pods, ImagesAreThoseOfContainersAndVolumes) {
  std::string seen;
  const auto pod = limen::pod_of("", "pods", parse("{\"spec\":" + std::string(kSpec) + "}"));
  limen::each_image(*pod,
                    [&](const limen::ImagePlace& at) { seen += at.image.string_or("") + " "; });
  EXPECT_EQ(seen, "i a b e v ");
}

TEST_F(Pods, EveryWayToNameASecretOrAConfigMapIsFound) {
  const auto pod = limen::pod_of(
      "", "pods",
      parse(R"({"spec":{"serviceAccountName":"sa","imagePullSecrets":[{"name":"pull"}],)"
            R"("initContainers":[{"env":[{"valueFrom":{"secretKeyRef":{"name":"s1"}}}]}],)"
            R"("containers":[{"env":[{"valueFrom":{"configMapKeyRef":{"name":"c1"}}}],)"
            R"("envFrom":[{"secretRef":{"name":"s2"}},{"configMapRef":{"name":"c2"}}]}],)"
            R"("ephemeralContainers":[{"envFrom":[{"secretRef":{"name":"s3"}}]}],)"
            R"("volumes":[{"secret":{"secretName":"v1"}},{"configMap":{"name":"v2"}},)"
            R"({"projected":{"sources":[{"secret":{"name":"v3"}},{"configMap":{"name":"v4"}}]}},)"
            R"({"azureFile":{"secretName":"v5"}},{"csi":{"nodePublishSecretRef":{"name":"v6"}}},)"
            R"({"cephfs":{"secretRef":{"name":"v7"}}},{"cinder":{"secretRef":{"name":"v8"}}},)"
            R"({"flexVolume":{"secretRef":{"name":"v9"}}},{"iscsi":{"secretRef":{"name":"v10"}}},)"
            R"({"rbd":{"secretRef":{"name":"v11"}}},{"scaleIO":{"secretRef":{"name":"v12"}}},)"
            R"({"storageos":{"secretRef":{"name":"v13"}}},)"
            R"({"persistentVolumeClaim":{"claimName":"pvc"}}]}})"));
  std::string seen;
  limen::each_reference(*pod, [&](limen::PodReference kind, std::string_view name,
                                  const std::string& path) {
    seen += std::to_string(static_cast<int>(kind)) + " " + std::string(name) + " " + path + "\n";
  });
  EXPECT_EQ(seen,
            "3 sa spec.serviceAccountName\n"
            "0 pull spec.imagePullSecrets[0].name\n"
            "0 s1 spec.initContainers[0].env[0].valueFrom.secretKeyRef.name\n"
            "1 c1 spec.containers[0].env[0].valueFrom.configMapKeyRef.name\n"
            "0 s2 spec.containers[0].envFrom[0].secretRef.name\n"
            "1 c2 spec.containers[0].envFrom[1].configMapRef.name\n"
            "0 s3 spec.ephemeralContainers[0].envFrom[0].secretRef.name\n"
            "0 v1 spec.volumes[0].secret.secretName\n"
            "1 v2 spec.volumes[1].configMap.name\n"
            "0 v3 spec.volumes[2].projected.sources[0].secret.name\n"
            "1 v4 spec.volumes[2].projected.sources[1].configMap.name\n"
            "0 v5 spec.volumes[3].azureFile.secretName\n"
            "0 v6 spec.volumes[4].csi.nodePublishSecretRef.name\n"
            "0 v7 spec.volumes[5].cephfs.secretRef.name\n"
            "0 v8 spec.volumes[6].cinder.secretRef.name\n"
            "0 v9 spec.volumes[7].flexVolume.secretRef.name\n"
            "0 v10 spec.volumes[8].iscsi.secretRef.name\n"
            "0 v11 spec.volumes[9].rbd.secretRef.name\n"
            "0 v12 spec.volumes[10].scaleIO.secretRef.name\n"
            "0 v13 spec.volumes[11].storageos.secretRef.name\n"
            "2 pvc spec.volumes[12].persistentVolumeClaim.claimName\n");
}

// Every container list, every way a container names something, in a pod and in every template.
TEST_F(Pods, NoContainerListAndNoTemplateHidesAReference) {
  struct Kind {
    const char* container;
    limen::PodReference kind;
    const char* path;
  };
  constexpr Kind kKinds[] = {
      {R"({"env":[{"valueFrom":{"secretKeyRef":{"name":"n"}}}]})", limen::PodReference::secret,
       ".env[0].valueFrom.secretKeyRef.name"},
      {R"({"envFrom":[{"secretRef":{"name":"n"}}]})", limen::PodReference::secret,
       ".envFrom[0].secretRef.name"},
      {R"({"env":[{"valueFrom":{"configMapKeyRef":{"name":"n"}}}]})",
       limen::PodReference::config_map, ".env[0].valueFrom.configMapKeyRef.name"},
      {R"({"envFrom":[{"configMapRef":{"name":"n"}}]})", limen::PodReference::config_map,
       ".envFrom[0].configMapRef.name"},
  };
  struct Holder {
    const char *group, *resource, *before, *after, *path;
  };
  constexpr Holder kHolders[] = {
      {"", "pods", "", "", ""},
      {"", "podtemplates", R"({"template":)", "}", "template."},
      {"", "replicationcontrollers", R"({"spec":{"template":)", "}}", "spec.template."},
      {"apps", "deployments", R"({"spec":{"template":)", "}}", "spec.template."},
      {"apps", "replicasets", R"({"spec":{"template":)", "}}", "spec.template."},
      {"apps", "statefulsets", R"({"spec":{"template":)", "}}", "spec.template."},
      {"apps", "daemonsets", R"({"spec":{"template":)", "}}", "spec.template."},
      {"batch", "jobs", R"({"spec":{"template":)", "}}", "spec.template."},
      {"batch", "cronjobs", R"({"spec":{"jobTemplate":{"spec":{"template":)", "}}}}",
       "spec.jobTemplate.spec.template."},
  };
  for (const Holder& holder : kHolders) {
    for (const std::string list : {"initContainers", "containers", "ephemeralContainers"}) {
      for (const Kind& kind : kKinds) {
        const auto pod = limen::pod_of(holder.group, holder.resource,
                                       parse(holder.before + (R"({"spec":{")" + list + "\":[{},") +
                                             kind.container + "]}}" + holder.after));
        ASSERT_TRUE(pod) << holder.resource;
        std::string seen;
        limen::each_reference(
            *pod, [&](limen::PodReference found, std::string_view name, const std::string& path) {
              EXPECT_EQ(found, kind.kind) << path;
              seen += std::string(name) + " " + path;
            });
        EXPECT_EQ(seen, std::string("n ") + holder.path + "spec." + list + "[1]" + kind.path);
      }
    }
  }
}

}  // namespace
