// service-account as an admission controller: pods get their account, its token and its pull
// secrets, and an account may limit which secrets they use.
#include <algorithm>
#include <set>
#include <vector>

#include "support.h"

namespace limen::testkit {
namespace {

constexpr const char* kMountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr std::string_view kNameStart = "kube-api-access-";

Json pod(const std::string& spec) {
  return json(R"({"metadata":{"name":"p","namespace":"x"},"spec":)" + spec + "}");
}
Json mirror(const std::string& spec) {
  Json object = pod(spec);
  object.at("metadata").as_object()["annotations"] = {{"kubernetes.io/config.mirror", "h"}};
  return object;
}

// With the generated name of the token's volume as "V", which is the same wherever it stands.
std::string plain(const Reply& reply) {
  std::string text = boost::json::serialize(reply.object.at("spec"));
  const auto at_name = text.find(kNameStart);
  if (at_name == std::string::npos) return text;
  const std::string name = text.substr(at_name, kNameStart.size() + 5);
  for (auto at = at_name; at != std::string::npos; at = text.find(name))
    text.replace(at, name.size(), "V");
  return text;
}

std::string mount(const std::string& name) {
  return R"({"name":")" + name + R"(","readOnly":true,"mountPath":")" + kMountPath + R"("})";
}

constexpr const char* kVolume =
    R"({"name":"V","projected":{"sources":[{"serviceAccountToken":{"path":"token",)"
    R"("expirationSeconds":3607}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt",)"
    R"("path":"ca.crt"}]}},{"downwardAPI":{"items":[{"path":"namespace","fieldRef":{)"
    R"("apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],"defaultMode":420}})";

class PodAccounts : public testing::Test {
 protected:
  void account(const std::string& name, const std::string& more = "") {
    controller.host().put(
        "", "serviceaccounts",
        json(R"({"metadata":{"name":")" + name + R"(","namespace":"x"})" + more + "}"));
  }
  // An account that limits secrets as `value` says.
  void limiting(const std::string& name, const std::string& value, const std::string& more = "") {
    controller.host().put(
        "", "serviceaccounts",
        json(R"({"metadata":{"name":")" + name +
             R"(","namespace":"x","annotations":{"kubernetes.io/enforce-mountable-secrets":")" +
             value + R"("}})" + more + "}"));
  }
  Reply create(const std::string& spec) { return controller.admit(of("pods", pod(spec))); }
  // What both halves say of a pod that changes nothing by being admitted.
  std::string refusal(const Review& review) {
    const Reply admitted = controller.admit(review);
    Review after = review;
    after.object = admitted.object;
    const std::string validated = controller.validate(after).message;
    if (!admitted.admitted()) {
      EXPECT_EQ(validated, admitted.message);
    }
    return validated;
  }
  std::string refusal_of(const std::string& spec) { return refusal(of("pods", pod(spec))); }

  Module module = load("service-account");
  Instance controller{module, {.kind = LIMEN_KIND_ADMISSION}};
};

// ---- whose pod it is

TEST_F(PodAccounts, APodThatNamesNoneGetsTheDefaultAccount) {
  account("default", R"(,"automountServiceAccountToken":false)");
  const Reply reply = create(R"({"containers":[]})");
  ASSERT_TRUE(reply.admitted()) << reply.message;
  EXPECT_EQ(at(reply.object, "/spec/serviceAccountName"), R"("default")");
  EXPECT_EQ(at(reply.object, "/spec/serviceAccount"), R"("default")");
}

TEST_F(PodAccounts, APodKeepsTheAccountItNames) {
  account("default");
  account("robot", R"(,"automountServiceAccountToken":false)");
  const Reply reply = create(R"({"serviceAccountName":"robot","containers":[]})");
  EXPECT_EQ(plain(reply), R"({"serviceAccountName":"robot","containers":[]})");
}

TEST_F(PodAccounts, AnAccountThatDoesNotExistIsRefusedAtOnce) {
  const auto before = controller.host().now();
  const char* text =
      R"(error looking up service account x/robot: serviceaccount "robot" not found)";
  const Review review = of("pods", pod(R"({"serviceAccountName":"robot"})"));
  EXPECT_EQ(controller.admit(review).message, text);
  EXPECT_EQ(controller.admit(review).code, 403);
  EXPECT_EQ(controller.validate(review).message, text);
  EXPECT_EQ(controller.host().now(), before);
}

