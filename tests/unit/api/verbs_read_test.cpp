// get and list.
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

class ReadTest : public ApiTest {
 protected:
  void SetUp() override {
    for (const char* name : {"a", "b", "c", "d", "e"}) {
      store.put({"", "configmaps"},
                R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" +
                    std::string(name) + R"(","namespace":"default","uid":"u-)" + name +
                    R"(","labels":{"team":")" + (*name < 'c' ? "red" : "blue") +
                    R"("}},"data":{"k":"v"}})");
    }
    store.put(
        {"", "configmaps"},
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"other"}})");
  }
  static std::vector<std::string> names(const Answered& answered) {
    std::vector<std::string> found;
    for (const object::Json& item : answered.json.at("items").as_array())
      found.emplace_back(object::name(item));
    return found;
  }
};
using Names = std::vector<std::string>;

TEST_F(ReadTest, DocumentsSayOnceHowTheyMayBeCached) {
  const auto caching = [&](const char* path, Headers headers = {}) {
    const Answered answered = call("GET", path, {}, std::move(headers));
    std::vector<std::string> found;
    for (const std::string_view line : base::split(answered.headers, '\n')) {
      if (line.starts_with("Cache-Control: ")) found.emplace_back(line.substr(15));
    }
    return found;
  };
  EXPECT_EQ(caching("/apis"), Names({"no-cache, private\r"}));
  EXPECT_EQ(caching("/apis", {{"Accept",
                               "application/json;g=apidiscovery.k8s.io;v=v2;as="
                               "APIGroupDiscoveryList"}}),
            Names({"public\r"}));
  EXPECT_EQ(caching("/version"), Names({"no-cache, private\r"}));
  EXPECT_EQ(caching("/openapi/v3"), Names({"no-cache, private\r"}));
  EXPECT_EQ(caching("/openapi/v3/api/v1"), Names({"no-cache, private\r"}));
  const Answered index = call("GET", "/openapi/v3");
  const object::Json& place = index.json.at("paths").at("api/v1").at("serverRelativeURL");
  EXPECT_EQ(caching(place.as_string().c_str()), Names({"public, immutable\r"}));
}

TEST_F(ReadTest, GetAnswersTheStoredBytesAsTheyAre) {
  const auto stored = store.get({{"", "configmaps"}, "default", "b"});
  const Answered answered = call("GET", config_maps + "/b");
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.text, stored->json + "\n");
  EXPECT_NE(answered.headers.find("Content-Type: application/json"), std::string::npos);
}

TEST_F(ReadTest, WhatIsNotThereIsNotFound) {
  const Answered answered = call("GET", config_maps + "/nope");
  EXPECT_EQ(answered.status, 404);
  EXPECT_EQ(answered.message(), "configmaps \"nope\" not found");
  EXPECT_EQ(answered.at("details.kind"), "configmaps");
}

TEST_F(ReadTest, GetOfARevisionToComeAsksToTryAgain) {
  const Answered answered = call("GET", config_maps + "/b?resourceVersion=999");
  EXPECT_EQ(answered.status, 504);
  EXPECT_EQ(answered.message(), "Timeout: Too large resource version: 999, current: 7");
  EXPECT_EQ(answered.at("details.retryAfterSeconds"), "1");
}

TEST_F(ReadTest, CurlGetsIndentedJson) {
  const Answered answered = call("GET", config_maps + "/b", {}, {{"User-Agent", "curl/7.88.1"}});
  EXPECT_EQ(answered.text.substr(0, 22), "{\n  \"apiVersion\": \"v1\"");
}

TEST_F(ReadTest, YamlIsServedToThoseWhoAskForIt) {
  const Answered answered = call("GET", config_maps + "/b", {}, {{"Accept", "application/yaml"}});
  EXPECT_EQ(answered.text.substr(0, 31), "apiVersion: v1\nkind: ConfigMap\n");
  EXPECT_NE(answered.headers.find("application/yaml"), std::string::npos);
}

