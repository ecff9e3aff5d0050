// Admission meets every way to write, and no way to read: a matrix of verbs, patches and
// subresources, each with and without a dry run, admitted and refused.
#include <map>
#include <ostream>
#include <tuple>

#include "support/allows.h"
#include "unit/api/verbs_controllers.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

// What one controller was asked in one call.
struct Seen {
  std::string step, what, kind, ns, user, options, object, old_object;
  bool dry_run = false;
};

// Mutates nothing, validates everything, remembers all of it; refuses where it is told to.
class Witness final : public admission::Controller {
 public:
  std::vector<Seen> seen;
  std::string refuse_at;  // a step

  const std::string& name() const override { return name_; }
  bool handles(admission::Operation) const override { return true; }
  bool mutates() const override { return true; }
  bool validates() const override { return true; }
  base::Task<admission::Result> admit(const admission::Review& review,
                                      request::CallScope&) override {
    co_return look("mutate", review);
  }
  base::Task<admission::Result> validate(const admission::Review& review,
                                         request::CallScope&) override {
    co_return look("validate", review);
  }

 private:
  admission::Result look(const std::string& step, const admission::Review& review) {
    Seen one;
    one.step = step;
    one.what = asked(review);
    one.kind = review.kind;
    one.ns = review.attributes->ns;
    one.user = review.attributes->user->name + "/" + review.attributes->user->groups.at(0);
    one.options = review.options.to_json();
    one.object = review.object ? review.object.to_json() : "";
    one.old_object = review.old_object ? review.old_object.to_json() : "";
    one.dry_run = review.dry_run;
    seen.push_back(std::move(one));
    admission::Result result;
    result.allowed = step != refuse_at;
    result.message = "not here";
    return result;
  }
  std::string name_ = "witness";
};

constexpr const char* kJsonPatch = "application/json-patch+json";
constexpr const char* kMerge = "application/merge-patch+json";
constexpr const char* kStrategic = "application/strategic-merge-patch+json";
constexpr const char* kApply = "application/apply-patch+yaml";

// What stands in the place of what is written.
enum class Old { none, stored, scale };

struct Row {
  std::string title, method, target, type, body;
  std::string what;     // "update pods/resize p old:yes"
  std::string kind;     // of the object
  std::string options;  // kind of the options; empty: none
  Old old = Old::none;
  storage::Key key;      // of what is there before or after; for `old` and for what is stored
  bool answered = true;  // false: what comes after admission needs more than this test has
  bool has_dry_run = true;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.title; }

const storage::Key kMap{{"", "configmaps"}, "default", "a"};
const storage::Key kDeployment{{"apps", "deployments"}, "default", "web"};
const storage::Key kPod{{"", "pods"}, "default", "p"};
const std::string kMaps = "/api/v1/namespaces/default/configmaps";
const std::string kWeb = "/apis/apps/v1/namespaces/default/deployments/web";
const std::string kPods = "/api/v1/namespaces/default/pods";

std::string config_map_named(const std::string& name, const std::string& value) {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
         R"("},"data":{"k":")" + value + R"("}})";
}
std::string web(int replicas, const std::string& status = "{}") {
  return R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":)" +
         std::to_string(replicas) +
         R"(,"selector":{"matchLabels":{"app":"web"}},"template":)"
         R"({"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"i"}]}}},)"
         R"("status":)" +
         status +
         R"(,"metadata":{"name":"web","namespace":"default","uid":"u-web","generation":1}})";
}

// One patch of each kind that leads to the same.
std::vector<std::pair<std::string, std::pair<const char*, std::string>>> patches(
    const std::string& member, const std::string& path, const std::string& value,
    const std::string& type, bool strategic = true) {
  const std::string merge = "{\"" + member + "\":" + value + "}";
  std::vector<std::pair<std::string, std::pair<const char*, std::string>>> out = {
      {"json patch",
       {kJsonPatch, R"([{"op":"add","path":")" + path + "\",\"value\":" + value + "}]"}},
      {"merge patch", {kMerge, merge}},
      {"apply",
       {kApply, "{" + type + R"(,"metadata":{"name":"NAME"},")" + member + "\":" + value + "}"}}};
  if (strategic) out.push_back({"strategic merge patch", {kStrategic, merge}});
  return out;
}

std::string named(std::string body, const std::string& name) {
  const std::size_t at = body.find("NAME");
  return at == std::string::npos ? body : body.replace(at, 4, name);
}

