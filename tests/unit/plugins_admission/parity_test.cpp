// Parity: what a controller refuses in a create it refuses in an update too, and in every
// subresource that carries the same fields; what is there already stays (CVE-2025-4563 and its
// kind).
#include <cctype>
#include <ostream>

#include "support.h"

namespace limen::testkit {
namespace {

struct Stored {
  std::string group, resource, object;
};
struct Rule {
  std::string title, module, resource;  // "group/resource" or "resource"
  std::string good, bad;
  // Where the rule has to hold; "" is the resource itself.
  std::vector<std::string> creates, updates;
  std::vector<Stored> stored{};
};
std::ostream& operator<<(std::ostream& out, const Rule& rule) { return out << rule.title; }

std::string pod_spec(const std::string& list, const std::string& container) {
  return R"({"metadata":{"name":"n"},"spec":{"containers":[{"name":"a","image":"i"}],")" + list +
         "\":[" + container + "]}}";
}

std::vector<Rule> rules() {
  const std::string good =
      R"({"metadata":{"name":"n"},"spec":{"containers":[{"name":"a","image":"i"}]}})";
  const Stored baseline{
      "", "namespaces",
      R"({"metadata":{"name":"x","labels":{"pod-security.kubernetes.io/enforce":"baseline"}}})"};
  std::vector<Rule> out;
  // Each list of containers; that an update brings in another container is for validation to judge.
  for (const char* list : {"initContainers", "containers", "ephemeralContainers"}) {
    out.push_back(
        {std::string("pod-security ") + list,
         "pod-security",
         "pods",
         good,
         pod_spec(list, R"({"name":"b","image":"j","securityContext":{"privileged":true}})"),
         {""},
         {"", "ephemeralcontainers", "resize"},
         {baseline}});
    out.push_back(
        {std::string("always-pull-images ") + list,
         "always-pull-images",
         "pods",
         R"({"spec":{"containers":[{"name":"a","image":"i","imagePullPolicy":"Always"}]}})",
         pod_spec(list, R"({"name":"b","image":"j","imagePullPolicy":"Never"})"),
         {""},
         {"", "ephemeralcontainers"}});
  }
  out.push_back({"deny-service-external-ips",
                 "deny-service-external-ips",
                 "services",
                 R"({"spec":{}})",
                 R"({"spec":{"externalIPs":["192.0.2.9"]}})",
                 {""},
                 {""}});
  out.push_back(
      {"limit-ranger",
       "limit-ranger",
       "pods",
       good,
       R"({"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":"3"},"requests":{"cpu":"3"}}}]}})",
       {""},
       {"resize"},
       {{"", "limitranges",
         R"({"metadata":{"name":"r","namespace":"x"},"spec":{"limits":[{"type":"Container","max":{"cpu":"2"}}]}})"}}});
  out.push_back(
      {"limit-ranger of claims",
       "limit-ranger",
       "persistentvolumeclaims",
       R"({"spec":{"resources":{"requests":{"storage":"1Gi"}}}})",
       R"({"spec":{"resources":{"requests":{"storage":"3Gi"}}}})",
       {""},
       {""},
       {{"", "limitranges",
         R"({"metadata":{"name":"r","namespace":"x"},"spec":{"limits":[{"type":"PersistentVolumeClaim","max":{"storage":"2Gi"}}]}})"}}});
  out.push_back({"one default priority class",
                 "priority",
                 "scheduling.k8s.io/priorityclasses",
                 R"({"metadata":{"name":"other"}})",
                 R"({"metadata":{"name":"other"},"globalDefault":true})",
                 {""},
                 {""},
                 {{"scheduling.k8s.io", "priorityclasses",
                   R"({"metadata":{"name":"usual"},"value":1,"globalDefault":true})"}}});
  out.push_back({"namespace-exists",
                 "namespace-exists",
                 "configmaps",
                 "{}",
                 R"({"data":{}})",
                 {""},
                 {"", "status"}});
  return out;
}

class ControllerParity : public testing::TestWithParam<Rule> {
 protected:
  Review review(std::uint32_t operation, const std::string& subresource) const {
    const Rule& rule = GetParam();
    const std::size_t slash = rule.resource.find('/');
    const bool core = slash == std::string::npos;
    Review out =
        of(core ? rule.resource : rule.resource.substr(slash + 1), json(rule.bad), operation);
    if (!core) out.action.api_group = rule.resource.substr(0, slash);
    out.action.subresource = subresource;
    if (operation == LIMEN_OP_UPDATE) out.old_object = json(rule.good);
    return out;
  }
};

TEST_P(ControllerParity, TheRuleHoldsInEveryWayTheFieldsComeIn) {
  const Rule& rule = GetParam();
  const Module module = load(rule.module);
  InstanceOptions options;
  options.kind = LIMEN_KIND_ADMISSION;
  options.prepare = [&rule](FakeHost& host) {
    for (const Stored& one : rule.stored) host.put(one.group, one.resource, json(one.object));
  };
  Instance instance(module, std::move(options));
  const auto refuses = [&instance](const Review& asked) {
    const Reply reply = instance.validate(asked);
    return reply.denied ? "refused" : "admitted " + reply.error;
  };
  for (const std::string& subresource : rule.creates) {
    EXPECT_EQ(refuses(review(LIMEN_OP_CREATE, subresource)), "refused") << subresource;
  }
  for (const std::string& subresource : rule.updates) {
    EXPECT_EQ(refuses(review(LIMEN_OP_UPDATE, subresource)), "refused") << subresource;
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, ControllerParity, testing::ValuesIn(rules()),
                         [](const testing::TestParamInfo<Rule>& one) {
                           std::string name = one.param.title;
                           for (char& c : name)
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           return name;
                         });

}  // namespace
}  // namespace limen::testkit
