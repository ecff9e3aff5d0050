// What holds of every apply, under random objects of a kind with all sorts of places.
#include <algorithm>
#include <random>

#include "unit/validation/apply/support.h"

namespace limen::validation::apply {

namespace {

using object::Json;

// Random pods: few names and values, so that they meet.
class Pods {
 public:
  explicit Pods(unsigned seed) : random_(seed) {}

  Json pod() {
    Json pod = boost::json::object();
    if (maybe()) object::metadata(pod)["labels"] = texts();
    if (maybe()) object::metadata(pod)["annotations"] = texts();
    if (maybe()) object::metadata(pod)["finalizers"] = set();
    boost::json::object spec;
    if (maybe()) spec["nodeSelector"] = texts();
    if (maybe()) spec["hostname"] = value();
    if (maybe()) spec["hostNetwork"] = maybe();
    if (maybe()) spec["tolerations"] = boost::json::array{boost::json::object{{"key", value()}}};
    if (maybe()) spec["containers"] = containers();
    if (maybe()) spec["securityContext"] = boost::json::object{{"runAsUser", number()}};
    if (!spec.empty()) pod.as_object()["spec"] = std::move(spec);
    return pod;
  }

  bool maybe() { return number() % 2 == 0; }
  int number() { return std::uniform_int_distribution<int>(0, 5)(random_); }

 private:
  std::string value() { return std::string(1, static_cast<char>('p' + number() % 3)); }
  boost::json::object texts() {
    boost::json::object out;
    for (int i = number() % 3; i >= 0; --i) out["k" + std::to_string(number())] = value();
    return out;
  }
  boost::json::array set() {
    boost::json::array out;
    for (const char* name : {"x.io/a", "x.io/b", "x.io/c"})
      if (maybe()) out.emplace_back(name);
    if (out.empty()) out.emplace_back("x.io/d");
    return out;
  }
  boost::json::array containers() {
    std::vector<std::string> names = {"a", "b", "c", "d"};
    std::shuffle(names.begin(), names.end(), random_);
    boost::json::array out;
    for (int i = number() % 4; i >= 0; --i) {
      boost::json::object container{{"name", names[static_cast<std::size_t>(i)]}};
      if (maybe()) container["image"] = value();
      if (maybe()) container["args"] = boost::json::array{value()};
      if (maybe()) {
        container["ports"] = boost::json::array{
            boost::json::object{{"containerPort", number() + 1}, {"protocol", "TCP"}}};
      }
      out.push_back(std::move(container));
    }
    return out;
  }

  std::mt19937 random_;
};

// A world in which three managers have applied, forced and updated.
class Properties : public ::testing::TestWithParam<unsigned> {
 protected:
  Properties() : pods(GetParam()), world("io.k8s.api.core.v1.Pod") {
    for (int i = 0; i < 6; ++i) {
      const std::string manager(1, static_cast<char>('a' + pods.number() % 3));
      if (pods.number() < 4) {
        world.apply(manager, pods.pod(), true);
      } else {
        world.update(manager, world.exists && pods.maybe()
                                  ? merged(world.object, pods.pod(), world.type())
                                  : pods.pod());
      }
    }
  }
  Pods pods;
  World world;
};

}  // namespace

TEST_P(Properties, ApplyIsIdempotent) {
  const Json config = pods.pod();
  ASSERT_EQ(world.apply("m", config, true), "");
  const Json object = world.object;
  const std::string fields = world.fields("m", true);
  ASSERT_EQ(world.apply("m", config), "");
  EXPECT_EQ(world.object, object);
  EXPECT_EQ(world.fields("m", true), fields);
}

TEST_P(Properties, OwnershipCoversExactlyWhatIsApplied) {
  const Json config = pods.pod();
  ASSERT_EQ(world.apply("m", config, true), "");
  const Manager* manager = world.find("m", true);
  EXPECT_EQ(manager ? manager->fields : FieldSet{}, fields_of(config, world.type()));
}

TEST_P(Properties, WhatIsAppliedIsInTheObject) {
  const Json config = pods.pod();
  ASSERT_EQ(world.apply("m", config, true), "");
  const FieldSet stated = fields_of(config, world.type());
  EXPECT_EQ(difference(stated, fields_of(world.object, world.type())), FieldSet{});
  const Comparison again =
      compare(world.object, merged(world.object, config, world.type()), world.type());
  EXPECT_TRUE(again.empty());
}

TEST_P(Properties, AnotherManagersFieldsChangeByForceOnly) {
  const Json before = world.object;
  const Managers owners = world.managers;
  if (world.apply("m", pods.pod()) != "") {
    EXPECT_EQ(world.object, before);
    return;
  }
  const Comparison change = compare(before, world.object, world.type());
  for (const Manager& owner : owners) {
    EXPECT_TRUE(common(owner.fields, change.changed()).empty()) << owner.name;
    EXPECT_TRUE(common(owner.fields, change.removed).empty()) << owner.name;
  }
}

// What only the manager had set is gone, but for the keys of items that others have a part in.
TEST_P(Properties, WhoAppliesNothingLeavesNothingOfHisOwn) {
  const FieldSet before = fields_of(world.object, world.type());
  if (world.apply("m", pods.pod()) != "") return;
  ASSERT_EQ(world.apply("m", boost::json::object()), "");
  EXPECT_EQ(world.find("m", true), nullptr);
  EXPECT_EQ(difference(fields_of(world.object, world.type()), before).paths(),
            std::vector<std::string>{});
}

TEST_P(Properties, OwnersSurviveTheirJson) {
  const Json list = managers_json(world.managers);
  const Json text = yaml(object::to_json(list));
  const std::optional<Managers> read = read_managers(&text);
  ASSERT_TRUE(read);
  EXPECT_EQ(object::to_json(managers_json(*read)), object::to_json(list));
  for (const Manager& manager : world.managers) {
    EXPECT_EQ(parse_fields(fields_json(manager.fields)), manager.fields);
  }
}

TEST_P(Properties, SetsObeyTheirLaws) {
  const FieldSet a = fields_of(pods.pod(), world.type());
  const FieldSet b = fields_of(pods.pod(), world.type());
  EXPECT_EQ(united(a, b), united(b, a));
  EXPECT_EQ(common(a, b), common(b, a));
  EXPECT_EQ(united(difference(a, b), common(a, b)), a);
  EXPECT_TRUE(common(difference(a, b), b).empty());
  EXPECT_EQ(united(a, a), a);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Properties, ::testing::Range(1u, 41u));

}  // namespace limen::validation::apply