std::vector<Row> writes() {
  std::vector<Row> rows;
  rows.push_back({"create",
                  "POST",
                  kMaps,
                  "",
                  config_map_named("new", "1"),
                  "create configmaps/ new old:no",
                  "ConfigMap",
                  "CreateOptions",
                  Old::none,
                  {{"", "configmaps"}, "default", "new"}});
  rows.push_back({"create by apply",
                  "PATCH",
                  kMaps + "/new",
                  kApply,
                  config_map_named("new", "1"),
                  "create configmaps/ new old:no",
                  "ConfigMap",
                  "CreateOptions",
                  Old::none,
                  {{"", "configmaps"}, "default", "new"}});
  rows.push_back(
      {"create by update",
       "PUT",
       "/apis/coordination.k8s.io/v1/namespaces/default/leases/l",
       "",
       R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},)"
       R"("spec":{"holderIdentity":"me"}})",
       "create leases/ l old:no",
       "Lease",
       "CreateOptions",
       Old::none,
       {{"coordination.k8s.io", "leases"}, "default", "l"}});
  rows.push_back({"update", "PUT", kMaps + "/a", "", config_map_named("a", "2"),
                  "update configmaps/ a old:yes", "ConfigMap", "UpdateOptions", Old::stored, kMap});
  for (const auto& [name, patch] :
       patches("data", "/data", R"({"k":"2"})", R"("apiVersion":"v1","kind":"ConfigMap")")) {
    rows.push_back({name, "PATCH", kMaps + "/a", patch.first, named(patch.second, "a"),
                    "update configmaps/ a old:yes", "ConfigMap", "UpdateOptions", Old::stored,
                    kMap});
  }
  rows.push_back({"update of a status", "PUT", kWeb + "/status", "", web(2, R"({"replicas":7})"),
                  "update deployments/status web old:yes", "Deployment", "UpdateOptions",
                  Old::stored, kDeployment});
  for (const auto& [name, patch] : patches("status", "/status", R"({"replicas":7})",
                                           R"("apiVersion":"apps/v1","kind":"Deployment")")) {
    rows.push_back({name + " of a status", "PATCH", kWeb + "/status", patch.first,
                    named(patch.second, "web"), "update deployments/status web old:yes",
                    "Deployment", "UpdateOptions", Old::stored, kDeployment});
  }
  const std::string scale = R"("apiVersion":"autoscaling/v1","kind":"Scale")";
  rows.push_back({"update of a scale", "PUT", kWeb + "/scale", "",
                  "{" + scale + R"(,"metadata":{"name":"web"},"spec":{"replicas":5}})",
                  "update deployments/scale web old:yes", "Scale", "UpdateOptions", Old::scale,
                  kDeployment});
  for (const auto& [name, patch] : patches("spec", "/spec", R"({"replicas":5})", scale)) {
    rows.push_back({name + " of a scale", "PATCH", kWeb + "/scale", patch.first,
                    named(patch.second, "web"), "update deployments/scale web old:yes", "Scale",
                    "UpdateOptions", Old::scale, kDeployment});
  }
  const std::string more = R"([{"name":"debug","image":"busybox"}])";
  rows.push_back(
      {"json patch of the ephemeral containers", "PATCH", kPods + "/p/ephemeralcontainers",
       kJsonPatch, R"([{"op":"add","path":"/spec/ephemeralContainers","value":)" + more + "}]",
       "update pods/ephemeralcontainers p old:yes", "Pod", "UpdateOptions", Old::stored, kPod});
  for (const char* type : {kMerge, kStrategic}) {
    rows.push_back(
        {std::string(type) + " of the ephemeral containers", "PATCH",
         kPods + "/p/ephemeralcontainers", type, R"({"spec":{"ephemeralContainers":)" + more + "}}",
         "update pods/ephemeralcontainers p old:yes", "Pod", "UpdateOptions", Old::stored, kPod});
  }
  rows.push_back({"resize", "PATCH", kPods + "/p/resize", kStrategic,
                  R"({"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"2"}}}]}})",
                  "update pods/resize p old:yes", "Pod", "UpdateOptions", Old::stored, kPod});
  rows.push_back({"binding", "POST", kPods + "/p/binding", "",
                  R"({"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"},)"
                  R"("target":{"kind":"Node","name":"n1"}})",
                  "create pods/binding p old:no", "Binding", "CreateOptions", Old::none, kPod});
  rows.push_back({"eviction", "POST", kPods + "/p/eviction", "",
                  R"({"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"}})",
                  "create pods/eviction p old:no", "Eviction", "CreateOptions", Old::none, kPod});
  rows.push_back({"finalize",
                  "PUT",
                  "/api/v1/namespaces/team/finalize",
                  "",
                  R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team"},"spec":{},)"
                  R"("status":{"phase":"Active"}})",
                  "update namespaces/finalize team old:yes",
                  "Namespace",
                  "UpdateOptions",
                  Old::stored,
                  {{"", "namespaces"}, "", "team"}});
  rows.push_back({"delete", "DELETE", kMaps + "/a", "", "", "delete configmaps/ a old:yes",
                  "ConfigMap", "DeleteOptions", Old::stored, kMap});
  rows.push_back({"delete of a collection", "DELETE", kMaps, "", "", "delete configmaps/ a old:yes",
                  "ConfigMap", "DeleteOptions", Old::stored, kMap});
  rows.push_back({"a review that is not stored",
                  "POST",
                  "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                  "",
                  R"({"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview",)"
                  R"("spec":{"resourceAttributes":{"verb":"get","resource":"pods"}}})",
                  "create selfsubjectaccessreviews/  old:no",
                  "SelfSubjectAccessReview",
                  "CreateOptions",
                  Old::none,
                  {}});
  rows.push_back({"a token",
                  "POST",
                  "/api/v1/namespaces/default/serviceaccounts/robot/token",
                  "",
                  R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}})",
                  "create serviceaccounts/token robot old:no",
                  "TokenRequest",
                  "CreateOptions",
                  Old::none,
                  {},
                  false});
  const auto connect = [&rows](const std::string& method, const std::string& target,
                               const std::string& what, const std::string& kind) {
    rows.push_back({method + " " + what,
                    method,
                    target,
                    "",
                    "",
                    "connect " + what + " old:no",
                    kind,
                    "",
                    Old::none,
                    {},
                    false,
                    false});
  };
  for (const char* method : {"POST", "GET"}) {
    connect(method, kPods + "/p/exec?command=ls", "pods/exec p", "PodExecOptions");
    connect(method, kPods + "/p/attach", "pods/attach p", "PodAttachOptions");
    connect(method, kPods + "/p/portforward", "pods/portforward p", "PodPortForwardOptions");
  }
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    connect(method, kPods + "/p/proxy/x", "pods/proxy p", "PodProxyOptions");
    connect(method, "/api/v1/namespaces/default/services/s/proxy/x", "services/proxy s",
            "ServiceProxyOptions");
    connect(method, "/api/v1/nodes/n1/proxy/x", "nodes/proxy n1", "NodeProxyOptions");
  }
  return rows;
}

