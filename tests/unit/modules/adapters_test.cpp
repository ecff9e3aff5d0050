// What a module is given and what becomes of its answers; the puppet plays the module.
#include "base/strings.h"
#include "observability/metrics.h"
#include "support.h"

namespace limen::modules {
namespace {

using test::PuppetHouse;
using test::text;
using test::view;
using namespace std::chrono_literals;

const limen_call_api* calls(const Puppet& puppet) {
  return static_cast<const limen_call_api*>(puppet.host->get_extension(puppet.host, LIMEN_CALL));
}
Puppet* strings = nullptr;  // of the house under test, for functions that capture nothing

// The lines of the metrics about calls of modules.
std::string calls_metrics() {
  std::string lines;
  const std::string all = metrics::render();
  for (const std::string_view line : base::split(all, '\n')) {
    if (line.starts_with("limen_module_")) lines.append(line).append("\n");
  }
  return lines;
}

// ---- authenticator
// -------------------------------------------------------------------------------

TEST(AbiAuthenticator, NamesTheUserWithGroupsExtraAndAudiences) {
  PuppetHouse house;
  house.open();
  house.strings().authenticate = [](limen_call* call, const limen_authn_input*,
                                    const limen_authn_reply* reply) -> limen_status {
    reply->set_user(call, text("nobody"), text("0"));
    reply->add_group(call, text("forgotten"));
    reply->set_user(call, text("ada"), text("42"));
    reply->add_group(call, text("engineers"));
    reply->add_extra(call, text("scopes"), text("a"));
    reply->add_extra(call, text("scopes"), text("b"));
    reply->add_audience(call, text("api"));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  const authn::Result result = house.authenticate(scope);
  EXPECT_EQ(result.verdict, authn::Verdict::authenticated);
  EXPECT_EQ(result.identity.name, "ada");
  EXPECT_EQ(result.identity.uid, "42");
  EXPECT_EQ(result.identity.groups, std::vector<std::string>{"engineers"});
  ASSERT_EQ(result.identity.extra.size(), 1u);
  EXPECT_EQ(result.identity.extra[0].second, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(result.audiences, std::vector<std::string>{"api"});
}

TEST(AbiAuthenticator, IsGivenTheRequestsHead) {
  PuppetHouse house;
  house.open();
  house.strings().authenticate = [](limen_call* call, const limen_authn_input* input,
                                    const limen_authn_reply* reply) -> limen_status {
    limen_pair second{};
    std::string seen = view(input->method) + " " + view(input->path) + "?" + view(input->query) +
                       " " + view(input->bearer_token) + " " + view(input->source_ip) + " " +
                       view(input->sni) + " " + view(input->peer_certs_der[0]) + " " +
                       view(input->audiences[0]) + " " + view(input->header(call, text("x-a")));
    EXPECT_EQ(input->header_count, 2u);
    EXPECT_EQ(input->header_at(call, 1, &second), LIMEN_OK);
    seen += " " + view(second.key) + "=" + view(second.value);
    EXPECT_EQ(input->header_at(call, 2, &second), LIMEN_E_NOT_FOUND);
    EXPECT_EQ(input->header(call, text("x-absent")).len, 0u);
    reply->set_user(call, text(seen), text(""));
    return LIMEN_OK;
  };
  transport::RequestHead head;
  head.headers = {{"X-A", "one"}, {"X-B", "two"}};
  transport::PeerInfo peer;
  peer.source_ip = "192.0.2.1";
  peer.sni = "api.example";
  peer.certificates_der = {"der"};
  authn::Credentials credentials;
  credentials.method = "GET";
  credentials.path = "/api";
  credentials.query = "a=b";
  credentials.bearer_token = "token";
  credentials.head = &head;
  credentials.peer = &peer;
  const std::vector<std::string> audiences{"aud"};
  credentials.audiences = audiences;
  auto scope = house.scope();
  EXPECT_EQ(house.authenticate(scope, credentials).identity.name,
            "GET /api?a=b token 192.0.2.1 api.example der aud one X-B=two");
}

TEST(AbiAuthenticator, NoOpinionMayCarryAChallenge) {
  PuppetHouse house;
  house.open();
  house.strings().authenticate = [](limen_call* call, const limen_authn_input*,
                                    const limen_authn_reply* reply) -> limen_status {
    reply->set_user(call, text("ignored"), text(""));
    reply->add_challenge(call, text("Basic realm=\"x\""));
    return LIMEN_NO_OPINION;
  };
  auto scope = house.scope();
  const authn::Result result = house.authenticate(scope);
  EXPECT_EQ(result.verdict, authn::Verdict::no_opinion);
  EXPECT_EQ(result.identity.name, "");
  EXPECT_EQ(result.challenges, std::vector<std::string>{"Basic realm=\"x\""});
}

TEST(AbiAuthenticator, AnErrorNamesNobodyWhateverWasSetBefore) {
  PuppetHouse house;
  house.open();
  strings = &house.strings();
  house.strings().authenticate = [](limen_call* call, const limen_authn_input*,
                                    const limen_authn_reply* reply) -> limen_status {
    reply->set_user(call, text("root"), text(""));
    calls(*strings)->fail(call, text("the token has expired"));
    return LIMEN_E_INVALID;
  };
  auto scope = house.scope();
  const authn::Result result = house.authenticate(scope);
  EXPECT_EQ(result.verdict, authn::Verdict::error);
  EXPECT_EQ(result.identity.name, "");
  EXPECT_EQ(result.error, "the token has expired");
}

TEST(AbiAuthenticator, SuccessWithoutAUserIsAnError) {
  PuppetHouse house;
  house.open();
  house.strings().authenticate = [](limen_call*, const limen_authn_input*,
                                    const limen_authn_reply*) -> limen_status { return LIMEN_OK; };
  auto scope = house.scope();
  EXPECT_EQ(house.authenticate(scope).error,
            "the module broke its contract: it succeeded without naming a user");
}

TEST(AbiAuthenticator, AnswersOfAnotherKindAreABreach) {
  PuppetHouse house;
  house.open();
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->decide(call, LIMEN_ALLOW, text(""));
    return LIMEN_OK;
  };
  house.strings().authenticate = [](limen_call* call, const limen_authn_input*,
                                    const limen_authn_reply* reply) -> limen_status {
    static const limen_authn_reply* kept = reply;
    kept->set_user(call, text("ada"), text(""));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  EXPECT_EQ(house.authenticate(scope).identity.name, "ada");
  static const limen_authn_reply* authn_reply = nullptr;
  house.strings().authenticate = [](limen_call* call, const limen_authn_input*,
                                    const limen_authn_reply* reply) -> limen_status {
    authn_reply = reply;
    reply->set_user(call, text("ada"), text(""));
    return LIMEN_OK;
  };
  house.authenticate(scope);
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->decide(call, LIMEN_ALLOW, text(""));
    authn_reply->add_group(call, text("system:masters"));
    return LIMEN_OK;
  };
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.verdict, authz::Verdict::deny);
  EXPECT_EQ(result.error,
            "the module broke its contract: it answered with add_group, which is not for this kind "
            "of call");
}

// ---- authorizer
// ----------------------------------------------------------------------------------

TEST(AbiAuthorizer, IsGivenTheAttributes) {
  PuppetHouse house;
  house.open();
  house.strings().authorize = [](limen_call* call, const limen_attributes* a,
                                 const limen_authz_reply* reply) -> limen_status {
    const limen_user& user = *a->user;
    const std::string seen =
        view(user.name) + "/" + view(user.groups[1]) + "/" + view(user.extra[1].value) + " " +
        view(a->verb) + " " + view(a->api_group) + "/" + view(a->api_version) + "/" + view(a->ns) +
        "/" + view(a->resource) + "/" + view(a->name) + "/" + view(a->subresource) + " " +
        view(a->field_selector) + " " + view(a->label_selector) + " " +
        std::to_string(a->is_resource) + std::to_string(a->read_only);
    EXPECT_EQ(a->field_requirement_count, 1U);
    EXPECT_EQ(view(a->field_requirements[0].key), "a");
    EXPECT_EQ(view(a->field_requirements[0].values[0]), "b");
    EXPECT_EQ(a->field_requirements[0].op, LIMEN_OP_NOT_IN);
    EXPECT_EQ(a->label_requirement_count, 0U);
    EXPECT_EQ(view(a->field_selector_error), "");
    EXPECT_EQ(view(a->label_selector_error), "not readable");
    reply->decide(call, LIMEN_ALLOW, text(seen));
    return LIMEN_OK;
  };
  const request::Identity user{"ada", "1", {"g1", "g2"}, {{"k", {"v1", "v2"}}}};
  authz::Attributes attributes;
  attributes.user = &user;
  attributes.verb = "list";
  attributes.is_resource = true;
  attributes.group = "apps";
  attributes.version = "v1";
  attributes.ns = "prod";
  attributes.resource = "deployments";
  attributes.name = "web";
  attributes.subresource = "scale";
  attributes.fields = {"a!=b", {{"a", authz::Requirement::Op::not_in, {"b"}}}, ""};
  attributes.labels = {"c=d", {}, "not readable"};
  auto scope = house.scope();
  const authz::Result result = house.authorize(scope, attributes);
  EXPECT_EQ(result.verdict, authz::Verdict::allow);
  EXPECT_EQ(result.reason, "ada/g2/v2 list apps/v1/prod/deployments/web/scale a!=b c=d 11");
}

TEST(AbiAuthorizer, TellsWhatAVerdictRestsOnToWhoWantsItExplained) {
  PuppetHouse house;
  house.open();
  house.strings().authorize = [](limen_call* call, const limen_attributes* a,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->set_rule(call, text(a->explain == 1 ? "policy:7" : "unasked"));
    reply->add_cause(call, text("near-miss"), text("policy:8"));
    reply->decide(call, LIMEN_ALLOW, text(""));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  authz::Attributes attributes;
  EXPECT_EQ(house.authorize(scope, attributes).basis, nullptr);
  attributes.explain = true;
  const authz::Result result = house.authorize(scope, attributes);
  ASSERT_NE(result.basis, nullptr);
  EXPECT_EQ(result.basis->rule, "policy:7");
  ASSERT_EQ(result.basis->causes.size(), 1U);
  EXPECT_EQ(result.basis->causes[0].first, "near-miss");
  EXPECT_EQ(result.basis->causes[0].second, "policy:8");
}

TEST(AbiAuthorizer, AQuestionThatExplainsIsNotCounted) {
  PuppetHouse house;
  house.open();
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->decide(call, LIMEN_ALLOW, text(""));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  authz::Attributes attributes;
  house.authorize(scope, attributes);
  const std::string before = calls_metrics();
  attributes.explain = true;
  house.authorize(scope, attributes);
  EXPECT_EQ(calls_metrics(), before);
  attributes.explain = false;
  house.authorize(scope, attributes);
  EXPECT_NE(calls_metrics(), before);
}

TEST(AbiAuthorizer, SayingNothingDenies) {
  PuppetHouse house;
  house.open();
  house.strings().authorize = [](limen_call*, const limen_attributes*,
                                 const limen_authz_reply*) -> limen_status { return LIMEN_OK; };
  auto scope = house.scope();
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.verdict, authz::Verdict::deny);
  EXPECT_EQ(result.error, "");
}

TEST(AbiAuthorizer, AnErrorAfterAllowDenies) {
  PuppetHouse house;
  house.open();
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->decide(call, LIMEN_ALLOW, text("yes"));
    return LIMEN_E_UNAVAILABLE;
  };
  auto scope = house.scope();
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.verdict, authz::Verdict::deny);
  EXPECT_EQ(result.error, "the module failed with LIMEN_E_UNAVAILABLE");
}

