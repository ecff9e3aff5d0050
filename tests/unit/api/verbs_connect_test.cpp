// log, exec, attach, portforward and proxy up to where a connection would be opened: what is
// refused and in which words, and what admission is asked.
#include "api/subresources/proxy_paths.h"
#include "unit/api/verbs_controllers.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

class ConnectTest : public ApiTest {
 protected:
  const std::string pod_path = "/api/v1/namespaces/default/pods/p";
  const std::string nodes = "/api/v1/nodes";
  const std::string one = R"({"name":"c","image":"i"})";
  const std::string two = R"({"name":"a","image":"i"},{"name":"b","image":"i"})";

  void put_pod(const std::string& containers, const std::string& spec = "",
               const std::string& status = "") {
    store.put({"", "pods"}, R"({"apiVersion":"v1","kind":"Pod","spec":{)" + spec +
                                R"("containers":[)" + containers + R"(]},"status":{)" + status +
                                R"(},"metadata":{"name":"p","namespace":"default","uid":"u-p"}})");
  }
  void put_node(const std::string& addresses, const std::string& name = "n1") {
    store.put({"", "nodes"},
              R"({"apiVersion":"v1","kind":"Node","spec":{},"status":{"addresses":[)" + addresses +
                  R"(],"daemonEndpoints":{"kubeletEndpoint":)" +
                  R"({"Port":10250}}},"metadata":{"name":")" + name + R"(","uid":"u-n"}})");
  }
  static std::string address(const std::string& type, const std::string& value) {
    return R"({"type":")" + type + R"(","address":")" + value + "\"}";
  }
  std::string refusal(const std::string& method, const std::string& target, Headers headers = {}) {
    const Answered answered = call(method, target, {}, std::move(headers));
    return std::to_string(answered.status) + " " + answered.message();
  }
  const Headers upgrade = {{"Connection", "Upgrade"}, {"Upgrade", "SPDY/3.1"}};
};

// ---- which container ---------------------------------------------------------------------------

TEST_F(ConnectTest, OfSeveralContainersOneMustBeNamed) {
  put_pod(two, R"("nodeName":"n1",)");
  const std::string text = "400 a container name must be specified for pod p, choose one of: [a b]";
  EXPECT_EQ(refusal("GET", pod_path + "/log"), text);
  EXPECT_EQ(refusal("POST", pod_path + "/exec?command=ls"), text);
  EXPECT_EQ(refusal("POST", pod_path + "/attach"), text);
}

TEST_F(ConnectTest, InitContainersAreToldOfToo) {
  put_pod(two, R"("nodeName":"n1","initContainers":[{"name":"i","image":"x"}],)");
  EXPECT_EQ(refusal("GET", pod_path + "/log"),
            "400 a container name must be specified for pod p, choose one of: [a b] or one of the "
            "init containers: [i]");
  EXPECT_EQ(refusal("GET", pod_path + "/log?container=i"), "404 nodes \"n1\" not found");
}

TEST_F(ConnectTest, ANamedContainerMustBeThere) {
  put_pod(one);
  EXPECT_EQ(refusal("GET", pod_path + "/log?container=x"),
            "400 container x is not valid for pod p");
  EXPECT_EQ(refusal("POST", pod_path + "/exec?container=x&command=ls"),
            "400 container x is not valid for pod p");
}

TEST_F(ConnectTest, APodThatIsNotThereIsNotFound) {
  for (const char* sub : {"log", "exec", "attach", "portforward", "proxy/"}) {
    EXPECT_EQ(refusal("GET", pod_path + "/" + sub), "404 pods \"p\" not found") << sub;
  }
}

TEST_F(ConnectTest, ExecNeedsAPodWithANode) {
  put_pod(one);
  for (const char* sub : {"exec?command=ls", "attach", "portforward"}) {
    EXPECT_EQ(refusal("POST", pod_path + "/" + sub), "400 pod p does not have a host assigned");
  }
}

TEST_F(ConnectTest, TheLogOfAPodThatNeverRanIsEmpty) {
  put_pod(one);
  const Answered answered = call("GET", pod_path + "/log");
  EXPECT_EQ(answered.status, 204);
  EXPECT_EQ(answered.text, "");
}