class AdmissionMatrix : public ApiTest, public testing::WithParamInterface<Row> {
 protected:
  void SetUp() override {
    store.put(kMap.id, R"({"apiVersion":"v1","kind":"ConfigMap","data":{"k":"1"},"metadata":)"
                       R"({"name":"a","namespace":"default","uid":"u-a"}})");
    store.put(kDeployment.id, web(2, R"({"replicas":1})"));
    store.put(kPod.id, R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"c",)"
                       R"("image":"i","resources":{"requests":{"cpu":"1"}},)"
                       R"("imagePullPolicy":"Always","terminationMessagePolicy":"File",)"
                       R"("terminationMessagePath":"/dev/termination-log"}],)"
                       R"("restartPolicy":"Always","dnsPolicy":"ClusterFirst",)"
                       R"("schedulerName":"default-scheduler","securityContext":{},)"
                       R"("terminationGracePeriodSeconds":30},)"
                       R"("status":{"phase":"Running"},"metadata":{"name":"p",)"
                       R"("namespace":"default","uid":"u-p"}})");
    store.put({"", "namespaces"},
              R"({"apiVersion":"v1","kind":"Namespace","spec":{"finalizers":["kubernetes"]},)"
              R"("status":{"phase":"Active"},)"
              R"("metadata":{"name":"team","uid":"u-t"}})");
    store.put({"", "serviceaccounts"}, R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":)"
                                       R"({"name":"robot","namespace":"default","uid":"u-r"}})");
    auto made = std::make_shared<api::AccessChains>();
    made->authz = authz::Chain({std::make_shared<AllowsEverything>()});
    made->admission = admission::Chain({witness});
    chains = made;
  }
  Answered ask(bool dry_run) {
    const Row& row = GetParam();
    std::string target = row.target;
    const auto add = [&target](const std::string& option) {
      target += (target.find('?') == std::string::npos ? "?" : "&") + option;
    };
    if (row.type == kApply) add("fieldManager=m&force=true");
    if (dry_run) add("dryRun=All");
    Headers headers;
    if (!row.type.empty()) headers.emplace_back("Content-Type", row.type);
    return call(row.method, target, row.body, headers);
  }
  std::string stored() const {
    const auto object = store.get(GetParam().key);
    return object ? object->json : "";
  }
  void check(const Seen& seen, bool dry_run, const std::string& before) {
    const Row& row = GetParam();
    EXPECT_EQ(seen.what, row.what);
    EXPECT_EQ(seen.kind, row.kind);
    EXPECT_EQ(seen.user, "alice/testers");
    EXPECT_EQ(seen.dry_run, dry_run);
    if (row.options.empty()) {
      EXPECT_EQ(seen.options, "null");
    } else {
      const object::Json told = boost::json::parse(seen.options);
      EXPECT_EQ(object::kind(told), row.options);
      EXPECT_EQ(object::api_version(told), "meta.k8s.io/v1");
      const object::Json* const all = object::member(told, "dryRun");
      EXPECT_EQ(all ? boost::json::serialize(*all) : "", dry_run ? "[\"All\"]" : "");
    }
    const bool removes = row.what.starts_with("delete");
    EXPECT_EQ(seen.object.empty(), removes);
    if (!removes) {
      EXPECT_EQ(object::kind(boost::json::parse(seen.object)), row.kind);
    }
    if (row.old == Old::stored) {
      EXPECT_EQ(seen.old_object, before);
    }
    if (row.old == Old::none) {
      EXPECT_EQ(seen.old_object, "");
    }
    if (row.old == Old::scale) {
      const object::Json old = boost::json::parse(seen.old_object);
      EXPECT_EQ(object::kind(old), "Scale");
      EXPECT_EQ(old.at("spec").at("replicas"), 2);
    }
  }

  const std::shared_ptr<Witness> witness = std::make_shared<Witness>();
};

