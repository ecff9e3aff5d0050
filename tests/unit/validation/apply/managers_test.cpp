#include "validation/apply/managers.h"

#include "unit/validation/apply/support.h"

namespace limen::validation::apply {

namespace {

const std::string kConfigMap = "io.k8s.api.core.v1.ConfigMap";

std::string shown(const Managers& managers) { return object::to_json(managers_json(managers)); }

Managers read(std::string_view json) {
  const object::Json list = yaml(json);
  std::optional<Managers> managers = read_managers(&list);
  EXPECT_TRUE(managers) << json;
  return managers.value_or(Managers{});
}

}  // namespace

TEST(Managers, AreWrittenAsKubernetesWritesThem) {
  const char* json =
      R"([{"manager":"b","operation":"Apply","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:x":{}}},{"manager":"a","operation":"Update","apiVersion":"v1","time":"2025-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:x":{}},"subresource":"status"}])";
  EXPECT_EQ(shown(read(json)), json);
}

TEST(Managers, AreSortedByOperationTimeAndName) {
  const Managers managers = read(
      R"([{"manager":"c","operation":"Update","time":"2026-01-02T00:00:00Z"},
          {"manager":"b","operation":"Update","time":"2026-01-01T00:00:00Z"},
          {"manager":"a","operation":"Update","time":"2026-01-02T00:00:00Z"},
          {"manager":"z","operation":"Apply","time":"2027-01-02T00:00:00Z"}])");
  const object::Json list = managers_json(managers);
  std::string order;
  for (const object::Json& entry : list.as_array()) order += object::text_at(entry, "manager");
  EXPECT_EQ(order, "zbac");
}

TEST(Managers, WhatIsMalformedIsNoList) {
  for (const char* json : {R"({})", R"([1])", R"([{"manager":"a","operation":"Patch"}])",
                           R"([{"manager":"a","operation":"Apply","fieldsType":"FieldsV2"}])",
                           R"([{"manager":"a","operation":"Apply","fieldsV1":{"x":{}}}])"}) {
    const object::Json list = yaml(json);
    EXPECT_FALSE(read_managers(&list)) << json;
  }
}

TEST(Managers, OneEmptyEntryIsTheWishToForget) {
  const object::Json reset = yaml("[{}]");
  const object::Json empty = yaml("[]");
  const object::Json two = yaml("[{}, {}]");
  EXPECT_TRUE(is_reset(&reset));
  EXPECT_FALSE(is_reset(&empty));
  EXPECT_FALSE(is_reset(&two));
  EXPECT_FALSE(is_reset(nullptr));
}

TEST(Managers, TimesMakeNoDifference) {
  const object::Json a = yaml(R"([{"manager":"a","operation":"Apply","time":"1"}])");
  const object::Json b = yaml(R"([{"manager":"a","operation":"Apply","time":"2"}])");
  const object::Json c = yaml(R"([{"manager":"c","operation":"Apply","time":"1"}])");
  EXPECT_TRUE(same_managers(&a, &b));
  EXPECT_FALSE(same_managers(&a, &c));
  EXPECT_FALSE(same_managers(&a, nullptr));
}

TEST(Managers, AnEntryIsPerSubresource) {
  World world("io.k8s.api.apps.v1.Deployment");
  Writer scale = world.writer("m");
  scale.subresource = "scale";
  world.update("m", yaml("{spec: {replicas: 1, paused: true}}"));
  const object::Json next = yaml("{spec: {replicas: 2, paused: true}}");
  track_update(world.managers, &world.object, next, scale);
  ASSERT_EQ(world.managers.size(), 2u);
  EXPECT_EQ(world.managers[1].shown(), "\"m\" with subresource \"scale\" using apps/v1");
  EXPECT_EQ(base::join(world.managers[1].fields.paths(), " "), ".spec.replicas");
  EXPECT_EQ(base::join(world.managers[0].fields.paths(), " "), ".spec.paused");
}

TEST(Managers, AWriterWithoutANameIsUnknown) {
  World world(kConfigMap);
  world.update("", yaml("{data: {x: '1'}}"));
  EXPECT_NE(world.find("unknown", false), nullptr);
}

