// What the tests of the bundled admission controllers share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "limen/testkit/instance.hpp"

namespace limen::testkit {

inline Module load(const std::string& name) {
  return Module(LIMEN_BINARY_DIR "/lib/limen/modules/" + name + ".so");
}

inline Json json(const std::string& text) { return boost::json::parse(text); }

inline Review of(std::string resource, Json object, std::uint32_t operation = LIMEN_OP_CREATE) {
  Review review;
  review.operation = operation;
  review.action.verb = operation == LIMEN_OP_CREATE ? "create" : "update";
  review.action.resource = std::move(resource);
  review.action.ns = "x";
  review.action.name = "n";
  review.object = std::move(object);
  return review;
}

inline Review in_group(std::string group, std::string resource, Json object) {
  Review review = of(std::move(resource), std::move(object));
  review.action.api_group = std::move(group);
  return review;
}

inline Review update(std::string resource, Json old_object, Json object) {
  Review review = of(std::move(resource), std::move(object), LIMEN_OP_UPDATE);
  review.old_object = std::move(old_object);
  return review;
}

// The value at an RFC 6901 pointer as JSON text; empty when there is none.
inline std::string at(const Json& object, const std::string& pointer) {
  boost::system::error_code error;
  const Json* found = object.find_pointer(pointer, error);
  return found == nullptr ? std::string() : boost::json::serialize(*found);
}

}  // namespace limen::testkit
