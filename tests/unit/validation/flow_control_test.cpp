#include "validation/flow_control.h"

#include "object/metadata.h"
#include "unit/validation/support.h"

namespace limen::validation {
namespace {

Lines schema(std::string_view json) { return created(kFlowControlGroup, kFlowSchemas, json); }
Lines level(std::string_view json) { return created(kFlowControlGroup, kPriorityLevels, json); }

// A FlowSchema with one rule.
std::string with_rule(std::string_view rule) {
  return R"({"spec":{"priorityLevelConfiguration":{"name":"system"},"rules":[{)" +
         std::string(rule) + "}]}}";
}

constexpr std::string_view kBob = R"("subjects":[{"kind":"User","user":{"name":"bob"}}])";
constexpr std::string_view kEverything =
    R"("resourceRules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"],"namespaces":["*"]}])";

Lines resource_rule(std::string_view rule) {
  return schema(with_rule(std::string(kBob) + R"(,"resourceRules":[{)" + std::string(rule) + "}]"));
}
Lines path_rule(std::string_view rule) {
  return schema(
      with_rule(std::string(kBob) + R"(,"nonResourceRules":[{)" + std::string(rule) + "}]"));
}
Lines subject(std::string_view one) {
  return schema(with_rule(R"("subjects":[)" + std::string(one) + "]," + std::string(kEverything)));
}
Lines queuing(std::string_view values) {
  return level(
      R"({"spec":{"type":"Limited","limited":{"limitResponse":{"type":"Queue","queuing":{)" +
      std::string(values) + "}}}}}");
}

TEST(FlowControlRules, TheObjectsOfEveryServerAreValidAndComplete) {
  const FlowControlObjects& all = flow_control_objects();
  EXPECT_EQ(all.flow_schemas.size(), 13U);
  EXPECT_EQ(all.priority_levels.size(), 8U);
  for (const object::Json& one : all.flow_schemas) {
    object::Json defaulted = one;
    apply_defaults(resource(kFlowControlGroup, kFlowSchemas), defaulted);
    EXPECT_EQ(object::to_json(defaulted), object::to_json(one));
    EXPECT_EQ(schema(object::to_json(one)), Lines{});
    EXPECT_NE(
        find_named(
            all.priority_levels,
            std::string(
                object::find(one, {"spec", "priorityLevelConfiguration", "name"})->as_string())),
        nullptr);
  }
  for (const object::Json& one : all.priority_levels) {
    object::Json defaulted = one;
    apply_defaults(resource(kFlowControlGroup, kPriorityLevels), defaulted);
    EXPECT_EQ(object::to_json(defaulted), object::to_json(one));
    EXPECT_EQ(level(object::to_json(one)), Lines{});
  }
}

TEST(FlowControlRules, DefaultWhatIsLeftOut) {
  EXPECT_EQ(defaulted(kFlowControlGroup, kFlowSchemas, R"({"spec":{"matchingPrecedence":0}})"),
            R"({"spec":{"matchingPrecedence":1000}})");
  EXPECT_EQ(defaulted(kFlowControlGroup, kPriorityLevels,
                      R"({"spec":{"limited":{"limitResponse":{"queuing":{}}}}})"),
            R"({"spec":{"limited":{"limitResponse":{"queuing":{"handSize":8,"queues":64,)"
            R"("queueLengthLimit":50}},"nominalConcurrencyShares":30,"lendablePercent":0}}})");
  EXPECT_EQ(defaulted(kFlowControlGroup, kPriorityLevels,
                      R"({"spec":{"limited":{"nominalConcurrencyShares":0,"lendablePercent":5}}})"),
            R"({"spec":{"limited":{"nominalConcurrencyShares":0,"lendablePercent":5}}})");
  EXPECT_EQ(defaulted(kFlowControlGroup, kPriorityLevels, R"({"spec":{"exempt":{}}})"),
            R"({"spec":{"exempt":{"nominalConcurrencyShares":0,"lendablePercent":0}}})");
}

TEST(FlowControlRules, CheckThePrecedence) {
  const auto with = [](const std::string& precedence, std::string_view name = "x") {
    return schema(R"({"metadata":{"name":")" + std::string(name) +
                  R"("},"spec":{"priorityLevelConfiguration":{"name":"system"},)"
                  R"("matchingPrecedence":)" +
                  precedence + "}}");
  };
  EXPECT_EQ(with("2"), Lines{});
  EXPECT_EQ(with("10000"), Lines{});
  EXPECT_EQ(with("1"), Lines{"spec.matchingPrecedence: Invalid value: 1: only the schema named "
                             "'exempt' may have matchingPrecedence 1"});
  EXPECT_EQ(with("-5"),
            Lines{"spec.matchingPrecedence: Invalid value: -5: must be a positive value"});
  EXPECT_EQ(with("10001"),
            Lines{"spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000"});
}

