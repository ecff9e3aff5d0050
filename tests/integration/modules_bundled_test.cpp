// The bundled modules on the real host: every one passes the gates, and an authenticator, an
// authorizer and an admission controller decide through the C boundary.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "base/task.h"
#include "modules/executor_thread.h"
#include "modules/inspect.h"
#include "modules/runtime.h"

namespace limen::modules {
namespace {

using namespace std::chrono_literals;

// A copy of the built modules with the modes the path gate demands.
class Bundled : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "limen-bundled-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    const std::filesystem::path built =
        std::filesystem::path(LIMEN_BINARY_DIR) / "lib" / "limen" / "modules";
    for (const std::string& name : list_modules(built)) {
      const std::filesystem::path file = folder / (name + ".so");
      std::filesystem::copy_file(built / (name + ".so"), file);
      ::chmod(file.c_str(), 0644);
    }
  }
  void TearDown() override {
    loop.stop(base::SteadyClock::now() + 5s);
    std::filesystem::remove_all(folder);
  }

  template <class T>
  T run(std::function<base::Task<T>()> make) {
    std::promise<T> result;
    loop.post([&] {
      struct Root {
        static base::Task<void> run(std::function<base::Task<T>()> start, std::promise<T>* out) {
          out->set_value(co_await start());
        }
      };
      base::spawn(Root::run(make, &result), [](std::exception_ptr) {});
    });
    return result.get_future().get();
  }
  static ModuleSpec spec(const std::string& name) {
    ModuleSpec made;
    made.name = name;
    return made;
  }

  std::filesystem::path folder;
  ExecutorThread loop{"test-loop"};
};

TEST_F(Bundled, EveryModuleSaysWhatItIs) {
  const std::vector<std::string> names = list_modules(folder);
  for (const char* wanted : {"abac",
                             "always-admit",
                             "always-allow",
                             "always-deny",
                             "always-pull-images",
                             "anonymous",
                             "bootstrap-token",
                             "default-toleration-seconds",
                             "deny-list",
                             "deny-service-external-ips",
                             "etcd",
                             "namespace-lifecycle",
                             "node",
                             "password-file",
                             "rbac",
                             "service-account",
                             "sqlite",
                             "token-file",
                             "webhook-sar",
                             "webhook-token",
                             "x509"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), wanted), names.end()) << wanted;
  }
  Loader loader(folder);
  for (const std::string& name : names) {
    const ModuleReport report = inspect(loader, name);
    EXPECT_FALSE(report.descriptors.empty()) << name;
    for (const DescriptorInfo& descriptor : report.descriptors) {
      EXPECT_FALSE(descriptor.version.empty()) << name;
      EXPECT_FALSE(descriptor.summary.empty()) << name;
    }
  }
}

TEST_F(Bundled, ATokenBecomesAUserWhoIsAllowedAndWhoseObjectIsChanged) {
  const std::filesystem::path tokens = folder / "tokens.csv";
  std::ofstream(tokens) << "secret-token,ada,42,\"engineers,admins\"\n";
  ::chmod(tokens.c_str(), 0600);

  Runtime runtime({.folder = folder});
  GenerationSpec all;
  all.authenticators = {spec("token-file")};
  all.authenticators[0].config = object::Document::parse("{\"path\":\"" + tokens.string() + "\"}");
  all.authorizers = {spec("always-allow")};
  all.admission = {spec("always-pull-images")};
  runtime.activate(runtime.build(all));
  const GenerationPtr now = runtime.current();
  request::CallScope scope{loop, base::SteadyClock::now() + 30s};

  authn::Credentials credentials;
  credentials.bearer_token = "secret-token";
  const authn::Result who = run<authn::Result>(
      [&] { return now->authenticators()[0].instance->authenticate(credentials, scope); });
  EXPECT_EQ(who.verdict, authn::Verdict::authenticated) << who.error;
  EXPECT_EQ(who.identity.name, "ada");
  EXPECT_EQ(who.identity.groups, (std::vector<std::string>{"engineers", "admins"}));

  credentials.bearer_token = "wrong";
  EXPECT_NE(run<authn::Result>([&] {
              return now->authenticators()[0].instance->authenticate(credentials, scope);
            }).verdict,
            authn::Verdict::authenticated);

  authz::Attributes attributes;
  attributes.user = &who.identity;
  attributes.verb = "create";
  attributes.is_resource = true;
  attributes.version = "v1";
  attributes.resource = "pods";
  attributes.ns = "default";
  EXPECT_EQ(run<authz::Result>([&] {
              return now->authorizers()[0]->authorize(attributes, scope);
            }).verdict,
            authz::Verdict::allow);

  admission::Review review;
  review.attributes = &attributes;
  review.kind = "Pod";
  review.object = object::Document::parse(
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}})");
  const admission::Result admitted =
      run<admission::Result>([&] { return now->admission()[0]->admit(review, scope); });
  EXPECT_TRUE(admitted.allowed) << admitted.error;
  ASSERT_TRUE(admitted.changed);
  EXPECT_NE(admitted.changed.to_json().find(R"("imagePullPolicy":"Always")"), std::string::npos);
}

TEST_F(Bundled, AConfigOfABundledModuleIsJudgedByItsSchema) {
  Runtime runtime({.folder = folder});
  GenerationSpec all;
  all.authenticators = {spec("token-file")};
  all.authenticators[0].config = object::Document::parse(R"({"pth":"x"})");
  all.authenticators[0].position = "limen.yaml:7:5";
  try {
    runtime.build(all);
    FAIL();
  } catch (const LoadError& error) {
    EXPECT_EQ(error.gate(), Gate::config);
    EXPECT_EQ(
        std::string(error.what()).find("limen.yaml:7:5: authenticator \"token-file\": config"), 0u)
        << error.what();
  }
}

}  // namespace
}  // namespace limen::modules