// ---- the kubelet -------------------------------------------------------------------------------

TEST_F(ConnectTest, TheNodeMustBeThereAndHaveAnAddress) {
  put_pod(one, R"("nodeName":"n1",)");
  EXPECT_EQ(refusal("GET", pod_path + "/log"), "404 nodes \"n1\" not found");
  put_node("");
  EXPECT_EQ(refusal("GET", pod_path + "/log"),
            "500 no preferred addresses found; known addresses: []");
  put_node(address("Odd", "192.0.2.1"));
  EXPECT_EQ(refusal("GET", pod_path + "/log"),
            "500 no preferred addresses found; known addresses: [{Odd 192.0.2.1}]");
}

TEST_F(ConnectTest, AddressesOfThisMachineAndItsLinkAreRefused) {
  put_pod(one, R"("nodeName":"n1",)");
  for (const char* ip : {"127.0.0.1", "::1", "169.254.169.254", "fe80::1", "0.0.0.0",
                         "::", "224.0.0.1", "::ffff:127.0.0.1"}) {
    put_node(address("InternalIP", ip));
    EXPECT_EQ(refusal("GET", pod_path + "/log"), "400 address not allowed") << ip;
    EXPECT_EQ(refusal("POST", pod_path + "/exec?command=ls", upgrade), "400 address not allowed");
    EXPECT_EQ(refusal("GET", nodes + "/n1/proxy/metrics"), "400 address not allowed") << ip;
    EXPECT_EQ(refusal("GET", nodes + "/n1:8080/proxy/metrics"), "400 address not allowed") << ip;
    put_pod(one, R"("nodeName":"n1",)", R"("podIPs":[{"ip":")" + std::string(ip) + "\"}]");
    EXPECT_EQ(refusal("GET", pod_path + "/proxy/"), "400 address not allowed") << ip;
  }
}

TEST_F(ConnectTest, WithoutAnAuthorityNoKubeletIsTrusted) {
  options.kubelets.trust_files = std::make_shared<proxy::TrustFiles>("", "", "");
  put_pod(one, R"("nodeName":"n1",)");
  put_node(address("InternalIP", "192.0.2.1"));
  EXPECT_EQ(refusal("GET", pod_path + "/log"),
            "500 error dialing backend: the kubelet cannot be trusted: "
            "kubelet.certificateAuthorityFile is not set in the server's configuration");
}

TEST_F(ConnectTest, AStreamNeedsAnUpgradeOfTheConnection) {
  put_pod(one, R"("nodeName":"n1",)");
  put_node(address("InternalIP", "192.0.2.1"));
  for (const char* sub : {"exec?command=ls", "attach", "portforward"}) {
    EXPECT_EQ(refusal("POST", pod_path + "/" + sub), "400 Upgrade request required");
    // A connection that cannot be taken over, as HTTP/2's.
    EXPECT_EQ(refusal("POST", pod_path + "/" + sub, upgrade), "400 Upgrade request required");
  }
}

// ---- who may -----------------------------------------------------------------------------------

TEST_F(ConnectTest, AnUpgradeByGetNeedsTheRightToCreate) {
  put_pod(one, R"("nodeName":"n1",)");
  put_node(address("InternalIP", "192.0.2.1"));
  for (const char* sub : {"exec?command=ls", "attach", "portforward"}) {
    EXPECT_EQ(call("GET", pod_path + "/" + sub, {}, upgrade).status, 403) << sub;
    EXPECT_EQ(call("GET", pod_path + "/" + sub).status, 400) << sub;
  }
  EXPECT_EQ(call("GET", nodes + "/n1/proxy/exec/a/b/c", {}, upgrade).status, 403);
}

// Remembers the object it is asked about.
class Listener final : public Refuser {
 public:
  using Refuser::Refuser;
  std::string object, kind;
  base::Task<admission::Result> validate(const admission::Review& review,
                                         request::CallScope& scope) override {
    object = review.object.to_json();
    kind = review.kind;
    return Refuser::validate(review, scope);
  }
};