TEST(Managers, AWriteLeavesTheTimesOfOthers) {
  World world(kConfigMap);
  world.update("a", yaml("{data: {x: '1'}}"));
  const std::string time = world.find("a", false)->time;
  world.update("b", yaml("{data: {x: '1', w: '1'}}"));
  EXPECT_EQ(world.find("a", false)->time, time);
  world.update("a", yaml("{data: {x: '2', w: '1'}}"));
  EXPECT_NE(world.find("a", false)->time, time);
}

TEST(Managers, OfVersionsThatAreGoneAreForgotten) {
  World world(kConfigMap);
  world.update("a", yaml("{data: {x: '1'}}"));
  world.managers[0].api_version = "gone/v1";
  world.update("b", yaml("{data: {x: '1', w: '1'}}"));
  EXPECT_EQ(world.find("a", false), nullptr);
}

TEST(Managers, TheOldestOfMoreThanTenUpdatersBecomeOne) {
  World world(kConfigMap);
  object::Json object = yaml("{data: {}}");
  for (int i = 0; i < 14; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    object.at("data").as_object()["k" + name] = "1";
    world.update(name, object);
  }
  EXPECT_EQ(world.managers.size(), 10u);
  EXPECT_EQ(world.fields("ancient-changes", false),
            ".data .data.ka .data.kb .data.kc .data.kd .data.ke");
  EXPECT_EQ(world.fields("e", false), "nothing");
  EXPECT_EQ(world.fields("f", false), ".data.kf");
  EXPECT_EQ(world.fields("n", false), ".data.kn");
}

TEST(Managers, ApplyingToWhatNobodyOwnsNamesWhatWasThere) {
  World world(kConfigMap);
  world.object = yaml("{data: {x: '1', w: '1'}}");
  world.exists = true;
  EXPECT_EQ(world.apply("a", yaml("{data: {x: '2'}}")),
            "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.x");
  EXPECT_EQ(world.apply("a", yaml("{data: {x: '1'}}")), "");
  EXPECT_EQ(world.fields("before-first-apply", false), ".data .data.w .data.x");
  EXPECT_EQ(world.fields("a", true), ".data.x");
}

TEST(Managers, ConflictsThatAreToleratedAreNoneWhenThereAreNoOthers) {
  World world(kConfigMap);
  world.update("u", yaml("{data: {x: '1', w: '1'}}"));
  const object::Json config = yaml("{data: {x: '2', w: '2'}}");
  const FieldSet all = fields_of(config, world.type());
  const FieldSet some = fields_of(yaml("{data: {x: '2'}}"), world.type());
  Managers managers = world.managers;
  const object::Json result =
      apply_config(managers, world.object, config, world.writer("kubectl"), false, &all);
  EXPECT_EQ(result, config);
  managers = world.managers;
  try {
    apply_config(managers, world.object, config, world.writer("kubectl"), false, &some);
    FAIL() << "no conflict";
  } catch (const Conflicts& conflicts) {
    EXPECT_EQ(conflicts.message(),
              "Apply failed with 1 conflict: conflict with \"u\" using v1: .data.w");
  }
}

TEST(Managers, WhatAWriteDoesNotReachIsNotTaken) {
  World world("io.k8s.api.apps.v1.Deployment");
  Writer writer = world.writer("u");
  writer.confine = [](FieldSet& set) { set.drop({"status"}); };
  track_update(world.managers, nullptr, yaml("{spec: {replicas: 1}, status: {replicas: 1}}"),
               writer);
  EXPECT_EQ(world.fields("u", false), ".spec.replicas");
}

// What has no schema is owned by member; what is deeper than sets go is owned as one, so that the
// owners can be stored and read again.
TEST(Managers, DeepValuesWithoutASchemaStayReadable) {
  std::string json = "1";
  for (int i = 0; i < 400; ++i) json = "{\"a\":" + json + "}";
  const object::Json object = object::decode("{\"x\":" + json + "}", object::Format::json).value;
  const FieldSet set = fields_of(object, nullptr);
  EXPECT_EQ(set.paths().back().size() < 300, true);
  EXPECT_EQ(parse_fields(fields_json(set)), set);
}

}  // namespace limen::validation::apply