TEST_F(PodAccounts, TheDefaultAccountIsWaitedFor) {
  controller.host().put("", "serviceaccounts",
                        json(R"({"metadata":{"name":"default","namespace":"y"}})"));
  const auto before = controller.host().now();
  const Reply reply = create("{}");
  EXPECT_EQ(reply.message,
            R"(error looking up service account x/default: serviceaccount "default" not found)");
  const auto waited = controller.host().now() - before;
  EXPECT_GE(waited, std::chrono::milliseconds(9 * 100));
  EXPECT_LT(waited, std::chrono::milliseconds(9 * 200));
}

TEST_F(PodAccounts, TheDefaultAccountIsTakenWhenItAppears) {
  FakeHost& host = controller.host();
  const auto* executor =
      static_cast<const limen_executor_api*>(host.raw()->get_extension(host.raw(), LIMEN_EXECUTOR));
  const auto make = [](void* arg, limen_status) {
    static_cast<FakeHost*>(arg)->put(
        "", "serviceaccounts",
        json(
            R"({"metadata":{"name":"default","namespace":"x"},"imagePullSecrets":[{"name":"r"}]})"));
  };
  ASSERT_EQ(executor->post_after(host.raw(), 250'000'000, make, &host), LIMEN_OK);
  const Reply reply = create(R"({"automountServiceAccountToken":false})");
  ASSERT_TRUE(reply.admitted()) << reply.message;
  EXPECT_EQ(at(reply.object, "/spec/imagePullSecrets"), R"([{"name":"r"}])");
}

TEST_F(PodAccounts, ARequestThatEndsWhileItWaitsIsNotAdmitted) {
  controller.set_timeout(std::chrono::milliseconds(150));
  EXPECT_EQ(create("{}").status, LIMEN_E_DEADLINE);
}

TEST_F(PodAccounts, WhatIsAdmittedHasAnAccount) {
  EXPECT_EQ(controller.validate(of("pods", pod("{}"))).message,
            "no service account specified for pod x/p");
}

TEST_F(PodAccounts, OnlyNewPodsAreLookedAt) {
  EXPECT_EQ(refusal(update("pods", pod("{}"), pod("{}"))), "");
  EXPECT_EQ(refusal(of("configmaps", pod("{}"))), "");
  EXPECT_EQ(refusal(in_group("metrics.k8s.io", "pods", pod("{}"))), "");
  for (const char* part : {"status", "binding", "eviction", "resize"}) {
    Review review = of("pods", pod("{}"));
    review.action.subresource = part;
    EXPECT_EQ(refusal(review), "") << part;
    EXPECT_TRUE(controller.admit(review).edits.empty()) << part;
  }
}

// ---- the token

TEST_F(PodAccounts, EveryContainerGetsTheToken) {
  account("default");
  const Reply reply = create(R"({"initContainers":[{"name":"i"}],"containers":[{"name":"a"},)"
                             R"({"name":"b","volumeMounts":[{"name":"d","mountPath":"/d"}]}],)"
                             R"("ephemeralContainers":[{"name":"e"}],"volumes":[{"name":"d"}]})");
  EXPECT_EQ(plain(reply),
            R"({"initContainers":[{"name":"i","volumeMounts":[)" + mount("V") +
                R"(]}],"containers":[{"name":"a","volumeMounts":[)" + mount("V") +
                R"(]},{"name":"b","volumeMounts":[{"name":"d","mountPath":"/d"},)" + mount("V") +
                R"(]}],"ephemeralContainers":[{"name":"e"}],"volumes":[{"name":"d"},)" + kVolume +
                R"(],"serviceAccountName":"default","serviceAccount":"default"})");
}

TEST_F(PodAccounts, TheVolumesNameEndsAtRandom) {
  account("default");
  std::set<std::string> names;
  for (int i = 0; i < 20; ++i) {
    const Reply reply = create(R"({"containers":[{"name":"a"}]})");
    const std::string name(reply.object.at_pointer("/spec/volumes/0/name").as_string());
    ASSERT_EQ(name.size(), kNameStart.size() + 5) << name;
    EXPECT_EQ(name.substr(0, kNameStart.size()), kNameStart);
    EXPECT_EQ(name.find_first_not_of("bcdfghjklmnpqrstvwxz2456789", kNameStart.size()),
              std::string::npos)
        << name;
    names.insert(name);
  }
  EXPECT_GT(names.size(), 15U);
}

