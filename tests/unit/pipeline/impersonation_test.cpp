// Acting as somebody else: what is asked of the authorizers, in which order, and what comes of it.
#include <algorithm>

#include "base/api_error.h"
#include "observability/metrics.h"
#include "unit/pipeline/pipeline_fixture.h"

namespace limen::pipeline {
namespace {

// Callers by token, with what a service account's token says of its node.
class Callers final : public authn::Authenticator {
 public:
  const std::string& name() const override { return name_; }
  base::Task<authn::Result> authenticate(const authn::Credentials& credentials,
                                         request::CallScope&) override {
    authn::Result result;
    result.verdict = authn::Verdict::authenticated;
    result.identity.name = credentials.bearer_token;
    if (result.identity.name == "root") result.identity.groups = {"system:masters"};
    if (result.identity.name == "agent") {
      result.identity.name = "system:serviceaccount:kube-system:agent";
      result.identity.extra = {{"authentication.kubernetes.io/pod-name", {"agent-x"}},
                               {"authentication.kubernetes.io/node-name", {"n1"}}};
    }
    co_return result;
  }

 private:
  std::string name_ = "callers";
};

// Allows the questions on a list, written `VERB RESOURCE[/SUBRESOURCE][.GROUP] [NAMESPACE/]NAME` or
// `VERB PATH`, and remembers all it was asked. A `*` at the end of a line stands for any rest.
class Listed final : public authz::Authorizer {
 public:
  std::vector<std::string> allowed;
  std::vector<std::string> asked;
  request::Identity last_user;
  std::string error;

  const std::string& name() const override { return name_; }
  base::Task<authz::Result> authorize(const authz::Attributes& a, request::CallScope&) override {
    std::string text = a.verb + " ";
    if (a.is_resource) {
      text += a.resource + (a.subresource.empty() ? "" : "/" + a.subresource) +
              (a.group.empty() ? "" : "." + a.group) + " " + (a.ns.empty() ? "" : a.ns + "/") +
              a.name;
    } else {
      text += a.path;
    }
    asked.push_back(text);
    last_user = *a.user;
    const bool yes = std::any_of(allowed.begin(), allowed.end(), [&](std::string_view line) {
      return line == text ||
             (line.ends_with('*') && text.starts_with(line.substr(0, line.size() - 1)));
    });
    if (yes) co_return authz::Result{authz::Verdict::allow, "", ""};
    co_return authz::Result{authz::Verdict::no_opinion, "not listed", error};
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                     request::CallScope&) override {
    co_return authz::Rules{};
  }

 private:
  std::string name_ = "listed";
};

class Impersonation : public PipelineTest {
 protected:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  using Asked = std::vector<std::string>;

  Impersonation() {
    auto chains = std::make_shared<api::AccessChains>();
    chains->authn = authn::Chain({{std::make_shared<Callers>(), false}});
    chains->authz = authz::Chain({rights_});
    chains_ = chains;
  }

  // What `caller` is answered that gets pod p in namespace x with more headers.
  std::shared_ptr<FakeExchange> get(const std::string& caller, Headers headers,
                                    const std::string& target = "/api/v1/namespaces/x/pods/p") {
    headers.emplace_back("Authorization", "Bearer " + caller);
    rights_->asked.clear();
    within_ = [this](const request::RequestContext& context) {
      caller_ = context.impersonator ? context.impersonator->name : "";
    };
    return send(target, std::move(headers));
  }
  static std::string message(const FakeExchange& exchange) {
    constexpr std::string_view kKey = "\"message\":\"";
    const std::size_t at = exchange.answer.find(kKey);
    if (at == std::string::npos) return exchange.answer;
    const std::size_t begin = at + kKey.size();
    std::string text =
        exchange.answer.substr(begin, exchange.answer.find("\",\"reason", begin) - begin);
    for (std::size_t slash = 0; (slash = text.find("\\\"", slash)) != std::string::npos; ++slash) {
      text.erase(slash, 1);
    }
    return text;
  }

