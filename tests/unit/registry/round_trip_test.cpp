// Random objects of every kind that is stored in another version than it is served in: what one
// version writes, it reads back, and so does another (rows M31, M34).
//
// The seed is printed with a failure; LIMEN_SEED sets another.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "catalog/catalog.h"
#include "registry/conversion.h"
#include "support/random_object.h"

namespace limen::registry {
namespace {

using object::Json;
using test::Choices;
using test::RandomObject;

constexpr int kRounds = 200;

std::uint64_t seed() {
  const char* given = std::getenv("LIMEN_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20261130;
}

const catalog::Resource& find(std::string_view group, std::string_view version,
                              std::string_view resource) {
  const catalog::Resource* found = catalog::find_resource(group, version, resource);
  if (!found) throw std::runtime_error("no such resource in the catalog");
  return *found;
}

template <class Check>
void repeat(const Check& check) {
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t number = seed() + static_cast<std::uint64_t>(round);
    SCOPED_TRACE("seed " + std::to_string(number));
    Choices choices(number);
    check(choices);
    if (::testing::Test::HasFailure()) return;
  }
}

void expect_stored_and_served(const catalog::Resource& served, const Json& made) {
  Json object = made;
  to_stored(served, object);
  EXPECT_EQ(object.at("apiVersion").as_string(),
            object::group_version(served.storage_group, served.storage_version));
  to_served(served, object);
  EXPECT_EQ(object, made);
}

void expect_served_and_stored(const catalog::Resource& served, const Json& made) {
  Json object = made;
  to_served(served, object);
  EXPECT_EQ(object.at("apiVersion").as_string(),
            object::group_version(served.group, served.version));
  to_stored(served, object);
  EXPECT_EQ(object, made);
}

// Kinds of which another version says the same in other fields.
TEST(ConversionRoundTrip, EventsOfEitherGroupComeBackEqual) {
  const catalog::Resource& events = find("events.k8s.io", "v1", "events");
  const catalog::Resource& core = find("", "v1", "events");
  repeat([&](Choices& choices) {
    expect_stored_and_served(events, RandomObject(choices).of(events));
    expect_served_and_stored(events, RandomObject(choices).of(core));
  });
}

TEST(ConversionRoundTrip, KindsThatDifferInNameAloneComeBackEqual) {
  for (const catalog::GroupVersion& version : catalog::group_versions()) {
    for (const catalog::Resource& resource : version.resources) {
      if (!resource.type || !resource.stored()) continue;
      if (difference(resource) != Difference::type) continue;
      Choices choices(seed());
      SCOPED_TRACE(std::string(resource.version) + " " + std::string(resource.kind));
      expect_stored_and_served(resource, RandomObject(choices).of(resource));
    }
  }
}

// An autoscaler's metrics are unions: the type names the member that is set, and the target's type
// the value that is.
class Autoscaler {
 public:
  explicit Autoscaler(Choices& choices) : choices_(choices) {}

  // Version 1 has room for one metric, the processor's utilization, which it tells first.
  Json of_version_two() {
    Json made = base(find("autoscaling", "v2", "horizontalpodautoscalers"));
    boost::json::array metrics, current;
    if (choices_.one_in(2)) metrics.push_back(cpu());
    for (std::size_t count = choices_.pick(4); count > 0; --count) metrics.push_back(metric());
    for (std::size_t count = choices_.pick(3); count > 0; --count) current.push_back(status());
    boost::json::object& spec = made.at("spec").as_object();
    spec.erase("metrics");
    if (!metrics.empty()) spec["metrics"] = std::move(metrics);
    boost::json::object& told = made.at("status").as_object();
    told.erase("currentMetrics");
    if (!current.empty()) told["currentMetrics"] = std::move(current);
    return made;
  }

  Json of_version_one() { return base(find("autoscaling", "v1", "horizontalpodautoscalers")); }

 private:
  Json base(const catalog::Resource& resource) {
    RandomObject random(choices_);
    Json made = random.of(resource);
    for (const std::string_view part : {"spec", "status"}) {
      const catalog::Field* field = resource.type->field(part);
      if (!made.as_object().contains(part)) made.as_object()[part] = random.of(*field->type);
    }
    return made;
  }