TEST(FlowControlRules, CheckWhatASchemaRefersTo) {
  EXPECT_EQ(schema(R"({"spec":{}})"), Lines{"spec.priorityLevelConfiguration.name: Required value: "
                                            "must reference a priority level"});
  EXPECT_EQ(
      schema(R"({"spec":{"priorityLevelConfiguration":{"name":"system"},)"
             R"("distinguisherMethod":{"type":"ByMood"}}})"),
      Lines{R"(spec.distinguisherMethod.type: Unsupported value: {"Type":"ByMood"}: supported )"
            R"(values: "ByNamespace", "ByUser")"});
}

TEST(FlowControlRules, CheckSubjects) {
  EXPECT_EQ(subject(R"({"kind":"Group","group":{"name":"*"}})"), Lines{});
  EXPECT_EQ(subject(R"({"kind":"ServiceAccount","serviceAccount":{"name":"*","namespace":"a"}})"),
            Lines{});
  EXPECT_EQ(subject(R"({"kind":"User"})"),
            Lines{"spec.rules[0].subjects[0].user: Required value: user is required when subject "
                  "kind is 'User'"});
  EXPECT_EQ(subject(R"({"kind":"User","user":{"name":""},"group":{"name":"g"}})"),
            (Lines{"spec.rules[0].subjects[0].user.name: Required value",
                   "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject "
                   "kind is not 'Group'"}));
  EXPECT_EQ(subject(R"({"kind":"ServiceAccount","serviceAccount":{"name":"A"}})").size(), 2U);
  EXPECT_EQ(subject(R"({"kind":"Robot"})"),
            Lines{R"(spec.rules[0].subjects[0].kind: Unsupported value: "Robot": supported )"
                  R"(values: "Group", "ServiceAccount", "User")"});
  EXPECT_EQ(schema(with_rule(kEverything)), Lines{"spec.rules[0].subjects: Required value: "
                                                  "subjects must contain at least one value"});
  EXPECT_EQ(schema(with_rule(kBob)),
            Lines{"spec.rules[0]: Required value: at least one of resourceRules and "
                  "nonResourceRules has to be non-empty"});
}

TEST(FlowControlRules, CheckResourceRules) {
  const std::string at = "spec.rules[0].resourceRules[0].";
  EXPECT_EQ(
      resource_rule(R"("verbs":["*"],"apiGroups":[""],"resources":["a"],"clusterScope":true)"),
      Lines{});
  EXPECT_EQ(resource_rule(""),
            (Lines{at + "verbs: Required value: verbs must contain at least one value",
                   at + "apiGroups: Required value: resource rules must supply at least one api "
                        "group",
                   at + "resources: Required value: resource rules must supply at least one "
                        "resource",
                   at + "namespaces: Required value: resource rules that are not cluster scoped "
                        "must supply at least one namespace"}));
  EXPECT_EQ(
      resource_rule(
          R"("verbs":["*","get"],"apiGroups":["*",""],"resources":["*","a"],"namespaces":["*","a"])"),
      (Lines{at + R"(verbs: Invalid value: ["*","get"]: if '*' is present, must not specify )"
                  "other verbs",
             at + R"(apiGroups: Invalid value: ["*",""]: if '*' is present, must not specify )"
                  "other api groups",
             at + R"(resources: Invalid value: ["*","a"]: if '*' is present, must not specify )"
                  "other resources",
             at + R"(namespaces: Invalid value: ["*","a"]: if '*' is present, must not specify )"
                  "other namespaces"}));
  EXPECT_EQ(
      resource_rule(R"("verbs":["fly"],"apiGroups":[""],"resources":["a"],"namespaces":["A"])"),
      (Lines{at + R"(verbs: Unsupported value: ["fly"]: supported values: "create", )"
                  R"("delete", "deletecollection", "get", "list", "patch", "proxy", )"
                  R"("update", "watch")",
             at + R"(namespaces[0]: Invalid value: "A": each member of this list must be )"
                  "'*' or a DNS-1123 label; a lowercase RFC 1123 label must consist of "
                  "lower case alphanumeric characters or '-', and must start and end with "
                  "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
                  "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"}));
}