TEST_F(PodAccounts, ASecondTimeChangesNothing) {
  account("default", R"(,"imagePullSecrets":[{"name":"r"}])");
  for (const char* spec :
       {R"({"containers":[{"name":"a"},{"name":"b","volumeMounts":[]}]})",
        R"({"containers":[{"name":"a"}],"initContainers":[{"name":"i"}],"volumes":[]})",
        R"({"containers":[]})",
        R"({"automountServiceAccountToken":false,"containers":[{"name":"a"}]})"}) {
    Review review = of("pods", pod(spec));
    const Reply first = controller.admit(review);
    ASSERT_TRUE(first.admitted()) << first.message;
    review.object = first.object;
    review.reinvocation = true;
    EXPECT_TRUE(controller.admit(review).edits.empty()) << spec;
    EXPECT_TRUE(controller.admits_idempotently(of("pods", pod(spec)))) << spec;
  }
}

// A controller behind this one adds a container: it gets the volume that is there.
TEST_F(PodAccounts, AContainerThatComesLaterUsesTheVolumeThatIsThere) {
  account("default");
  const Reply reply =
      create(R"({"serviceAccountName":"default","containers":[{"name":"a","volumeMounts":[)" +
             mount("kube-api-access-abcde") +
             R"(]},{"name":"late"}],"volumes":[{"name":"kube-api-access-abcde"}]})");
  EXPECT_EQ(at(reply.object, "/spec/containers/1/volumeMounts"),
            "[" + mount("kube-api-access-abcde") + "]");
  EXPECT_EQ(reply.object.at_pointer("/spec/volumes").as_array().size(), 1U);
}