TEST_F(ReadTest, APartialObjectHasTypeAndMetadataOnly) {
  const Answered answered =
      call("GET", config_maps + "/b", {},
           {{"Accept", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}});
  EXPECT_EQ(answered.at("kind"), "PartialObjectMetadata");
  EXPECT_EQ(answered.at("apiVersion"), "meta.k8s.io/v1");
  EXPECT_EQ(answered.at("metadata.uid"), "u-b");
  EXPECT_EQ(answered.json.as_object().size(), 3u);
}

TEST_F(ReadTest, ATableOfOneObjectHasOneRow) {
  const Answered answered = call("GET", config_maps + "/b", {},
                                 {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  EXPECT_EQ(answered.at("kind"), "Table");
  EXPECT_EQ(answered.json.at("rows").as_array().size(), 1u);
}

TEST_F(ReadTest, AListIsItsItemsAtARevision) {
  const Answered answered = call("GET", config_maps);
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.at("kind"), "ConfigMapList");
  EXPECT_EQ(answered.at("apiVersion"), "v1");
  EXPECT_EQ(answered.at("metadata.resourceVersion"), "7");
  EXPECT_EQ(names(answered), (Names{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(answered.json.at("items").at(0).as_object().count("kind"), 0u);
}

TEST_F(ReadTest, AnEmptyListHasAnEmptyArray) {
  const Answered answered = call("GET", "/api/v1/namespaces/empty/configmaps");
  EXPECT_TRUE(answered.json.at("items").as_array().empty());
}

TEST_F(ReadTest, AListOfAllNamespacesIsOrderedByNamespaceThenName) {
  const Answered answered = call("GET", "/api/v1/configmaps");
  EXPECT_EQ(names(answered), (Names{"a", "b", "c", "d", "e", "a"}));
}

TEST_F(ReadTest, LabelsSelect) {
  EXPECT_EQ(names(call("GET", config_maps + "?labelSelector=team%3Dred")), (Names{"a", "b"}));
  EXPECT_EQ(names(call("GET", config_maps + "?labelSelector=team%20notin%20(red)")),
            (Names{"c", "d", "e"}));
}

TEST_F(ReadTest, ABrokenLabelSelectorIsABadRequest) {
  const Answered answered = call("GET", config_maps + "?labelSelector=team%20in%20red");
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(answered.reason(), "BadRequest");
}

TEST_F(ReadTest, AFieldSelectorOfANameSelectsOne) {
  EXPECT_EQ(names(call("GET", config_maps + "?fieldSelector=metadata.name%3Dc")), (Names{"c"}));
  EXPECT_EQ(names(call("GET", "/api/v1/configmaps?fieldSelector=metadata.namespace%3Dother")),
            (Names{"a"}));
}

TEST_F(ReadTest, AnUnknownFieldIsRefusedInTheWordsOfTheKind) {
  EXPECT_EQ(call("GET", config_maps + "?fieldSelector=data.k%3Dv").message(),
            "\"data.k\" is not a known field selector: only \"metadata.name\", "
            "\"metadata.namespace\"");
  EXPECT_EQ(call("GET", pods + "?fieldSelector=spec.foo%3Dv").message(),
            "field label not supported: spec.foo");
}

TEST_F(ReadTest, PagesJoinToTheWholeListOfOneRevision) {
  const Answered first = call("GET", config_maps + "?limit=2");
  EXPECT_EQ(names(first), (Names{"a", "b"}));
  EXPECT_EQ(first.at("metadata.remainingItemCount"), "3");
  // What comes later is not part of it.
  store.put(
      {"", "configmaps"},
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bb","namespace":"default"}})");
  const Answered second =
      call("GET", config_maps + "?limit=2&continue=" + first.at("metadata.continue"));
  EXPECT_EQ(names(second), (Names{"c", "d"}));
  EXPECT_EQ(second.at("metadata.resourceVersion"), "7");
  const Answered third =
      call("GET", config_maps + "?limit=2&continue=" + second.at("metadata.continue"));
  EXPECT_EQ(names(third), (Names{"e"}));
  EXPECT_EQ(third.at("metadata.continue"), "");
  EXPECT_EQ(third.at("metadata.remainingItemCount"), "");
}

TEST_F(ReadTest, ASelectedPageDoesNotCountWhatRemains) {
  const Answered answered = call("GET", config_maps + "?limit=1&labelSelector=team%3Dblue");
  EXPECT_NE(answered.at("metadata.continue"), "");
  EXPECT_EQ(answered.at("metadata.remainingItemCount"), "");
}

TEST_F(ReadTest, AContinuationThatIsTooOldOffersToGoOnInconsistently) {
  const Answered first = call("GET", config_maps + "?limit=2");
  store.forgotten = 7;
  const Answered late =
      call("GET", config_maps + "?limit=2&continue=" + first.at("metadata.continue"));
  EXPECT_EQ(late.status, 410);
  EXPECT_EQ(late.reason(), "Expired");
  EXPECT_EQ(late.message().substr(0, 77),
            "The provided continue parameter is too old to display a consistent list resul");
  const Answered resumed =
      call("GET", config_maps + "?limit=9&continue=" + late.at("metadata.continue"));
  EXPECT_EQ(names(resumed), (Names{"c", "d", "e"}));
}

TEST_F(ReadTest, ATokenNobodyGaveIsABadRequest) {
  const Answered answered = call("GET", config_maps + "?continue=%21%21");
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(answered.message().substr(0, 22), "invalid continue token");
}

TEST_F(ReadTest, AContinuationCannotNameARevision) {
  const Answered first = call("GET", config_maps + "?limit=2");
  EXPECT_EQ(
      call("GET", config_maps + "?resourceVersion=3&continue=" + first.at("metadata.continue"))
          .message(),
      "specifying resource version is not allowed when using continue");
}

TEST_F(ReadTest, AnExactRevisionShowsWhatWasThen) {
  EXPECT_EQ(names(call("GET", config_maps + "?resourceVersion=3&resourceVersionMatch=Exact")),
            (Names{"a", "b"}));
  EXPECT_EQ(names(call("GET", config_maps + "?resourceVersion=3")).size(), 5u);
  EXPECT_EQ(names(call("GET", config_maps + "?resourceVersion=3&limit=5")), (Names{"a", "b"}));
}

TEST_F(ReadTest, AnExactRevisionThatIsForgottenIsExpired) {
  store.forgotten = 5;
  const Answered answered =
      call("GET", config_maps + "?resourceVersion=3&resourceVersionMatch=Exact");
  EXPECT_EQ(answered.status, 410);
  EXPECT_EQ(answered.message(), "The resourceVersion for the provided list is too old.");
}

TEST_F(ReadTest, AMatchWithoutARevisionIsForbidden) {
  const Answered answered = call("GET", config_maps + "?resourceVersionMatch=Exact");
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.message(),
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: "
            "resourceVersionMatch is forbidden unless resourceVersion is provided");
}

TEST_F(ReadTest, ALimitThatIsNoNumberIsABadRequest) {
  EXPECT_EQ(call("GET", config_maps + "?limit=many").message(),
            "strconv.ParseInt: parsing \"many\": invalid syntax");
}

TEST_F(ReadTest, AListOfPartialObjectsTypesEachItem) {
  const Answered answered =
      call("GET", config_maps + "?limit=1", {},
           {{"Accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}});
  EXPECT_EQ(answered.at("kind"), "PartialObjectMetadataList");
  EXPECT_EQ(object::kind(answered.json.at("items").at(0)), "PartialObjectMetadata");
}

TEST_F(ReadTest, ATableOfAListHasARowAnObject) {
  const Answered answered =
      call("GET", config_maps, {}, {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  EXPECT_EQ(answered.json.at("rows").as_array().size(), 5u);
  EXPECT_EQ(answered.at("metadata.resourceVersion"), "7");
}

TEST_F(ReadTest, LongListsAreCompressedForThoseWhoTakeIt) {
  options.compress_above_bytes = 100;
  const Answered answered = call("GET", config_maps, {}, {{"Accept-Encoding", "gzip"}});
  EXPECT_NE(answered.headers.find("Content-Encoding: gzip"), std::string::npos);
  EXPECT_EQ(answered.text.substr(0, 2), "\x1F\x8B");
  const Answered plain = call("GET", config_maps);
  EXPECT_EQ(plain.headers.find("Content-Encoding"), std::string::npos);
}

TEST_F(ReadTest, ALargeObjectIsCompressedToo) {
  options.compress_above_bytes = 100;
  const Answered answered = call("GET", config_maps + "/a", {}, {{"Accept-Encoding", "gzip"}});
  EXPECT_NE(answered.headers.find("Content-Encoding: gzip\r\nVary: Accept-Encoding"),
            std::string::npos);
  EXPECT_EQ(answered.text.substr(0, 2), "\x1F\x8B");
}

TEST_F(ReadTest, AClusterScopedKindIsNotReachedThroughANamespace) {
  EXPECT_EQ(call("GET", "/api/v1/namespaces/default/nodes/n").status, 404);
  EXPECT_EQ(call("GET", "/apis/rbac.authorization.k8s.io/v1/namespaces/x/clusterroles").status,
            404);
}

TEST_F(ReadTest, AnObjectInANamespaceIsNotReachedWithoutIt) {
  EXPECT_EQ(call("GET", "/api/v1/configmaps/a").status, 404);
}

TEST_F(ReadTest, WhatABuiltInGroupLacksIsAnsweredWithAStatus) {
  for (const char* path : {"/apis/apps/v1/widgets", "/apis/apps/v9", "/apis/apps/v9/widgets",
                           "/api/v1/widgets", "/api/v2"}) {
    const Answered answered = call("GET", path);
    EXPECT_EQ(answered.status, 404) << path;
    EXPECT_EQ(answered.message(), "the server could not find the requested resource") << path;
  }
}

TEST_F(ReadTest, WhatNoGroupHasIsAnsweredWithPlainText) {
  for (const char* path : {"/nowhere", "/apisix", "/openapi/v3/apis/example.com/v1",
                           "/apis/example.com/v1", "/apis/example.com/v1/widgets"}) {
    const Answered answered = call("GET", path);
    EXPECT_EQ(answered.status, 404) << path;
    EXPECT_EQ(answered.text, "404 page not found\n") << path;
    EXPECT_NE(answered.headers.find("Content-Type: text/plain; charset=utf-8\r\n"),
              std::string::npos);
    EXPECT_NE(answered.headers.find("X-Content-Type-Options: nosniff\r\n"), std::string::npos);
  }
  EXPECT_EQ(call("POST", "/nowhere", "{}").text, "404 page not found\n");
}

TEST_F(ReadTest, VerbsAResourceLacksAreNotAllowed) {
  EXPECT_EQ(call("DELETE", "/api/v1/namespaces").status, 405);
  EXPECT_EQ(call("PUT", config_maps, config_map("a")).status, 405);
  EXPECT_EQ(call("POST", config_maps + "/a", config_map("a")).status, 405);
  EXPECT_EQ(call("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews").status, 405);
}

TEST_F(ReadTest, PathsBelowASubresourceAreNotFound) {
  EXPECT_EQ(call("GET", pods + "/p/status/x").status, 404);
}

TEST_F(ReadTest, EventsAreTheSameUnderBothGroups) {
  store.put({"", "events"},
            R"({"apiVersion":"v1","kind":"Event","involvedObject":{"name":"p"},"message":"hello",
                "metadata":{"name":"e","namespace":"default"}})");
  const Answered answered = call("GET", "/apis/events.k8s.io/v1/namespaces/default/events/e");
  EXPECT_EQ(answered.at("apiVersion"), "events.k8s.io/v1");
  EXPECT_EQ(answered.at("note"), "hello");
  EXPECT_EQ(answered.at("regarding.name"), "p");
  EXPECT_EQ(answered.at("message"), "");
  EXPECT_NE(answered.at("metadata.resourceVersion"), "");
}

}  // namespace
}  // namespace limen::test