  std::shared_ptr<Listed> rights_ = std::make_shared<Listed>();
  std::string caller_;
};

TEST_F(Impersonation, TheOldWayAllowsEverythingTheOtherMay) {
  rights_->allowed = {"impersonate users alice", "get pods x/p"};
  EXPECT_EQ(get("bob", {{"Impersonate-User", "alice"}})->status, 200);
  EXPECT_EQ(rights_->asked, (Asked{"impersonate-on:user-info:get pods x/p",
                                   "impersonate users alice", "get pods x/p"}));
  EXPECT_EQ(seen_.name, "alice");
  EXPECT_EQ(seen_.groups, std::vector<std::string>{"system:authenticated"});
  EXPECT_EQ(caller_, "bob");
}

TEST_F(Impersonation, WhatTheOtherMayNotDoStaysForbidden) {
  rights_->allowed = {"impersonate users alice"};
  const auto exchange = get("bob", {{"Impersonate-User", "alice"}});
  EXPECT_EQ(exchange->status, 403);
  EXPECT_EQ(
      message(*exchange),
      "pods \"p\" is forbidden: User \"alice\" cannot get resource \"pods\" in API group \"\" in "
      "the namespace \"x\": not listed");
}

TEST_F(Impersonation, UserUidGroupsAndExtraAreAskedInThisOrder) {
  rights_->allowed = {"impersonate *", "get pods *"};
  EXPECT_EQ(get("bob", {{"Impersonate-Extra-Scopes", "view"},
                        {"Impersonate-Group", "developers"},
                        {"Impersonate-Group", "admins"},
                        {"Impersonate-Extra-Acme.com%2fProject", "secret"},
                        {"Impersonate-Extra-scopes", "edit"},
                        {"Impersonate-Uid", "7"},
                        {"Impersonate-User", "alice"}})
                ->status,
            200);
  EXPECT_EQ(
      rights_->asked,
      (Asked{
          "impersonate-on:user-info:get pods x/p", "impersonate users alice",
          "impersonate uids.authentication.k8s.io 7", "impersonate groups developers",
          "impersonate groups admins", "impersonate userextras/scopes.authentication.k8s.io view",
          "impersonate userextras/scopes.authentication.k8s.io edit",
          "impersonate userextras/acme.com/project.authentication.k8s.io secret", "get pods x/p"}));
  EXPECT_EQ(seen_.uid, "7");
  EXPECT_EQ(seen_.groups,
            (std::vector<std::string>{"developers", "admins", "system:authenticated"}));
  ASSERT_EQ(seen_.extra.size(), 2U);
  EXPECT_EQ(seen_.extra[0].first, "scopes");
  EXPECT_EQ(seen_.extra[0].second, (std::vector<std::string>{"view", "edit"}));
  EXPECT_EQ(seen_.extra[1].first, "acme.com/project");
}

TEST_F(Impersonation, EachThingNamedMustBeAllowed) {
  const Headers everything = {{"Impersonate-User", "alice"},
                              {"Impersonate-Uid", "7"},
                              {"Impersonate-Group", "developers"},
                              {"Impersonate-Extra-scopes", "view"}};
  const Asked all = {"impersonate users alice", "impersonate uids.authentication.k8s.io 7",
                     "impersonate groups developers",
                     "impersonate userextras/scopes.authentication.k8s.io view"};
  for (std::size_t without = 0; without < all.size(); ++without) {
    rights_->allowed = all;
    rights_->allowed.erase(rights_->allowed.begin() + static_cast<std::ptrdiff_t>(without));
    rights_->allowed.emplace_back("get pods x/p");
    EXPECT_EQ(get("bob", everything)->status, 403) << all[without];
    EXPECT_EQ(rights_->asked.back(), all[without]);
    EXPECT_EQ(dispatched_, 0);
  }
}

TEST_F(Impersonation, NobodyNamedIs400WithWhatWasAsked) {
  struct Row {
    Headers headers;
    std::string_view text;
  };
  const Row rows[] = {
      {{{"Impersonate-Group", "developers"}, {"Impersonate-Group", ""}},
       R"(requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"developers", ""}, )"
       R"(Extra:map[string][]string(nil)} without impersonating a user name)"},
      {{{"Impersonate-Uid", "7"}},
       R"(requested &user.DefaultInfo{Name:"", UID:"7", Groups:[]string(nil), )"
       R"(Extra:map[string][]string(nil)} without impersonating a user name)"},
      {{{"Impersonate-Extra-b", "2"}, {"Impersonate-Extra-a", "1"}, {"Impersonate-User", ""}},
       R"(requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string(nil), )"
       R"(Extra:map[string][]string{"a":[]string{"1"}, "b":[]string{"2"}}} without )"
       R"(impersonating a user name)"},
  };
  for (const Row& row : rows) {
    const auto exchange = get("root", row.headers);
    EXPECT_EQ(exchange->status, 400);
    EXPECT_EQ(message(*exchange), row.text);
  }
}

TEST_F(Impersonation, AnEmptyUserAloneIsNone) {
  rights_->allowed = {"get pods x/p"};
  EXPECT_EQ(get("bob", {{"Impersonate-User", ""}})->status, 200);
  EXPECT_EQ(seen_.name, "bob");
}

TEST_F(Impersonation, AServiceAccountIsAskedForInItsNamespaceAndBringsItsGroups) {
  rights_->allowed = {"impersonate serviceaccounts ns1/sa1", "get pods x/p"};
  EXPECT_EQ(get("bob", {{"Impersonate-User", "system:serviceaccount:ns1:sa1"}})->status, 200);
  EXPECT_EQ(seen_.groups,
            (std::vector<std::string>{"system:serviceaccounts", "system:serviceaccounts:ns1",
                                      "system:authenticated"}));
  rights_->allowed.emplace_back("impersonate groups g");
  EXPECT_EQ(get("bob",
                {{"Impersonate-User", "system:serviceaccount:ns1:sa1"}, {"Impersonate-Group", "g"}})
                ->status,
            200);
  EXPECT_EQ(seen_.groups, (std::vector<std::string>{"g", "system:authenticated"}));
}

TEST_F(Impersonation, WhatOnlyLooksLikeAServiceAccountIsAUser) {
  rights_->allowed = {"impersonate users *", "get pods x/p"};
  for (const char* name : {"system:serviceaccount:ns1", "system:serviceaccount:ns1:a:b",
                           "system:serviceaccount:NS:a", "system:serviceaccount:ns1:"}) {
    EXPECT_EQ(get("bob", {{"Impersonate-User", name}})->status, 200) << name;
    EXPECT_EQ(seen_.groups, std::vector<std::string>{"system:authenticated"});
  }
}

TEST_F(Impersonation, TheAnonymousStayUnauthenticated) {
  rights_->allowed = {"get pods x/p"};
  EXPECT_EQ(get("root", {{"Impersonate-User", "system:anonymous"}})->status, 200);
  EXPECT_EQ(seen_.groups, std::vector<std::string>{"system:unauthenticated"});
  EXPECT_EQ(
      get("root", {{"Impersonate-User", "x"}, {"Impersonate-Group", "system:unauthenticated"}})
          ->status,
      200);
  EXPECT_EQ(seen_.groups, std::vector<std::string>{"system:unauthenticated"});
}

// --- the constrained modes

TEST_F(Impersonation, AConstrainedCallerMayDoWhatItsRequestNamesAndNothingElse) {
  rights_->allowed = {"impersonate:user-info users.authentication.k8s.io alice",
                      "impersonate-on:user-info:list pods x/", "list pods x/", "get pods x/p"};
  EXPECT_EQ(get("bob", {{"Impersonate-User", "alice"}}, "/api/v1/namespaces/x/pods")->status, 200);
  EXPECT_EQ(rights_->asked,
            (Asked{"impersonate-on:user-info:list pods x/",
                   "impersonate:user-info users.authentication.k8s.io alice", "list pods x/"}));
  const auto refused = get("bob", {{"Impersonate-User", "alice"}});
  EXPECT_EQ(refused->status, 403);
  EXPECT_EQ(message(*refused),
            "pods \"p\" is forbidden: User \"bob\" cannot impersonate-on:user-info:get resource "
            "\"pods\" in API group \"\" in the namespace \"x\": not listed");
}

TEST_F(Impersonation, MayOnesRequestButNotBeWhomItNames) {
  rights_->allowed = {"impersonate-on:user-info:get pods x/p"};
  const auto refused = get("bob", {{"Impersonate-User", "alice"}});
  EXPECT_EQ(
      message(*refused),
      "users.authentication.k8s.io \"alice\" is forbidden: User \"bob\" cannot "
      "impersonate:user-info resource \"users\" in API group \"authentication.k8s.io\" at the "
      "cluster scope: not listed");
  EXPECT_EQ(rights_->asked, (Asked{"impersonate-on:user-info:get pods x/p",
                                   "impersonate:user-info users.authentication.k8s.io alice",
                                   "impersonate users alice"}));
}

TEST_F(Impersonation, PathsAreConstrainedToo) {
  rights_->allowed = {"impersonate:user-info *", "impersonate-on:user-info:get /version",
                      "get /version"};
  EXPECT_EQ(get("bob", {{"Impersonate-User", "alice"}}, "/version")->status, 200);
}

TEST_F(Impersonation, AServiceAccountsModeIsItsOwn) {
  rights_->allowed = {"impersonate-on:serviceaccount:get pods x/p",
                      "impersonate:serviceaccount serviceaccounts.authentication.k8s.io ns1/sa1",
                      "get pods x/p"};
  EXPECT_EQ(get("bob", {{"Impersonate-User", "system:serviceaccount:ns1:sa1"}})->status, 200);
  EXPECT_EQ(seen_.groups.front(), "system:serviceaccounts");
  // With more than a name only the old way is left.
  EXPECT_EQ(get("bob",
                {{"Impersonate-User", "system:serviceaccount:ns1:sa1"}, {"Impersonate-Group", "g"}})
                ->status,
            403);
  EXPECT_EQ(rights_->asked, Asked{"impersonate serviceaccounts ns1/sa1"});
}

TEST_F(Impersonation, AnyNodeCanBeAllowed) {
  rights_->allowed = {"impersonate-on:arbitrary-node:get pods x/p",
                      "impersonate:arbitrary-node nodes.authentication.k8s.io n2", "get pods x/p"};
  EXPECT_EQ(get("bob", {{"Impersonate-User", "system:node:n2"}})->status, 200);
  EXPECT_EQ(seen_.groups, (std::vector<std::string>{"system:nodes", "system:authenticated"}));
  // The old way knows no nodes.
  rights_->allowed = {"impersonate users system:node:n2", "get pods x/p"};
  EXPECT_EQ(get("bob", {{"Impersonate-User", "system:node:n2"}})->status, 200);
  EXPECT_EQ(seen_.groups, std::vector<std::string>{"system:authenticated"});
}

TEST_F(Impersonation, APodsAccountMayActAsTheNodeItRunsOn) {
  rights_->allowed = {"impersonate-on:associated-node:get pods x/p",
                      "impersonate:associated-node nodes.authentication.k8s.io *"};
  get("agent", {{"Impersonate-User", "system:node:n1"}});
  EXPECT_EQ(rights_->asked,
            (Asked{"impersonate-on:associated-node:get pods x/p",
                   "impersonate:associated-node nodes.authentication.k8s.io *", "get pods x/p"}));
  EXPECT_EQ(rights_->last_user.name, "system:node:n1");
  EXPECT_EQ(rights_->last_user.groups,
            (std::vector<std::string>{"system:nodes", "system:authenticated"}));
  get("agent", {{"Impersonate-User", "system:node:n2"}});
  EXPECT_EQ(rights_->asked, (Asked{"impersonate-on:arbitrary-node:get pods x/p",
                                   "impersonate users system:node:n2"}));
}

TEST_F(Impersonation, WhoJudgesAnAssociatedNodeSeesKeysAndNotTheNode) {
  class Users final : public authz::Authorizer {
   public:
    std::vector<request::Identity> users;
    const std::string& name() const override { return name_; }
    base::Task<authz::Result> authorize(const authz::Attributes& a, request::CallScope&) override {
      users.push_back(*a.user);
      co_return authz::Result{authz::Verdict::no_opinion, "", ""};
    }
    base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                       request::CallScope&) override {
      co_return authz::Rules{};
    }

   private:
    std::string name_ = "users";
  };
  const auto seen = std::make_shared<Users>();
  auto chains = std::make_shared<api::AccessChains>(*chains_);
  chains->authz = authz::Chain({seen});
  chains_ = chains;
  get("agent", {{"Impersonate-User", "system:node:n1"}});
  ASSERT_EQ(seen->users.size(), 3U);  // of associated-node, arbitrary-node and the old way
  ASSERT_EQ(seen->users[0].extra.size(), 1U);
  EXPECT_EQ(seen->users[0].extra[0].first, "authentication.kubernetes.io/associated-node-keys");
  EXPECT_EQ(seen->users[0].extra[0].second,
            (std::vector<std::string>{"authentication.kubernetes.io/node-name",
                                      "authentication.kubernetes.io/pod-name"}));
  EXPECT_EQ(seen->users[1].extra.size(), 2U);
}

TEST_F(Impersonation, SystemMastersIsForTheOldWayAlone) {
  rights_->allowed = {"impersonate:user-info *", "impersonate-on:user-info:*"};
  const Headers masters = {{"Impersonate-User", "alice"}, {"Impersonate-Group", "system:masters"}};
  const auto refused = get("bob", masters);
  EXPECT_EQ(refused->status, 403);
  EXPECT_EQ(
      message(*refused),
      "groups.authentication.k8s.io \"system:masters\" is forbidden: User \"bob\" cannot "
      "impersonate:user-info resource \"groups\" in API group \"authentication.k8s.io\" at the "
      "cluster scope: impersonating the system:masters group is not allowed");
  rights_->allowed = {"impersonate users alice", "impersonate groups system:masters"};
  EXPECT_EQ(get("bob", masters)->status, 200);
}

TEST_F(Impersonation, ManyGroupsAreAskedForAtOnceAndThenOneByOne) {
  rights_->allowed = {"impersonate-on:user-info:*", "impersonate:user-info users*",
                      "impersonate:user-info groups.authentication.k8s.io a", "get pods x/p"};
  const Headers four = {{"Impersonate-User", "alice"},
                        {"Impersonate-Group", "a"},
                        {"Impersonate-Group", "b"},
                        {"Impersonate-Group", "c"},
                        {"Impersonate-Group", "d"}};
  EXPECT_EQ(get("bob", four)->status, 403);
  EXPECT_EQ(Asked(rights_->asked.begin() + 2, rights_->asked.begin() + 5),
            (Asked{"impersonate:user-info groups.authentication.k8s.io *",
                   "impersonate:user-info groups.authentication.k8s.io a",
                   "impersonate:user-info groups.authentication.k8s.io b"}));
  rights_->allowed.emplace_back("impersonate:user-info groups.authentication.k8s.io *");
  EXPECT_EQ(get("bob", four)->status, 200);
  EXPECT_EQ(rights_->asked.size(), 4U);
  const Headers three(four.begin(), four.end() - 1);
  EXPECT_EQ(get("bob", three)->status, 200);
  EXPECT_EQ(rights_->asked[2], "impersonate:user-info groups.authentication.k8s.io a");
}

TEST_F(Impersonation, WhatTheOldWayHadToLetPassTheModesRefuse) {
  rights_->allowed = {"impersonate:user-info *", "impersonate-on:user-info:*"};
  struct Row {
    std::pair<std::string, std::string> header;
    std::string_view why;
  };
  const Row rows[] = {
      {{"Impersonate-Group", ""}, "impersonating the empty string group is not allowed"},
      {{"Impersonate-Extra-", "x"}, "impersonating the empty string key in extra is not allowed"},
      {{"Impersonate-Extra-scopes", "x"},
       "impersonating an invalid key in extra is not allowed: extra.key: Invalid value: "
       "\"scopes\": must be a domain-prefixed path (such as \"acme.io/foo\")"},
      {{"Impersonate-Extra-acme.io%2fa%5e", "x"}, "extra.key: Invalid value: \"a^\": Invalid path"},
      {{"Impersonate-Extra-acme.io%2fFoo%42", "x"},
       "impersonating a non-lowercase key in extra is not allowed: \"acme.io/fooB\""},
      {{"Impersonate-Extra-acme.io%2ffoo", ""},
       "impersonating the empty string value in extra is not allowed"},
  };
  for (const Row& row : rows) {
    const auto refused = get("bob", {{"Impersonate-User", "alice"}, row.header});
    EXPECT_EQ(refused->status, 403);
    EXPECT_NE(message(*refused).find(row.why), std::string::npos) << message(*refused);
  }
}

TEST_F(Impersonation, AnAuthorizersErrorRefuses) {
  rights_->error = "the webhook is down";
  const auto refused = get("bob", {{"Impersonate-User", "alice"}});
  EXPECT_EQ(refused->status, 403);
  EXPECT_TRUE(message(*refused).ends_with("\"x\": the webhook is down: not listed"))
      << message(*refused);
}

TEST_F(Impersonation, AttemptsAndQuestionsAreCountedByMode) {
  const auto count = [](std::string_view family, std::string_view mode, std::string_view decision) {
    return metrics::counter(family, "", {"mode", "decision"}).with({mode, decision}).value();
  };
  const auto attempts = "apiserver_impersonation_attempts_total";
  const auto questions = "apiserver_impersonation_authorization_attempts_total";
  const std::uint64_t before[] = {
      count(attempts, "user-info", "denied"), count(attempts, "legacy", "allowed"),
      count(questions, "user-info", "denied"), count(questions, "legacy", "allowed")};
  rights_->allowed = {"impersonate users alice", "impersonate groups g"};
  get("bob", {{"Impersonate-User", "alice"}, {"Impersonate-Group", "g"}});
  EXPECT_EQ(count(attempts, "user-info", "denied"), before[0] + 1);
  EXPECT_EQ(count(attempts, "legacy", "allowed"), before[1] + 1);
  EXPECT_EQ(count(questions, "user-info", "denied"), before[2] + 1);
  EXPECT_EQ(count(questions, "legacy", "allowed"), before[3] + 2);
}

}  // namespace
}  // namespace limen::pipeline
