// limen.versions/1: an admission module asks for its object in another version.
#include <future>
#include <utility>

#include "fake_versions.h"
#include "modules/call.h"
#include "modules/nodes.h"
#include "support.h"

namespace limen::modules {
namespace {

using test::PuppetHouse;
using test::text;

struct Answered {
  std::promise<std::string> text;
  limen_call* call = nullptr;
};
Answered* answered = nullptr;
const limen_host* host = nullptr;
std::string listed;
std::string json;
std::string version;
limen_status refusal = LIMEN_OK;

const limen_versions_api& api() {
  return *static_cast<const limen_versions_api*>(host->get_extension(host, LIMEN_VERSIONS));
}

std::int32_t add(void*, const limen_version* row) {
  listed += test::view(row->api_group) + "/" + test::view(row->api_version) + " " +
            test::view(row->kind_group) + "/" + test::view(row->kind_version) + " " +
            test::view(row->kind) + "\n";
  return version == "first" ? 0 : 1;
}

void take(void*, limen_status status, const limen_node* object, limen_str error) {
  std::string said = std::to_string(status) + " " + test::view(error);
  if (object != nullptr) said += boost::json::serialize(*from_node(object));
  answered->text.set_value(said);
}

limen_status ask(limen_call* call, const limen_admission_input*, const limen_admission_reply*) {
  listed.clear();
  refusal = api().list(host, call, &add, nullptr);
  if (refusal != LIMEN_OK) return refusal;
  limen_version target{};
  target.struct_size = sizeof(target);
  target.kind_group = text("things.test");
  target.kind_version = text(version);
  target.kind = text("Thing");
  refusal = api().convert(host, call, text(json), &target, &take, nullptr);
  if (refusal != LIMEN_OK) return refusal;
  answered->call = call;
  return LIMEN_PENDING;
}

class VersionsService : public testing::Test {
 protected:
  void SetUp() override {
    answered = &answer;
    house.open();
    host = house.strings().host;
    house.strings().validate = ask;
    json = R"({"apiVersion":"things.test/v1","kind":"Thing","spec":{"a":[1]}})";
    version = "v2";
    review.object = test::json("{}");
    review.versions = std::make_shared<const test::FakeVersions>();
  }
  // Lets the module's call end once its question was answered.
  std::string run() {
    auto scope = house.scope();
    std::string said;
    std::thread module([&] {
      said = answer.text.get_future().get();
      const auto* calls = static_cast<const limen_call_api*>(host->get_extension(host, LIMEN_CALL));
      calls->complete(answered->call, LIMEN_OK);
    });
    EXPECT_TRUE(house.validate(scope, review).allowed);
    module.join();
    return said;
  }
  // What the module is told when its question is not taken.
  limen_status refused() {
    auto scope = house.scope();
    EXPECT_FALSE(house.validate(scope, review).allowed);
    return refusal;
  }

  admission::Review review;
  Answered answer;
  PuppetHouse house;
};

TEST_F(VersionsService, TheVersionsOfTheRequestAreListed) {
  run();
  EXPECT_EQ(listed, "things.test/v1 things.test/v1 Thing\nthings.test/v2 things.test/v2 Thing\n");
}

TEST_F(VersionsService, AListEndsWhereTheModuleWants) {
  version = "first";
  run();
  EXPECT_EQ(listed, "things.test/v1 things.test/v1 Thing\n");
}

TEST_F(VersionsService, AnObjectComesInTheVersionAskedFor) {
  EXPECT_EQ(run(), R"(0 {"apiVersion":"things.test/v2","kind":"Thing","spec":{"a":[1]}})");
}

TEST_F(VersionsService, WhatIsNoVersionIsInvalid) {
  version = "v9";
  EXPECT_EQ(run(), "-1 there is no v9");
}

TEST_F(VersionsService, AFailureIsToldWithoutWhatAnswersBeginWith) {
  version = "v8";
  EXPECT_EQ(run(), "-7 v8 is out of order");
}

TEST_F(VersionsService, WhatIsNoObjectIsNotTaken) {
  for (const char* const bad : {"", "{", "[]", "1"}) {
    json = bad;
    EXPECT_EQ(refused(), LIMEN_E_INVALID) << bad;
  }
  json = "\"" + std::string(Call::kMaxReplyBytes, 'x') + "\"";
  EXPECT_EQ(refused(), LIMEN_E_INVALID);
}

TEST_F(VersionsService, WhereNobodyKnowsThemItIsUnsupported) {
  review.versions = nullptr;
  EXPECT_EQ(refused(), LIMEN_E_UNSUPPORTED);
}

}  // namespace
}  // namespace limen::modules