TEST(AbiAuthorizer, AnErrorBesideAVerdictLeavesItAsItIs) {
  PuppetHouse house;
  house.open();
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->decide(call, LIMEN_VERDICT_NO_OPINION, text("cannot say"));
    reply->set_error(call, text("the directory is down"));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.verdict, authz::Verdict::no_opinion);
  EXPECT_EQ(result.reason, "cannot say");
  EXPECT_EQ(result.error, "the directory is down");
}

TEST(AbiAuthorizer, AVerdictNobodyKnowsDenies) {
  PuppetHouse house;
  house.open();
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->decide(call, LIMEN_VERDICT_CONDITIONAL, text(""));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.verdict, authz::Verdict::deny);
  EXPECT_EQ(result.error,
            "the module broke its contract: it gave verdict 3, which this server does not know");
}

TEST(AbiAuthorizer, AStatusNobodyKnowsIsAnError) {
  PuppetHouse house;
  house.open();
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->decide(call, LIMEN_ALLOW, text(""));
    return 77;
  };
  auto scope = house.scope();
  EXPECT_EQ(house.authorize(scope).error,
            "the module answered with status 77, which this server does not know");
}

TEST(AbiAuthorizer, ListsRules) {
  PuppetHouse house;
  house.open();
  house.strings().rules_for = [](limen_call* call, const limen_rules_input* input,
                                 const limen_rules_reply* reply) -> limen_status {
    EXPECT_EQ(view(input->user->name) + "@" + view(input->ns), "ada@prod");
    const limen_str verbs[] = {text("get"), text("list")};
    const limen_str pods[] = {text("pods")};
    const limen_str core[] = {text("")};
    reply->add_resource_rule(call, {verbs, 2}, {core, 1}, {pods, 1}, {nullptr, 0});
    const limen_str urls[] = {text("/healthz")};
    reply->add_non_resource_rule(call, {verbs, 1}, {urls, 1});
    reply->set_incomplete(call, text("there may be more"));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  const authz::Rules rules = house.rules_for(scope, {"ada", "", {}, {}}, "prod");
  ASSERT_EQ(rules.resource_rules.size(), 1u);
  EXPECT_EQ(rules.resource_rules[0].verbs, (std::vector<std::string>{"get", "list"}));
  EXPECT_EQ(rules.resource_rules[0].api_groups, std::vector<std::string>{""});
  ASSERT_EQ(rules.non_resource_rules.size(), 1u);
  EXPECT_TRUE(rules.incomplete);
  EXPECT_EQ(rules.error, "there may be more");
}

TEST(AbiAuthorizer, OneThatCannotListRulesSaysSo) {
  PuppetHouse house(true);
  house.open();
  auto scope = house.scope();
  const authz::Rules rules = house.rules_for(scope, {}, "prod");
  EXPECT_TRUE(rules.incomplete);
  EXPECT_EQ(rules.error, "puppet authorizer does not support user rule resolution");
}

// ---- admission
// -----------------------------------------------------------------------------------

admission::Review review_of(std::string_view object) {
  admission::Review review;
  review.object = test::json(object);
  review.kind = "ConfigMap";
  return review;
}

TEST(AbiController, IsGivenTheObjectsAndAnswersWithThePatchedOne) {
  PuppetHouse house;
  house.open();
  strings = &house.strings();
  house.strings().admit = [](limen_call* call, const limen_admission_input* input,
                             const limen_admission_reply* reply) -> limen_status {
    const auto* nodes =
        static_cast<const limen_node_api*>(strings->host->get_extension(strings->host, LIMEN_NODE));
    limen_str name{};
    nodes->get_string(nodes->at(input->object, text("/metadata/name")), &name);
    EXPECT_EQ(view(name), "x");
    EXPECT_EQ(input->operation, std::uint32_t{LIMEN_OP_UPDATE});
    EXPECT_EQ(nodes->kind(input->old_object), LIMEN_NODE_OBJECT);
    EXPECT_EQ(nodes->kind(input->options), LIMEN_NODE_ABSENT);
    EXPECT_EQ(input->dry_run, 1);
    EXPECT_EQ(input->comes_again, 1);
    EXPECT_EQ(input->write, 7u);
    EXPECT_EQ(reply->patch->set_string(call, text("/metadata/labels/team"), text("a")), LIMEN_OK);
    EXPECT_EQ(reply->patch->set_int(call, text("/data/n"), 3), LIMEN_OK);
    EXPECT_EQ(reply->patch->set_node(call, text("/data/old"),
                                     nodes->at(input->old_object, text("/data"))),
              LIMEN_OK);
    reply->warn(call, text("careful"));
    reply->annotate(call, text("changed"), text("yes"));
    return LIMEN_OK;
  };
  admission::Review review = review_of(R"({"metadata":{"name":"x"},"data":{}})");
  review.operation = admission::kUpdate;
  review.old_object = test::json(R"({"data":{"k":[1,2]}})");
  review.dry_run = true;
  review.comes_again = true;
  review.write = 7;
  auto scope = house.scope();
  const admission::Result result = house.admit(scope, review);
  EXPECT_TRUE(result.allowed) << result.error;
  EXPECT_EQ(result.changed.to_json(),
            R"({"metadata":{"name":"x","labels":{"team":"a"}},"data":{"n":3,"old":{"k":[1,2]}}})");
  EXPECT_EQ(review.object.to_json(), R"({"metadata":{"name":"x"},"data":{}})");
  EXPECT_EQ(scope.warnings, std::vector<std::string>{"careful"});
  ASSERT_EQ(scope.annotations.size(), 1u);
  EXPECT_EQ(scope.annotations[0].first, "puppet/changed");
}

TEST(AbiController, AnAnnotationsKeyWithASlashStaysAndTheFirstToWriteItIsRight) {
  PuppetHouse house;
  house.open();
  house.strings().admit = [](limen_call* call, const limen_admission_input*,
                             const limen_admission_reply* reply) -> limen_status {
    reply->annotate(call, text("example.com/level"), text("high"));
    reply->annotate(call, text("example.com/level"), text("low"));
    reply->annotate(call, text("seen"), text("yes"));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  scope.annotations = {{"puppet/seen", "no"}};
  EXPECT_TRUE(house.admit(scope, review_of("{}")).allowed);
  const std::vector<std::pair<std::string, std::string>> expected = {{"puppet/seen", "no"},
                                                                     {"example.com/level", "high"}};
  EXPECT_EQ(scope.annotations, expected);
}

TEST(AbiController, WhoIsAskedAgainWarnsOnce) {
  PuppetHouse house;
  house.open();
  house.strings().admit = [](limen_call* call, const limen_admission_input*,
                             const limen_admission_reply* reply) -> limen_status {
    reply->warn(call, text("careful"));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  house.admit(scope, review_of("{}"));
  house.admit(scope, review_of("{}"));
  EXPECT_EQ(scope.warnings, std::vector<std::string>{"careful"});
}

TEST(AbiController, AnObjectThatIsTheSameAfterItsEditsIsUnchanged) {
  PuppetHouse house;
  house.open();
  house.strings().admit = [](limen_call* call, const limen_admission_input*,
                             const limen_admission_reply* reply) -> limen_status {
    reply->patch->set_string(call, text("/a"), text("b"));
    reply->patch->remove(call, text("/absent/deeper"));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  const admission::Result result = house.admit(scope, review_of(R"({"a":"b"})"));
  EXPECT_TRUE(result.allowed);
  EXPECT_FALSE(result.changed);
}

TEST(AbiController, ARefusalCarriesCodeReasonMessageAndCausesAndNoEdit) {
  PuppetHouse house;
  house.open();
  house.strings().admit = [](limen_call* call, const limen_admission_input*,
                             const limen_admission_reply* reply) -> limen_status {
    reply->patch->set_string(call, text("/a"), text("b"));
    reply->deny(call, 422, text("Invalid"), text("no team"));
    reply->add_cause(call, text("FieldValueRequired"), text("needed"), text("metadata.labels"));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  const admission::Result result = house.admit(scope, review_of("{}"));
  EXPECT_FALSE(result.allowed);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.code, 422);
  EXPECT_EQ(result.reason, "Invalid");
  EXPECT_EQ(result.message, "no team");
  ASSERT_EQ(result.causes.size(), 1u);
  EXPECT_EQ(result.causes[0].field, "metadata.labels");
  EXPECT_FALSE(result.changed);
}

TEST(AbiController, ARefusalWithAnImpossibleCodeIsAFailureAndStillNoAdmission) {
  PuppetHouse house;
  house.open();
  house.strings().validate = [](limen_call* call, const limen_admission_input*,
                                const limen_admission_reply* reply) -> limen_status {
    reply->deny(call, 200, text(""), text("no"));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  const admission::Result result = house.validate(scope, review_of("{}"));
  EXPECT_FALSE(result.allowed);
  EXPECT_EQ(result.error, "the module broke its contract: it refused with HTTP code 200");
}

TEST(AbiController, ValidatingGivesNoMeansToEdit) {
  PuppetHouse house;
  house.open();
  static const limen_patch_api* patch = nullptr;
  house.strings().admit = [](limen_call*, const limen_admission_input*,
                             const limen_admission_reply* reply) -> limen_status {
    patch = reply->patch;
    return LIMEN_OK;
  };
  house.strings().validate = [](limen_call* call, const limen_admission_input*,
                                const limen_admission_reply* reply) -> limen_status {
    EXPECT_EQ(reply->patch, nullptr);
    EXPECT_EQ(patch->set_int(call, text("/a"), 1), LIMEN_E_INVALID);
    return LIMEN_OK;
  };
  auto scope = house.scope();
  house.admit(scope, review_of("{}"));
  EXPECT_EQ(house.validate(scope, review_of("{}")).error,
            "the module broke its contract: it edited the object while validating");
}

TEST(AbiController, IdentityOfTheObjectStays) {
  PuppetHouse house;
  house.open();
  house.strings().admit = [](limen_call* call, const limen_admission_input*,
                             const limen_admission_reply* reply) -> limen_status {
    reply->patch->remove(call, text("/metadata/uid"));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  const admission::Result result = house.admit(scope, review_of(R"({"metadata":{"uid":"1"}})"));
  EXPECT_FALSE(result.allowed);
  EXPECT_EQ(result.error, "a module may not change metadata.uid");
}

TEST(AbiController, AMalformedEditFailsTheWholeCall) {
  PuppetHouse house;
  house.open();
  house.strings().admit = [](limen_call* call, const limen_admission_input*,
                             const limen_admission_reply* reply) -> limen_status {
    EXPECT_EQ(reply->patch->set_json(call, text("/a"), text("{\"x\":")), LIMEN_E_INVALID);
    EXPECT_EQ(reply->patch->set_int(call, text("b"), 1), LIMEN_E_INVALID);
    return LIMEN_OK;
  };
  auto scope = house.scope();
  EXPECT_EQ(house.admit(scope, review_of("{}")).error,
            "the module broke its contract: it gave no valid value for \"/a\"");
}

TEST(AbiController, FailurePolicyIgnoreLetsTheObjectPassAndLeavesATrace) {
  PuppetHouse house(false, 10s, FailurePolicy::ignore);
  house.open();
  house.strings().admit = [](limen_call* call, const limen_admission_input*,
                             const limen_admission_reply* reply) -> limen_status {
    reply->patch->set_int(call, text("/a"), 1);
    return LIMEN_E_INTERNAL;
  };
  auto scope = house.scope();
  const admission::Result result = house.admit(scope, review_of("{}"));
  EXPECT_TRUE(result.allowed);
  EXPECT_FALSE(result.changed);
  ASSERT_EQ(scope.annotations.size(), 1u);
  EXPECT_EQ(scope.annotations[0].first, "puppet/failed-open");
  EXPECT_EQ(scope.annotations[0].second, "the module failed with LIMEN_E_INTERNAL");
}

// A module that refuses and then fails has refused.
TEST(AbiController, FailurePolicyIgnoreLeavesARefusalAsItIs) {
  PuppetHouse house(false, 10s, FailurePolicy::ignore);
  house.open();
  house.strings().validate = [](limen_call* call, const limen_admission_input*,
                                const limen_admission_reply* reply) -> limen_status {
    reply->deny(call, 422, text("Invalid"), text("not this"));
    const std::string warning(1024 * 1024, 'w');
    for (int i = 0; i < 5; ++i) reply->warn(call, text(warning));
    return LIMEN_OK;
  };
  house.strings().admit = [](limen_call* call, const limen_admission_input*,
                             const limen_admission_reply* reply) -> limen_status {
    reply->deny(call, 200, text(""), text("no"));
    return LIMEN_E_INTERNAL;
  };
  auto scope = house.scope();
  const admission::Result broken = house.validate(scope, review_of("{}"));
  EXPECT_FALSE(broken.allowed);
  EXPECT_EQ(broken.error, "");
  EXPECT_EQ(broken.code, 422);
  EXPECT_EQ(broken.reason, "Invalid");
  EXPECT_EQ(broken.message, "not this");
  const admission::Result impossible = house.admit(scope, review_of("{}"));
  EXPECT_FALSE(impossible.allowed);
  EXPECT_EQ(impossible.code, 403) << "200 is no refusal's";
  EXPECT_EQ(impossible.message, "no");
  EXPECT_TRUE(scope.annotations.empty()) << "nothing failed open";
}

// Nor does it help to say nothing more after that, in either way of taking too long.
TEST(AbiController, FailurePolicyIgnoreLeavesARefusalAsItIsWhenTheModuleNeverEnds) {
  static limen_call* hanging = nullptr;
  for (const bool blocking : {false, true}) {
    PuppetHouse house(blocking, 100ms, FailurePolicy::ignore);
    house.open();
    house.strings().validate = [](limen_call* call, const limen_admission_input*,
                                  const limen_admission_reply* reply) -> limen_status {
      hanging = call;
      reply->add_cause(call, text("FieldValueInvalid"), text("is wrong"), text("spec.x"));
      reply->deny(call, 422, text("Invalid"), text("not this"));
      return LIMEN_PENDING;
    };
    house.strings().admit = [](limen_call* call, const limen_admission_input*,
                               const limen_admission_reply* reply) -> limen_status {
      reply->deny(call, 0, text(""), text("no"));
      std::this_thread::sleep_for(300ms);
      return LIMEN_OK;
    };
    auto scope = house.scope();
    const admission::Result pending = house.validate(scope, review_of("{}"));
    EXPECT_FALSE(pending.allowed);
    EXPECT_EQ(pending.error, "");
    EXPECT_EQ(pending.code, 422);
    EXPECT_EQ(pending.reason, "Invalid");
    EXPECT_EQ(pending.message, "not this");
    ASSERT_EQ(pending.causes.size(), 1U);
    EXPECT_EQ(pending.causes[0].field, "spec.x");
    const limen_host* const host = house.strings().host;
    static_cast<const limen_call_api*>(host->get_extension(host, LIMEN_CALL))
        ->complete(hanging, LIMEN_OK);
    const admission::Result sleeping = house.admit(scope, review_of("{}"));
    EXPECT_FALSE(sleeping.allowed);
    EXPECT_EQ(sleeping.code, 403);
    EXPECT_EQ(sleeping.message, "no");
    EXPECT_TRUE(scope.annotations.empty()) << "nothing failed open";
  }
}

TEST(AbiController, ARefusalAfterTheDeadlineComesTooLate) {
  PuppetHouse house(true, 50ms, FailurePolicy::ignore);
  house.open();
  house.strings().validate = [](limen_call* call, const limen_admission_input*,
                                const limen_admission_reply* reply) -> limen_status {
    std::this_thread::sleep_for(200ms);
    reply->deny(call, 0, text(""), text("no"));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  EXPECT_TRUE(house.validate(scope, review_of("{}")).allowed);
  EXPECT_EQ(scope.annotations.size(), 1U) << "it failed open";
}

TEST(AbiController, TellsWhatItHandles) {
  PuppetHouse house;
  house.open();
  const auto controller = house.runtime().current()->admission()[0];
  EXPECT_TRUE(controller->mutates());
  EXPECT_TRUE(controller->validates());
  EXPECT_TRUE(controller->handles(admission::kCreate));
  EXPECT_FALSE(controller->handles(admission::kConnect));
}

}  // namespace
}  // namespace limen::modules