TEST_F(ConnectTest, AdmissionIsAskedAboutTheConnection) {
  put_pod(one, R"("nodeName":"n1",)");
  const auto refuser = std::make_shared<Listener>("no tunnels");
  admit_with({refuser});
  EXPECT_EQ(call("POST", pod_path + "/exec?command=sh&command=-c&stdin=true&tty=0&stdout=").status,
            403);
  EXPECT_EQ(refuser->seen.back(), "connect pods/exec p old:no");
  EXPECT_EQ(refuser->kind, "PodExecOptions");
  EXPECT_EQ(refuser->object, R"({"apiVersion":"v1","kind":"PodExecOptions","stdin":true,)"
                             R"("stdout":true,"command":["sh","-c"]})");
  EXPECT_EQ(call("GET", pod_path + "/proxy/a%20b/c?x=y").status, 403);
  EXPECT_EQ(refuser->object, R"({"apiVersion":"v1","kind":"PodProxyOptions","path":"/a b/c"})");
  EXPECT_EQ(call("POST", pod_path + "/portforward?ports=80&ports=81").status, 403);
  EXPECT_EQ(refuser->object,
            R"({"apiVersion":"v1","kind":"PodPortForwardOptions","ports":[80,81]})");
  refuser->seen.clear();
  call("GET", pod_path + "/log");
  EXPECT_TRUE(refuser->seen.empty()) << "a log is read";
}

// ---- logs --------------------------------------------------------------------------------------

TEST_F(ConnectTest, LogOptionsAreValidated) {
  put_pod(one);
  const auto log = [&](const std::string& query) {
    return refusal("GET", pod_path + "/log?" + query);
  };
  const std::string invalid = "422 PodLogOptions \"p\" is invalid: ";
  EXPECT_EQ(log("tailLines=-1"),
            invalid + "tailLines: Invalid value: -1: must be greater than or equal to 0");
  EXPECT_EQ(log("limitBytes=0"), invalid + "limitBytes: Invalid value: 0: must be greater than 0");
  EXPECT_EQ(log("sinceSeconds=0"),
            invalid + "sinceSeconds: Invalid value: 0: must be greater than 0");
  EXPECT_EQ(log("sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z"),
            invalid + "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified");
  EXPECT_EQ(log("stream=Both"), invalid +
                                    "stream: Unsupported value: \"Both\": supported values: "
                                    "\"All\", \"Stderr\", \"Stdout\"");
  EXPECT_EQ(log("tailLines=x"), "400 strconv.ParseInt: parsing \"x\": invalid syntax");
  EXPECT_EQ(log("tailLines="), "400 strconv.ParseInt: parsing \"\": invalid syntax");
  EXPECT_EQ(log("limitBytes=99999999999999999999"),
            "400 strconv.ParseInt: parsing \"99999999999999999999\": value out of range");
  EXPECT_EQ(log("sinceTime=yesterday"),
            "400 parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse "
            "\"yesterday\" as \"2006\"");
  for (const char* good : {"tailLines=0", "limitBytes=1", "sinceSeconds=1", "stream=All",
                           "sinceTime=2026-01-01T00:00:00Z", "follow=true&previous=1"}) {
    EXPECT_EQ(log(good), "204 ") << good;
  }
}

// ---- proxies -----------------------------------------------------------------------------------

TEST_F(ConnectTest, APathThatEndsWithProxyIsSentToItsSlash) {
  put_pod(one, "", R"("podIPs":[{"ip":"192.0.2.7"}])");
  const Answered answered = call("GET", pod_path + "/proxy?a=b");
  EXPECT_EQ(answered.status, 301);
  EXPECT_NE(answered.headers.find("Location: " + pod_path + "/proxy/?a=b\r\n"), std::string::npos);
}