// An object as it will be, against what is stored: only the store's own mark is not there yet.
std::string unmarked(const std::string& json) {
  object::Json object = boost::json::parse(json);
  object::metadata(object).erase("resourceVersion");
  return object::canonical(object);
}

TEST_P(AdmissionMatrix, ReachesTheControllersAsWhatItIs) {
  const Row& row = GetParam();
  const std::string before = stored();
  const Answered answered = ask(false);
  if (row.answered) {
    EXPECT_LT(answered.status, 300) << answered.text;
  }
  ASSERT_EQ(witness->seen.size(), 2u) << answered.text;
  EXPECT_EQ(witness->seen[0].step, "mutate");
  EXPECT_EQ(witness->seen[1].step, "validate");
  for (const Seen& seen : witness->seen) check(seen, false, before);
  // What was judged is what is stored, to the byte.
  const bool whole = row.old == Old::stored || row.what.starts_with("create configmaps") ||
                     row.what.starts_with("create leases");
  if (whole && !stored().empty()) {
    EXPECT_EQ(unmarked(witness->seen[1].object), unmarked(stored()));
  }
}

TEST_P(AdmissionMatrix, ADryRunPassesTheWholeChainAndStoresNothing) {
  const Row& row = GetParam();
  if (!row.has_dry_run) return;
  const std::string before = stored();
  const int writes = store.writes;
  const Answered answered = ask(true);
  if (row.answered) {
    EXPECT_LT(answered.status, 300) << answered.text;
  }
  ASSERT_EQ(witness->seen.size(), 2u) << answered.text;
  for (const Seen& seen : witness->seen) check(seen, true, before);
  EXPECT_EQ(stored(), before);
  EXPECT_EQ(store.writes, writes);
}

TEST_P(AdmissionMatrix, ARefusalAtEitherStepEndsItAndStoresNothing) {
  const std::string before = stored();
  for (const char* step : {"mutate", "validate"}) {
    witness->refuse_at = step;
    witness->seen.clear();
    const int writes = store.writes;
    const Answered answered = ask(false);
    EXPECT_EQ(answered.status, 403) << step << " " << answered.text;
    EXPECT_NE(answered.message().find(" is forbidden: not here"), std::string::npos);
    EXPECT_EQ(witness->seen.back().step, step);
    EXPECT_EQ(stored(), before);
    EXPECT_EQ(store.writes, writes);
  }
}

INSTANTIATE_TEST_SUITE_P(Writes, AdmissionMatrix, testing::ValuesIn(writes()),
                         [](const testing::TestParamInfo<Row>& one) {
                           std::string name = std::to_string(one.index) + "_" + one.param.title;
                           for (char& c : name)
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           return name;
                         });

class AdmissionFlow : public ApiTest {
 protected:
  void SetUp() override {
    store.put(kMap.id, R"({"apiVersion":"v1","kind":"ConfigMap","data":{"k":"1"},"metadata":)"
                       R"({"name":"a","namespace":"default","uid":"u-a"}})");
  }
  void admit_allowed(std::vector<std::shared_ptr<admission::Controller>> controllers) {
    auto made = std::make_shared<api::AccessChains>();
    made->authz = authz::Chain({std::make_shared<AllowsEverything>()});
    made->admission = admission::Chain(std::move(controllers));
    chains = made;
  }
};

