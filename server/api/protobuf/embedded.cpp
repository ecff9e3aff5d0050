#include "api/protobuf/embedded.h"

namespace limen::api::protobuf {

namespace {

constexpr EmbeddedMember kNameMembers[] = {{1, "name"}};
constexpr EmbeddedMember kOpaqueMembers[] = {{1, "opaque"}};
constexpr EmbeddedMember kHttpMembers[] = {{1, "http"}};
constexpr EmbeddedMember kProbeMembers[] = {
    {1, "exec"}, {2, "httpGet"}, {3, "tcpSocket"}, {4, "grpc"}};
constexpr EmbeddedMember kRuleMembers[] = {
    {1, "apiGroups"}, {2, "apiVersions"}, {3, "resources"}, {4, "scope"}};
constexpr EmbeddedMember kVolumeMembers[] = {
    {1, "hostPath"},
    {2, "emptyDir"},
    {3, "gcePersistentDisk"},
    {4, "awsElasticBlockStore"},
    {5, "gitRepo"},
    {6, "secret"},
    {7, "nfs"},
    {8, "iscsi"},
    {9, "glusterfs"},
    {10, "persistentVolumeClaim"},
    {11, "rbd"},
    {12, "flexVolume"},
    {13, "cinder"},
    {14, "cephfs"},
    {15, "flocker"},
    {16, "downwardAPI"},
    {17, "fc"},
    {18, "azureFile"},
    {19, "configMap"},
    {20, "vsphereVolume"},
    {21, "quobyte"},
    {22, "azureDisk"},
    {23, "photonPersistentDisk"},
    {24, "portworxVolume"},
    {25, "scaleIO"},
    {26, "projected"},
    {27, "storageos"},
    {28, "csi"},
    {29, "ephemeral"},
    {30, "image"},
};
constexpr EmbeddedMember kPersistentVolumeMembers[] = {
    {1, "gcePersistentDisk"},
    {2, "awsElasticBlockStore"},
    {3, "hostPath"},
    {4, "glusterfs"},
    {5, "nfs"},
    {6, "rbd"},
    {7, "iscsi"},
    {8, "cinder"},
    {9, "cephfs"},
    {10, "fc"},
    {11, "flocker"},
    {12, "flexVolume"},
    {13, "azureFile"},
    {14, "vsphereVolume"},
    {15, "quobyte"},
    {16, "azureDisk"},
    {17, "photonPersistentDisk"},
    {18, "portworxVolume"},
    {19, "scaleIO"},
    {20, "local"},
    {21, "storageos"},
    {22, "csi"},
};

constexpr Embedded kName{kNameMembers};
constexpr Embedded kOpaque{kOpaqueMembers};
constexpr Embedded kHttp{kHttpMembers};
constexpr Embedded kProbe{kProbeMembers};
constexpr Embedded kRule{kRuleMembers};
constexpr Embedded kVolume{kVolumeMembers};
constexpr Embedded kPersistentVolume{kPersistentVolumeMembers};
constexpr EmbeddedMember kRuleWithOperationsMembers[] = {{1, "operations"}, {2, "", &kRule}};
constexpr Embedded kRuleWithOperations{kRuleWithOperationsMembers};
constexpr Embedded kContainer{{}, "io.k8s.api.core.v1.Container"};

struct Row {
  std::string_view type;  // without its package
  std::uint32_t number;
  const Embedded& embedded;
};
constexpr Row kRows[] = {
    {"ConfigMapEnvSource", 1, kName},
    {"ConfigMapKeySelector", 1, kName},
    {"ConfigMapProjection", 1, kName},
    {"ConfigMapVolumeSource", 1, kName},
    {"SecretEnvSource", 1, kName},
    {"SecretKeySelector", 1, kName},
    {"SecretProjection", 1, kName},
    {"EphemeralContainer", 1, kContainer},
    {"PersistentVolumeSpec", 2, kPersistentVolume},
    {"Probe", 1, kProbe},
    {"Volume", 2, kVolume},
    {"IngressRule", 2, kHttp},
    {"RuleWithOperations", 2, kRule},
    {"NamedRuleWithOperations", 2, kRuleWithOperations},
    {"DeviceAllocationConfiguration", 3, kOpaque},
    {"DeviceClaimConfiguration", 2, kOpaque},
    {"DeviceClassConfiguration", 1, kOpaque},
};

}  // namespace

const Embedded* embedded_in(const catalog::Type& type, std::uint32_t number) {
  if (!type.name.starts_with("io.k8s.api.")) return nullptr;
  const std::string_view name = type.name.substr(type.name.rfind('.') + 1);
  for (const Row& row : kRows)
    if (row.number == number && row.type == name) return &row.embedded;
  return nullptr;
}

std::string_view embedded_member(const Embedded& embedded, std::uint32_t number,
                                 const Embedded*& nested) {
  nested = nullptr;
  if (!embedded.numbered_like.empty()) {
    const catalog::Type* type = catalog::find_type(embedded.numbered_like);
    if (!type) return {};
    for (const catalog::Field& field : type->fields)
      if (field.number == number) return field.name;
    return {};
  }
  for (const EmbeddedMember& member : embedded.members) {
    if (member.number != number) continue;
    nested = member.nested;
    return member.name;
  }
  return {};
}

}  // namespace limen::api::protobuf