TEST_F(ConnectTest, NamesOfProxiesAreChecked) {
  EXPECT_EQ(refusal("GET", "/api/v1/namespaces/default/pods/a:b:c:d/proxy/"),
            "400 invalid pod request \"a:b:c:d\"");
  EXPECT_EQ(refusal("GET", "/api/v1/namespaces/default/services/ftp:web:80/proxy/"),
            "400 invalid service request \"ftp:web:80\"");
  EXPECT_EQ(refusal("GET", "/api/v1/nodes/:80/proxy/"), "400 invalid node request \":80\"");
}

TEST_F(ConnectTest, AServiceNeedsAReadyPodBehindIt) {
  const std::string services = "/api/v1/namespaces/default/services/";
  EXPECT_EQ(refusal("GET", services + "web/proxy/"), "404 services \"web\" not found");
  store.put({"", "services"},
            R"({"apiVersion":"v1","kind":"Service","spec":{"clusterIP":"10.96.0.7",)"
            R"("ports":[{"name":"http","port":80}]},)"
            R"("metadata":{"name":"web","namespace":"default","uid":"u-s"}})");
  EXPECT_EQ(refusal("GET", services + "web/proxy/"),
            "503 no endpoints available for service \"web\"");
  EXPECT_EQ(refusal("GET", services + "https:web:http/proxy/"),
            "503 no endpoints available for service \"https:web:http\"");
  EXPECT_EQ(refusal("GET", services + "web:81/proxy/"),
            "503 no service port 81 found for service \"web\"");
  // An address that is no pod's of the namespace is nowhere to go (who writes endpoints chooses
  // it).
  store.put({"", "endpoints"},
            R"({"apiVersion":"v1","kind":"Endpoints","subsets":[{"addresses":[{"ip":"192.0.2.9"}],)"
            R"("ports":[{"name":"http","port":8080}]}],)"
            R"("metadata":{"name":"web","namespace":"default","uid":"u-e"}})");
  EXPECT_EQ(refusal("GET", services + "web/proxy/"),
            "503 no endpoints available for service \"web\"");
}

TEST_F(ConnectTest, EveryMethodIsProxied) {
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(call(method, pod_path + "/proxy/x").status, 404) << method;  // of the pod
  }
  EXPECT_EQ(call("TRACE", pod_path + "/proxy/x").status, 405);
}

TEST_F(ConnectTest, WhatTheClientTakesIsNotForThisServerToJudge) {
  for (const char* sub : {"proxy/x", "log", "exec"}) {
    EXPECT_EQ(call("GET", pod_path + "/" + sub, {}, {{"Accept", "text/html"}}).status, 404) << sub;
  }
}

TEST(ProxyPath, IsCutWhereTheProxyBegins) {
  const auto shown = [](std::string_view target, bool namespaced) {
    const api::ProxyPath path = api::split_proxy_path(target, namespaced);
    return path.before + " " + path.inner + " " + path.query;
  };
  const std::string pod = "/api/v1/namespaces/n/pods/p/proxy";
  EXPECT_EQ(shown(pod, true), pod + "  ");
  EXPECT_EQ(shown(pod + "?a=/b", true), pod + "  ?a=/b");
  EXPECT_EQ(shown(pod + "/", true), pod + " / ");
  EXPECT_EQ(shown(pod + "/a%20b/c/?x", true), pod + " /a%20b/c/ ?x");
  EXPECT_EQ(shown("/api/v1/nodes/n/proxy/a", false), "/api/v1/nodes/n/proxy /a ");
}

TEST(ProxyPath, LocationsOfTheSameHostAreTheProxys) {
  const api::LocationRewrite rewrite{"10.0.0.1:80", "api.example:6443", "/P/proxy"};
  EXPECT_EQ(rewrite.apply("/login"), "/P/proxy/login");
  EXPECT_EQ(rewrite.apply("http://10.0.0.1:80/login?x=1"), "/P/proxy/login?x=1");
  EXPECT_EQ(rewrite.apply("https://api.example:6443/a/"), "/P/proxy/a/");
  EXPECT_EQ(rewrite.apply("http://10.0.0.1:80"), "/P/proxy/");
  EXPECT_EQ(rewrite.apply("//10.0.0.1:80/x"), "/P/proxy/x");
  EXPECT_EQ(rewrite.apply("/P/proxy/x"), "/P/proxy/x");
  for (const char* elsewhere :
       {"login", "?a=b", "http://other.example/x", "//other.example/x", "mailto:a@b", ""}) {
    EXPECT_EQ(rewrite.apply(elsewhere), elsewhere);
  }
}