TEST(FlowControlRules, CheckPaths) {
  const auto path = [](const std::string& url) {
    return path_rule(R"("verbs":["get"],"nonResourceURLs":[")" + url + "\"]");
  };
  const std::string at = "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: ";
  for (const char* good : {"/", "*", "/a", "/a/b", "/a/*"}) EXPECT_EQ(path(good), Lines{}) << good;
  EXPECT_EQ(path(""), Lines{at + "\"\": must not be empty"});
  EXPECT_EQ(path("a"), Lines{at + "\"a\": must start with slash"});
  EXPECT_EQ(path("/a b"), Lines{at + "\"/a b\": must not contain white-space"});
  EXPECT_EQ(path("/a//b"), Lines{at + "\"/a//b\": must not contain double slash"});
  EXPECT_EQ(path("/a*"), Lines{at + "\"/a*\": wildcard can only do suffix matching"});
  EXPECT_EQ(path("/*/*"), Lines{at + "\"/*/*\": wildcard can only do suffix matching"});
}

TEST(FlowControlRules, CheckQueues) {
  const std::string at = "spec.limited.limitResponse.queuing.";
  EXPECT_EQ(queuing(""), Lines{});
  EXPECT_EQ(queuing(R"("queues":10000000,"handSize":2)"), Lines{});
  EXPECT_EQ(queuing(R"("queues":16,"handSize":15)"), Lines{});
  EXPECT_EQ(queuing(R"("queues":-1,"handSize":-1,"queueLengthLimit":-1)"),
            (Lines{at + "queueLengthLimit: Invalid value: -1: must be positive",
                   at + "queues: Invalid value: -1: must be positive",
                   at + "handSize: Invalid value: -1: must be positive"}));
  EXPECT_EQ(queuing(R"("queues":7,"handSize":8)"),
            Lines{at + "handSize: Invalid value: 8: should not be greater than queues (7)"});
  EXPECT_EQ(queuing(R"("queues":512,"handSize":8)"),
            Lines{at + "handSize: Invalid value: 8: required entropy bits of deckSize 512 and "
                       "handSize 8 should not be greater than 60"});
  EXPECT_EQ(queuing(R"("queues":10000001,"handSize":1)"),
            Lines{at + "queues: Invalid value: 10000001: must not be greater than 10000000"});
}

TEST(FlowControlRules, CheckLevels) {
  EXPECT_EQ(level(R"({"spec":{"type":"Limited","limited":{"limitResponse":{"type":"Reject"}}}})"),
            Lines{});
  EXPECT_EQ(level(R"({"spec":{"type":"Limited","exempt":{}}})"),
            (Lines{"spec.exempt: Forbidden: must be nil if the type is Limited",
                   "spec.limited: Required value: must not be empty when type is Limited"}));
  EXPECT_EQ(level(R"({"spec":{"type":"Limited","limited":{}}})"),
            Lines{R"(spec.limited.limitResponse.type: Unsupported value: "": supported values: )"
                  R"("Queue", "Reject")"});
  EXPECT_EQ(level(R"({"spec":{"type":"Exempt"}})"),
            Lines{"spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name "
                  "is 'exempt'"});
  EXPECT_EQ(
      level(R"({"spec":{"type":"Free"}})"),
      Lines{R"(spec.type: Unsupported value: "Free": supported values: "Exempt", "Limited")"});
  EXPECT_EQ(level(R"({"spec":{"type":"Limited","limited":{"nominalConcurrencyShares":-1,)"
                  R"("lendablePercent":101,"borrowingLimitPercent":-1,)"
                  R"("limitResponse":{"type":"Reject","queuing":{}}}}})"),
            (Lines{"spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a "
                   "non-negative integer",
                   "spec.limited.limitResponse.queuing: Forbidden: must be nil if "
                   "limited.limitResponse.type is not Limited",
                   "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, "
                   "inclusive",
                   "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be "
                   "a non-negative integer"}));
  EXPECT_EQ(level(R"({"spec":{"type":"Limited","limited":{"limitResponse":{"type":"Queue"}}}})"),
            Lines{"spec.limited.limitResponse.queuing: Required value: must not be empty if "
                  "limited.limitResponse.type is Limited"});
}