  static Json cpu() {
    return boost::json::parse(
        R"({"type":"Resource","resource":{"name":"cpu",
            "target":{"type":"Utilization","averageUtilization":70}}})");
  }
  Json identity() {
    boost::json::object metric{{"name", choices_.of<std::string>({"rps", "a/b", "\"q\""})}};
    if (choices_.one_in(2)) {
      metric["selector"] = boost::json::object{{"matchLabels", boost::json::object{{"a", "b"}}}};
    }
    return metric;
  }
  Json target(const std::string& type) {
    boost::json::object made{{"type", type}};
    add_value(made, type);
    return made;
  }
  Json value(const std::string& type) {
    boost::json::object made;
    add_value(made, type);
    return made;
  }
  void add_value(boost::json::object& to, const std::string& type) {
    if (type == "Utilization")
      to["averageUtilization"] = static_cast<std::int64_t>(choices_.pick(99));
    if (type == "AverageValue") to["averageValue"] = choices_.of<std::string>({"100m", "1Gi"});
    if (type == "Value") to["value"] = choices_.of<std::string>({"7", "10k"});
  }
  // A metric with the place of its values: `target` in a spec, `current` in a status.
  Json metric_of(const std::string& place, const std::function<Json(const std::string&)>& values) {
    const auto of = [](std::string type, const std::string& key, boost::json::object body) {
      return Json(boost::json::object{{"type", std::move(type)}, {key, std::move(body)}});
    };
    const std::string average = choices_.of<std::string>({"Utilization", "AverageValue"});
    const std::string either = choices_.of<std::string>({"Value", "AverageValue"});
    switch (choices_.pick(5)) {
      case 0:
        return of("Resource", "resource", {{"name", "memory"}, {place, values(average)}});
      case 1:
        return of("ContainerResource", "containerResource",
                  {{"name", "cpu"}, {"container", "c"}, {place, values(average)}});
      case 2:
        return of("Pods", "pods", {{"metric", identity()}, {place, values("AverageValue")}});
      case 3:
        return of("Object", "object",
                  {{"metric", identity()},
                   {"describedObject", boost::json::object{{"kind", "Service"}, {"name", "s"}}},
                   {place, values(either)}});
      default:
        return of("External", "external", {{"metric", identity()}, {place, values(either)}});
    }
  }
  Json metric() {
    return metric_of("target", [this](const std::string& type) { return target(type); });
  }
  Json status() {
    return metric_of("current", [this](const std::string& type) { return value(type); });
  }

  Choices& choices_;
};

TEST(ConversionRoundTrip, AutoscalersOfVersionTwoLoseNothingInVersionOne) {
  const catalog::Resource& one = find("autoscaling", "v1", "horizontalpodautoscalers");
  repeat([&](Choices& choices) {
    expect_served_and_stored(one, Autoscaler(choices).of_version_two());
  });
}

// The status of the processor is told in version 2's words as well, in an annotation.
TEST(ConversionRoundTrip, AutoscalersOfVersionOneComeBackEqual) {
  const catalog::Resource& one = find("autoscaling", "v1", "horizontalpodautoscalers");
  repeat([&](Choices& choices) {
    Json made = Autoscaler(choices).of_version_one();
    Json stored = made;
    to_stored(one, stored);
    expect_served_and_stored(one, stored);
    made.at("status").as_object().erase("currentCPUUtilizationPercentage");
    expect_stored_and_served(one, made);
  });
}

// What version 1 has read it writes back, and version 2 still says what it said.
TEST(ConversionRoundTrip, AutoscalersSurviveAnUpdateThroughVersionOne) {
  const catalog::Resource& one = find("autoscaling", "v1", "horizontalpodautoscalers");
  repeat([&](Choices& choices) {
    const Json stored = Autoscaler(choices).of_version_two();
    Json read = stored;
    to_served(one, read);
    read.at("spec").as_object()["minReplicas"] = 3;
    to_stored(one, read);
    Json expected = stored;
    expected.at("spec").as_object()["minReplicas"] = 3;
    EXPECT_EQ(read, expected);
  });
}

}  // namespace
}  // namespace limen::registry
