// Mutation: the object of one call on its way past the mutating webhooks.
#pragma once

#include <boost/json.hpp>
#include <limen/cpp/admission.hpp>
#include <string>
#include <string_view>

#include "common/admission_webhook/selector.h"

namespace limen::webhooks {

class Mutation {
 public:
  // Of the object as the call brings it; absent: there is nothing to change. Throws
  // std::runtime_error when it cannot be read.
  explicit Mutation(const Node& object);

  bool has_object() const { return has_object_; }
  // As it is now; empty when there is none.
  const std::string& json() const { return json_; }
  Labels labels() const;
  // The same for objects that differ only in the order of their members.
  std::string canonical() const;

  // Applies a JSON Patch. True when the object is another one then. Throws PatchError, and nothing
  // has changed.
  bool apply(const boost::json::value& patch);

  // Tells the host what differs from the object at the beginning.
  Result<void> tell(Patch patch) const;

 private:
  bool has_object_;
  std::string json_;
  boost::json::value original_, current_;
};

}  // namespace limen::webhooks