TEST(FlowControlRules, MandatoryObjectsStayAsTheyAre) {
  const auto changed = [](const std::vector<object::Json>& objects, std::string_view name,
                          auto change) {
    object::Json made = *find_named(objects, name);
    change(made.at("spec"));
    return object::to_json(made);
  };
  const auto& all = flow_control_objects();
  const std::string catch_all = changed(all.flow_schemas, kCatchAll, [](object::Json& spec) {
    spec.at("matchingPrecedence") = 9999;
  });
  ASSERT_EQ(schema(catch_all).size(), 1U);
  EXPECT_TRUE(schema(catch_all)[0].ends_with(": spec of 'catch-all' must equal the fixed value"));
  const std::string shares = changed(all.priority_levels, kCatchAll, [](object::Json& spec) {
    spec.at("limited").at("nominalConcurrencyShares") = 6;
  });
  ASSERT_EQ(level(shares).size(), 1U);
  EXPECT_TRUE(level(shares)[0].ends_with(": spec of 'catch-all' must equal the fixed value"));
  EXPECT_EQ(level(changed(
                all.priority_levels, kExempt,
                [](object::Json& spec) { spec.at("exempt").at("nominalConcurrencyShares") = 10; })),
            Lines{});
  const Lines repurposed = level(R"({"metadata":{"name":"exempt"},"spec":{"type":"Limited",)"
                                 R"("limited":{"limitResponse":{"type":"Reject"}}}})");
  ASSERT_EQ(repurposed.size(), 2U);
  EXPECT_TRUE(repurposed[1].ends_with(
      ": spec of 'exempt' except the 'spec.exempt' field must equal the fixed value"));
  // What says nothing makes no difference.
  EXPECT_EQ(schema(changed(
                all.flow_schemas, kExempt,
                [](object::Json& spec) { spec.as_object()["distinguisherMethod"] = nullptr; })),
            Lines{});
}

TEST(FlowControlRules, AConditionIsThereOnce) {
  EXPECT_EQ(schema(R"({"spec":{"priorityLevelConfiguration":{"name":"system"}},)"
                   R"("status":{"conditions":[{"type":"A"},{"type":"A"},{"type":""}]}})"),
            (Lines{"status.conditions[1].type: Duplicate value: \"A\"",
                   "status.conditions[2].type: Required value: must not be empty"}));
  const object::Json twice = boost::json::parse(
      R"({"metadata":{"name":"x"},"status":{"conditions":[{"type":"A"},{"type":"A"}]}})");
  for (const std::string_view name : {kFlowSchemas, kPriorityLevels}) {
    const catalog::Resource& of = resource(kFlowControlGroup, name);
    EXPECT_EQ(lines(validate_status_update(of, twice, twice)),
              Lines{"status.conditions[1].type: Duplicate value: \"A\""});
  }
}

TEST(FlowControlRules, FinalizersWithoutADomainAreWellKnownOnes) {
  EXPECT_EQ(level(R"({"metadata":{"name":"x","finalizers":["mine"]},"spec":{"type":"Limited",)"
                  R"("limited":{"limitResponse":{"type":"Reject"}}}})")
                .size(),
            1U);
}

}  // namespace
}  // namespace limen::validation
