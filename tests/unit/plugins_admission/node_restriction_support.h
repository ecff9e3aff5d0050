// What the tests of node-restriction share: a node n1 with a pod, and somebody else's.
#pragma once

#include <string>

#include "support.h"

namespace limen::testkit {

inline constexpr std::uint32_t kEveryOperation[] = {LIMEN_OP_CREATE, LIMEN_OP_UPDATE,
                                                    LIMEN_OP_DELETE};

class NodeRestrictionTest : public testing::Test {
 protected:
  void SetUp() override {
    node("n1", "uid-n1");
    node("n2", "uid-n2");
    put("pods", R"({"metadata":{"name":"mine","namespace":"x","uid":"uid-mine"},)"
                R"("spec":{"nodeName":"n1","serviceAccountName":"robot"}})");
    put("pods", R"({"metadata":{"name":"theirs","namespace":"x","uid":"uid-theirs"},)"
                R"("spec":{"nodeName":"n2","serviceAccountName":"robot"}})");
    put("pods", R"({"metadata":{"name":"unbound","namespace":"x","uid":"uid-unbound"},"spec":{}})");
    put("serviceaccounts", R"({"metadata":{"name":"robot","namespace":"x","uid":"uid-robot"}})");
  }

  void put(const std::string& resource, const std::string& object, const std::string& group = "") {
    controller.host().put(group, resource, json(object));
  }
  void node(const std::string& name, const std::string& uid) {
    put("nodes", R"({"metadata":{"name":")" + name + R"(","uid":")" + uid + R"("}})");
  }

  // A request of n1, which is about the resource's object `name` in namespace x.
  static Review by_node(std::uint32_t operation, const std::string& resource,
                        const std::string& name, const Json& object = nullptr,
                        const Json& old_object = nullptr) {
    Review review = of(resource, object, operation);
    if (operation == LIMEN_OP_DELETE) review.action.verb = "delete";
    review.old_object = old_object;
    review.action.name = name;
    review.action.user = {"system:node:n1", "", {"system:nodes", "system:authenticated"}, {}};
    const auto slash = resource.find('/');
    if (slash != std::string::npos) {
      review.action.resource = resource.substr(0, slash);
      review.action.subresource = resource.substr(slash + 1);
    }
    return review;
  }
  static Review in(Review review, const std::string& group) {
    review.action.api_group = group;
    return review;
  }

  // The refusal's message; empty when it is admitted, unchanged. Others than nodes are always
  // admitted.
  std::string refusal(Review review) {
    const Reply reply = controller.admit(review);
    EXPECT_EQ(reply.status, LIMEN_OK) << reply.error;
    EXPECT_TRUE(reply.edits.empty());
    last = reply;
    for (const UserInfo& other : {UserInfo{"alice", "", {"system:nodes"}, {}},
                                  UserInfo{"system:node:n1", "", {"system:masters"}, {}}}) {
      review.action.user = other;
      EXPECT_TRUE(controller.admit(review).admitted()) << other.name;
    }
    return reply.message;
  }

  Reply last;
  Module module = load("node-restriction");
  Instance controller{module};
};

}  // namespace limen::testkit