TEST_F(PodAccounts, WhatIsMountedThereStays) {
  account("default");
  const std::string own = std::string(R"({"name":"own","mountPath":")") + kMountPath + R"("})";
  const std::string spec = R"({"serviceAccountName":"default","containers":[{"volumeMounts":[)" +
                           own + R"(]}],"volumes":[{"name":"own"}]})";
  EXPECT_EQ(plain(create(spec)), spec);  // no volume that nobody mounts

  const Reply mixed = create(R"({"containers":[{"volumeMounts":[)" + own + R"(]},{}]})");
  EXPECT_EQ(at(mixed.object, "/spec/containers/0/volumeMounts"), "[" + own + "]");
  EXPECT_EQ(mixed.object.at_pointer("/spec/volumes").as_array().size(), 1U);
}

TEST_F(PodAccounts, ThePodsWordAboutTheTokenGoesBeforeTheAccounts) {
  const auto mounts = [&](const std::string& in_pod, const std::string& in_account) {
    account("default", in_account);
    const Reply reply = create(R"({"containers":[{}])" + in_pod + "}");
    return !at(reply.object, "/spec/volumes").empty();
  };
  const std::string yes = R"(,"automountServiceAccountToken":true)";
  const std::string no = R"(,"automountServiceAccountToken":false)";
  EXPECT_TRUE(mounts("", ""));
  EXPECT_TRUE(mounts("", yes));
  EXPECT_FALSE(mounts("", no));
  EXPECT_TRUE(mounts(yes, ""));
  EXPECT_TRUE(mounts(yes, yes));
  EXPECT_TRUE(mounts(yes, no));
  EXPECT_FALSE(mounts(no, ""));
  EXPECT_FALSE(mounts(no, yes));
  EXPECT_FALSE(mounts(no, no));
}

// ---- pull secrets

TEST_F(PodAccounts, PullSecretsComeFromTheAccountWhenThePodHasNone) {
  account("default", R"(,"imagePullSecrets":[{"name":"r1"},{"name":"r2"}])");
  for (const char* spec : {"{}", R"({"imagePullSecrets":[]})"}) {
    EXPECT_EQ(at(create(spec).object, "/spec/imagePullSecrets"),
              R"([{"name":"r1"},{"name":"r2"}])");
  }
  EXPECT_EQ(at(create(R"({"imagePullSecrets":[{"name":"own"}]})").object, "/spec/imagePullSecrets"),
            R"([{"name":"own"}])");
  account("default");
  EXPECT_EQ(at(create("{}").object, "/spec/imagePullSecrets"), "");
}

// ---- mirror pods

TEST_F(PodAccounts, MirrorPodsAreLeftAlone) {
  const Review review =
      of("pods", mirror(R"({"containers":[{"name":"a"}],"volumes":[{"name":"h"}]})"));
  EXPECT_EQ(refusal(review), "");
  EXPECT_TRUE(controller.admit(review).edits.empty());
}

TEST_F(PodAccounts, MirrorPodsReferToNoAccountAndNoSecret) {
  account("default");
  const auto refused = [&](const std::string& spec) { return refusal(of("pods", mirror(spec))); };
  EXPECT_EQ(refused(R"({"serviceAccountName":"default"})"),
            "a mirror pod may not reference service accounts");
  const std::string secrets = "a mirror pod may not reference secrets";
  EXPECT_EQ(refused(R"({"imagePullSecrets":[{"name":"s"}]})"), secrets);
  for (const char* list : {"containers", "initContainers", "ephemeralContainers"}) {
    const std::string start = R"({")" + std::string(list) + R"(":[{)";
    EXPECT_EQ(
        refused(start + R"("env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s"}}}]}]})"),
        secrets)
        << list;
    EXPECT_EQ(refused(start + R"("envFrom":[{"secretRef":{"name":"s"}}]}]})"), secrets) << list;
    EXPECT_EQ(refused(start + R"("envFrom":[{"configMapRef":{"name":"c"}}]}]})"), "") << list;
  }
  for (const char* source : {R"("secret":{"secretName":"s"})", R"("azureFile":{"secretName":"s"})",
                             R"("csi":{"driver":"d","nodePublishSecretRef":{"name":"s"}})",
                             R"("projected":{"sources":[{"secret":{"name":"s"}}]})",
                             R"("rbd":{"secretRef":{"name":"s"}})"}) {
    EXPECT_EQ(refused(R"({"volumes":[{"name":"v",)" + std::string(source) + "}]}"), secrets)
        << source;
  }
  EXPECT_EQ(refused(R"({"volumes":[{"projected":{"sources":[{"downwardAPI":{}},)"
                    R"({"serviceAccountToken":{"path":"t"}}]}}]})"),
            "a mirror pod may not use ServiceAccountToken volume projections");
}

// ---- accounts that limit secrets

TEST_F(PodAccounts, SecretsAreFreeUnlessTheAccountLimitsThem) {
  const std::string spec = R"({"serviceAccountName":"a","containers":[],"volumes":[)"
                           R"({"name":"v","secret":{"secretName":"s"}}]})";
  account("a");
  EXPECT_EQ(refusal_of(spec), "");
  for (const char* value : {"false", "0", "F", "yes", "TrUe", " true", ""}) {
    limiting("a", value);
    EXPECT_EQ(refusal_of(spec), "") << value;
  }
  for (const char* value : {"true", "True", "TRUE", "t", "T", "1"}) {
    limiting("a", value);
    EXPECT_EQ(refusal_of(spec),
              R"(volume with secret.secretName="s" is not allowed because service )"
              R"(account a does not reference that secret)")
        << value;
  }
}

TEST_F(PodAccounts, VolumesOfALimitedAccount) {
  limiting("a", "true", R"(,"secrets":[{"name":"mine"},{"name":"too"}])");
  const auto volume = [&](const std::string& source) {
    return refusal_of(R"({"serviceAccountName":"a","containers":[],"volumes":[{"name":"v",)" +
                      source + "}]}");
  };
  EXPECT_EQ(volume(R"("secret":{"secretName":"mine"})"), "");
  EXPECT_EQ(volume(R"("secret":{"secretName":"too"})"), "");
  EXPECT_EQ(volume(R"("secret":{})"),
            R"(volume with secret.secretName="" is not allowed because service account a does not )"
            R"(reference that secret)");
  EXPECT_EQ(volume(R"("emptyDir":{})"), "");
}

TEST_F(PodAccounts, EnvironmentsOfALimitedAccount) {
  limiting("a", "true", R"(,"secrets":[{"name":"mine"}])");
  const auto container = [&](const std::string& list, const std::string& more) {
    return refusal_of(R"({"serviceAccountName":"a",")" + list + R"(":[{"name":"ok"},{"name":"c",)" +
                      more + "}]}");
  };
  const std::string rest =
      " is not allowed because service account a does not reference that secret";
  for (const auto& [list, what] :
       {std::pair{"containers", "container"}, {"initContainers", "init container"}}) {
    const auto variable = [](const std::string& name) {
      return R"("env":[{"name":"E","valueFrom":{"secretKeyRef":{"name":")" + name +
             R"(","key":"k"}}}])";
    };
    const auto all = [](const std::string& name) {
      return R"("envFrom":[{"configMapRef":{"name":"x"}},{"secretRef":{"name":")" + name +
             R"("}}])";
    };
    EXPECT_EQ(container(list, variable("mine")), "");
    EXPECT_EQ(container(list, all("mine")), "");
    EXPECT_EQ(container(list, variable("s")),
              std::string(what) + R"( c with envVar E referencing secret.secretName="s")" + rest);
    EXPECT_EQ(container(list, all("s")),
              std::string(what) + R"( c with envFrom referencing secret.secretName="s")" + rest);
    EXPECT_EQ(container(list, R"("env":[{"name":"E","value":"v"}])"), "");
  }
}

