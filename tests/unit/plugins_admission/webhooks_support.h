// What the tests of mutating-webhook and validating-webhook share: webhooks that are functions of
// the test, their configurations, and objects to ask about.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support.h"

namespace limen::testkit::webhook_test {

using std::chrono::seconds;

inline constexpr const char* kGroup = "admissionregistration.k8s.io";

inline std::string base64(const std::string& bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

// A webhook as its configuration names it: asked about everything, at https://hooks.test/NAME;
// `more` is JSON text whose members replace those.
inline Json hook(const std::string& name, const std::string& more = "{}") {
  Json out =
      json(R"({"name":")" + name + R"(","clientConfig":{"url":"https://hooks.test/)" + name +
           R"("},"rules":[{"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],)"
           R"("resources":["*/*"]}],"admissionReviewVersions":["v1"],"sideEffects":"None"})");
  const Json members = json(more);
  for (const auto& [key, value] : members.get_object()) out.get_object()[key] = value;
  return out;
}

// Adds a label to the object.
inline constexpr const char* kAddLabel =
    R"([{"op":"add","path":"/metadata/labels/seen","value":"yes"}])";

// All webhooks of a test. What is not scripted allows.
struct Hooks {
  using Answer = std::function<HttpReply(const Json& request)>;
  std::map<std::string, Answer> scripts;
  std::vector<std::string> asked;  // names, in order
  std::vector<HttpCall> calls;

  HttpReply operator()(const HttpCall& call) {
    const std::string path = call.url.substr(0, call.url.find('?'));
    const std::string name = path.substr(path.rfind('/') + 1);
    asked.push_back(name);
    calls.push_back(call);
    const Json request = json(call.body).at("request");
    const auto found = scripts.find(name);
    return found == scripts.end() ? says(request, R"("allowed":true)") : found->second(request);
  }
  Json request(std::size_t index = 0) const { return json(calls.at(index).body).at("request"); }

  static HttpReply says(const Json& request, const std::string& response) {
    HttpReply reply;
    reply.body =
        R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":)" +
        boost::json::serialize(request.at("uid")) + "," + response + "}}";
    return reply;
  }
  static Answer always(const std::string& response) {
    return [response](const Json& request) { return says(request, response); };
  }
  static Answer patches(const std::string& operations) {
    return always(R"("allowed":true,"patchType":"JSONPatch","patch":")" + base64(operations) +
                  "\"");
  }
  static Answer denies(const std::string& status = {}) {
    return always(R"("allowed":false)" + (status.empty() ? "" : ",\"status\":" + status));
  }
  static Answer fails(limen_status status, const std::string& error = {}) {
    return [status, error](const Json&) {
      HttpReply reply;
      reply.status = status;
      reply.error = error;
      return reply;
    };
  }
  static Answer code(int code, const std::string& body = {}) {
    return [code, body](const Json&) {
      HttpReply reply;
      reply.code = code;
      reply.body = body;
      return reply;
    };
  }
};

class WebhookTest : public testing::Test {
 protected:
  WebhookTest(const std::string& name, std::string resource)
      : module(load(name)), resource_(std::move(resource)), instance(module) {
    instance.host().answer_http([this](const HttpCall& call) { return hooks(call); });
    instance.set_timeout(seconds(30));
  }
  void configure(const std::string& name, std::vector<Json> webhooks) {
    boost::json::array list(webhooks.begin(), webhooks.end());
    instance.host().put(
        kGroup, resource_,
        boost::json::object{{"metadata", {{"name", name}}}, {"webhooks", std::move(list)}});
  }
  void put_namespace(const std::string& name, const std::string& labels) {
    instance.host().put("", "namespaces",
                        json(R"({"metadata":{"name":")" + name + R"(","labels":)" + labels + "}}"));
  }
  static Json pod(const std::string& labels = "{}") {
    return json(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"n","namespace":"x","labels":)" +
        labels + R"(},"spec":{"containers":[{"name":"a","image":"i"}]}})");
  }
  static Review new_pod(const std::string& labels = "{}") {
    Review review = of("pods", pod(labels));
    review.kind = "Pod";
    return review;
  }
  static Review deleted_pod(const std::string& labels = "{}") {
    Review review = new_pod();
    review.operation = LIMEN_OP_DELETE;
    review.action.verb = "delete";
    review.old_object = pod(labels);
    review.object = Json();
    return review;
  }
  static std::string annotation(const Reply& reply, const std::string& key) {
    for (const auto& [name, value] : reply.annotations)
      if (name == key) return value;
    return {};
  }
  // How often one webhook with these members is asked.
  std::size_t asked(const std::string& more, const Review& review) {
    hooks.asked.clear();
    configure("c", {hook("w", more)});
    reply = resource_[0] == 'm' ? instance.admit(review) : instance.validate(review);
    return hooks.asked.size();
  }

  Hooks hooks;
  Module module;
  std::string resource_;
  Instance instance;
  Reply reply;
};

class ValidatingWebhooks : public WebhookTest {
 protected:
  ValidatingWebhooks() : WebhookTest("validating-webhook", "validatingwebhookconfigurations") {}
};
class MutatingWebhooks : public WebhookTest {
 protected:
  MutatingWebhooks() : WebhookTest("mutating-webhook", "mutatingwebhookconfigurations") {}
};

}  // namespace limen::testkit::webhook_test
