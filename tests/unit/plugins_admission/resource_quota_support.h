// What the tests of resource-quota stand on: an instance and the quotas it sees.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "support.h"

namespace limen::testkit {

class ResourceQuota : public testing::Test {
 protected:
  // A quota whose status is `used` of `hard`, both as members of a JSON object.
  void quota(const std::string& hard, const std::string& used, const std::string& name = "q",
             const std::string& scopes = "") {
    put(name, R"("spec":{"hard":{)" + hard + "}" + scopes + R"(},"status":{"hard":{)" + hard +
                  R"(},"used":{)" + used + "}}");
  }
  void put(const std::string& name, const std::string& rest, const std::string& ns = "x") {
    controller().host().put("", "resourcequotas",
                            json(R"({"metadata":{"name":")" + name + R"(","namespace":")" + ns +
                                 R"(","resourceVersion":"7"},)" + rest + "}"));
  }
  // As when somebody else wrote it.
  void bump(const std::string& name) {
    Json changed = *controller().host().find("", "resourcequotas", "x", name);
    changed.as_object().at("metadata").as_object()["resourceVersion"] = std::to_string(++version_);
    controller().host().put("", "resourcequotas", changed);
  }
  std::string used(const std::string& name = "q") {
    const Json* const stored = controller().host().find("", "resourcequotas", "x", name);
    return stored == nullptr ? "" : at(*stored, "/status/used");
  }

  static std::string container(const std::string& resources, const std::string& name = "c") {
    return R"({"name":")" + name + R"(","resources":)" + resources + "}";
  }
  static Review pod(const std::string& resources = "{}", const std::string& rest = "") {
    return of("pods", json(R"({"metadata":{"name":"n"},"spec":{"containers":[)" +
                           container(resources) + "]" + rest + "}}"));
  }
  static Review service(const std::string& spec) {
    return of("services", json(R"({"metadata":{"name":"n"},"spec":)" + spec + "}"));
  }
  static Review claim(const std::string& spec, const std::string& rest = "") {
    return of("persistentvolumeclaims",
              json(R"({"metadata":{"name":"n"},"spec":)" + spec + rest + "}"));
  }
  static Review changed(Review review, Json old_object) {
    review.operation = LIMEN_OP_UPDATE;
    review.action.verb = "update";
    old_object.as_object().at("metadata").as_object()["resourceVersion"] = "3";
    review.old_object = std::move(old_object);
    return review;
  }

  std::string judge(const Review& review) {
    const Reply reply = controller().validate(review);
    return reply.status == LIMEN_OK ? reply.message : "error: " + reply.error;
  }

  Instance& controller() {
    if (!controller_) controller_ = std::make_unique<Instance>(module, options);
    return *controller_;
  }

  Module module = load("resource-quota");
  InstanceOptions options;
  std::unique_ptr<Instance> controller_;
  int version_ = 1000;
};

}  // namespace limen::testkit