TEST_F(AdmissionFlow, ReadsNeverMeetAdmission) {
  store.put(kDeployment.id, web(2));
  store.put(kPod.id, R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"c",)"
                     R"("image":"i"}]},"metadata":{"name":"p","namespace":"default","uid":"u"}})");
  const auto witness = std::make_shared<Witness>();
  witness->refuse_at = "mutate";
  admit_allowed({witness});
  for (const std::string& target :
       {kMaps + "/a", kMaps, kWeb + "/scale", kWeb + "/status", kPods + "/p/log",
        std::string("/api/v1"), std::string("/apis"), kMaps + "?watch=true"}) {
    const Open open = start("GET", target);
    EXPECT_LT(open.exchange->status, 300) << target;
    if (!*open.done) end(open);
  }
  EXPECT_TRUE(witness->seen.empty());
}

TEST_F(AdmissionFlow, EachObjectOfACollectionIsAdmittedByItself) {
  store.put(kMap.id, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":)"
                     R"({"name":"b","namespace":"default","uid":"u-b"}})");
  const auto witness = std::make_shared<Witness>();
  admit_allowed({witness});
  EXPECT_EQ(call("DELETE", kMaps).status, 200);
  ASSERT_EQ(witness->seen.size(), 4u);
  EXPECT_EQ(witness->seen[0].what, "delete configmaps/ a old:yes");
  EXPECT_EQ(witness->seen[2].what, "delete configmaps/ b old:yes");
}

// Sets spec.replicas to what it likes.
class Capper final : public admission::Controller {
 public:
  const std::string& name() const override { return name_; }
  bool handles(admission::Operation) const override { return true; }
  bool mutates() const override { return true; }
  bool validates() const override { return false; }
  base::Task<admission::Result> admit(const admission::Review& review,
                                      request::CallScope&) override {
    object::Json changed = object::mutable_copy(review.object.root());
    object::object_at(changed, "spec")["replicas"] = 3;
    admission::Result result;
    result.allowed = true;
    result.changed = object::Document(changed);
    co_return result;
  }
  base::Task<admission::Result> validate(const admission::Review&, request::CallScope&) override {
    co_return admission::Result{};
  }

 private:
  std::string name_ = "capper";
};

TEST_F(AdmissionFlow, AScaleIsStoredAsAdmissionLeftIt) {
  admit_allowed({std::make_shared<Capper>()});
  for (const char* type : {kMerge, kApply}) {
    store.put(kDeployment.id, web(2));
    const Answered answered =
        call("PATCH", kWeb + "/scale?fieldManager=m" + (type == kApply ? "&force=true" : ""),
             R"({"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web"},)"
             R"("spec":{"replicas":9}})",
             {{"Content-Type", type}});
    EXPECT_EQ(answered.status, 200) << answered.text;
    EXPECT_EQ(answered.at("spec.replicas"), "3") << type;
    EXPECT_EQ(call("GET", kWeb).at("spec.replicas"), "3") << type;
  }
}

TEST_F(AdmissionFlow, WhatAModuleMadeOfAnObjectIsCheckedLikeAnyObject) {
  // A label that is none: the mutator's object is validated, not the client's.
  admit_allowed({std::make_shared<Labeller>("not a key", "v")});
  const Answered answered = call("POST", kMaps, config_map("new"));
  EXPECT_EQ(answered.status, 422) << answered.text;
  EXPECT_EQ(call("GET", kMaps + "/new").status, 404);
}

TEST_F(AdmissionFlow, ChangesAreAnnotatedWhereTheAuditPolicyWantsBodies) {
  admit_allowed({std::make_shared<Labeller>("team", "a")});
  const auto annotations = [&](request::AuditLevel level, const std::string& name) {
    audit_level = level;
    const Open open = start("POST", kMaps, config_map(name));
    std::map<std::string, std::string> out(open.context->scope.annotations.begin(),
                                           open.context->scope.annotations.end());
    return out["patch.admission.limen.io/round_0_index_0"];
  };
  EXPECT_EQ(annotations(request::AuditLevel::metadata, "x"), "");
  EXPECT_EQ(annotations(request::AuditLevel::request, "y"),
            R"({"module":"labeller","patch":[{"op":"add","path":"/metadata/labels",)"
            R"("value":{"team":"a"}}],"patchType":"JSONPatch"})");
}

}  // namespace
}  // namespace limen::test