// ---- watches over WebSockets -------------------------------------------------------------------

class WebSocketWatchTest : public ApiTest {
 protected:
  const Headers handshake = {{"Connection", "Upgrade"},
                             {"Upgrade", "websocket"},
                             {"Sec-WebSocket-Version", "13"},
                             {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  Open watch(const std::string& protocols = "") {
    upgradable = true;
    Headers headers = handshake;
    if (!protocols.empty()) headers.emplace_back("Sec-WebSocket-Protocol", protocols);
    return start("GET", config_maps + "?watch=1&resourceVersion=1", {}, headers);
  }
  void put(const std::string& name) {
    store.put({"", "configmaps"}, R"({"apiVersion":"v1","kind":"ConfigMap","data":{"k":"v"},)"
                                  R"("metadata":{"name":")" +
                                      name + R"(","namespace":"default","uid":"u"}})");
    loop.run();
  }
};

TEST_F(WebSocketWatchTest, EachEventIsATextMessage) {
  const Open open = watch("a.b");
  ASSERT_TRUE(open.exchange->tunnel);
  EXPECT_EQ(open.exchange->status, 101);
  const std::string& head = open.exchange->answer_headers;
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: a.b\r\n"), std::string::npos);
  put("one");
  const std::string first = open.exchange->tunnel->text;
  ASSERT_GT(first.size(), 4u);
  EXPECT_EQ(static_cast<unsigned char>(first[0]), 0x81u);
  EXPECT_NE(first.find(R"({"type":"ADDED","object":{)"), std::string::npos);
  EXPECT_TRUE(first.ends_with("}}}\n"));
  put("two");
  const std::string second = open.exchange->tunnel->text.substr(first.size());
  EXPECT_EQ(static_cast<unsigned char>(second[0]), 0x81u);
  EXPECT_TRUE(second.ends_with("}}}\n"));
  EXPECT_FALSE(*open.done);
  open.exchange->tunnel->end();
  loop.run();
  EXPECT_TRUE(*open.done);
  EXPECT_TRUE(open.exchange->tunnel->finished);
}

TEST_F(WebSocketWatchTest, WhatTheClientSendsIsDroppedAndItsCloseEndsTheWatch) {
  const Open open = watch();
  open.exchange->tunnel->send(std::string("\x81\x82\0\0\0\0hi", 8));
  EXPECT_EQ(open.exchange->tunnel->text, "");
  open.exchange->tunnel->send(std::string("\x88\x80\0\0\0\0", 6));
  loop.run();
  EXPECT_TRUE(*open.done);
  EXPECT_EQ(open.exchange->tunnel->text, std::string("\x88\0", 2));
}

TEST_F(WebSocketWatchTest, AProtocolThatBearsATokenIsNeverEchoed) {
  const Open open = watch("base64url.bearer.authorization.k8s.io.dG9r, a.b");
  EXPECT_NE(open.exchange->answer_headers.find("Sec-WebSocket-Protocol: a.b\r\n"),
            std::string::npos);
  EXPECT_EQ(open.exchange->answer_headers.find("bearer"), std::string::npos);
  open.exchange->tunnel->end();
  loop.run();
}

TEST_F(WebSocketWatchTest, ABadHandshakeIs400) {
  upgradable = true;
  const std::string target = config_maps + "?watch=1&resourceVersion=1";
  Headers headers = handshake;
  headers[2].second = "12";
  EXPECT_EQ(call("GET", target, {}, headers).status, 400);
  headers = handshake;
  headers.emplace_back("Sec-WebSocket-Protocol", "a, b");
  EXPECT_EQ(call("GET", target, {}, headers).status, 400);
  upgradable = false;
  EXPECT_EQ(call("GET", target, {}, handshake).status, 400);
}

}  // namespace
}  // namespace limen::test