TEST_F(PodAccounts, PullSecretsOfALimitedAccount) {
  limiting("a", "true", R"(,"secrets":[{"name":"other"}],"imagePullSecrets":[{"name":"mine"}])");
  const auto pull = [&](const std::string& list) {
    return refusal_of(R"({"serviceAccountName":"a","imagePullSecrets":)" + list + "}");
  };
  EXPECT_EQ(pull(R"([{"name":"mine"}])"), "");
  EXPECT_EQ(pull("[]"), "");  // the account's own
  EXPECT_EQ(pull(R"([{"name":"mine"},{"name":"other"}])"),
            R"(imagePullSecrets[1].name="other" is not allowed because service account a does not )"
            R"(reference that imagePullSecret)");
}

TEST_F(PodAccounts, EphemeralContainersOfALimitedAccount) {
  limiting("a", "true", R"(,"secrets":[{"name":"mine"}])");
  const auto debug = [&](const std::string& spec) {
    Review review = update("pods", pod(spec), pod(spec));
    review.action.subresource = "ephemeralcontainers";
    EXPECT_TRUE(controller.admit(review).edits.empty());
    return controller.validate(review).message;
  };
  const auto with = [&](const std::string& more) {
    return debug(R"({"serviceAccountName":"a","containers":[{"name":"c","envFrom":[{"secretRef":)"
                 R"({"name":"old"}}]}],"ephemeralContainers":[{"name":"e",)" +
                 more + "}]}");
  };
  const std::string rest =
      " is not allowed because service account a does not reference that secret";
  EXPECT_EQ(with(R"("env":[{"name":"E","valueFrom":{"secretKeyRef":{"name":"mine"}}}])"), "");
  EXPECT_EQ(with(R"("env":[{"name":"E","valueFrom":{"secretKeyRef":{"name":"s"}}}])"),
            R"(ephemeral container e with envVar E referencing secret.secretName="s")" + rest);
  EXPECT_EQ(with(R"("envFrom":[{"secretRef":{"name":"s"}}])"),
            R"(ephemeral container e with envFrom referencing secret.secretName="s")" + rest);
  account("a");
  EXPECT_EQ(with(R"("envFrom":[{"secretRef":{"name":"s"}}])"), "");
  EXPECT_EQ(debug("{}"), "no service account specified for pod x/p");
  EXPECT_EQ(debug(R"({"serviceAccountName":"gone"})"),
            R"(error looking up service account x/gone: serviceaccount "gone" not found)");
}

// ---- the module

TEST(PodAccountsModule, HoldsAnAuthenticatorAndAnAdmissionController) {
  const Module module = load("service-account");
  EXPECT_STREQ(module.descriptor(LIMEN_KIND_ADMISSION).id, "service-account");
  EXPECT_STREQ(module.descriptor(LIMEN_KIND_AUTHENTICATOR).id, "service-account");
}

TEST(PodAccountsModule, NeedsObjectsAndTimers) {
  const Module module = load("service-account");
  std::vector<std::string> required;
  const limen_descriptor& descriptor = module.descriptor(LIMEN_KIND_ADMISSION);
  for (const char* const* id = descriptor.required; *id != nullptr; ++id)
    required.emplace_back(*id);
  for (const char* id : {LIMEN_OBJECTS, LIMEN_EXECUTOR})
    EXPECT_NE(std::find(required.begin(), required.end(), id), required.end()) << id;
}

}  // namespace
}  // namespace limen::testkit
