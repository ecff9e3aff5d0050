// Admission controllers for tests of the verbs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "admission/controller.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::test {

// What a controller was asked: "create configmaps/status a old:yes".
inline std::string asked(const admission::Review& review) {
  const char* operation = review.operation == admission::kCreate   ? "create"
                          : review.operation == admission::kUpdate ? "update"
                          : review.operation == admission::kDelete ? "delete"
                                                                   : "connect";
  return std::string(operation) + " " + review.attributes->resource + "/" +
         review.attributes->subresource + " " + review.attributes->name +
         (review.old_object ? " old:yes" : " old:no");
}

// Refuses everything, and remembers what.
class Refuser : public admission::Controller {
 public:
  explicit Refuser(std::string why) : why_(std::move(why)) {}
  std::vector<std::string> seen;
  std::vector<std::string> old_objects;
  bool allow = false;

  const std::string& name() const override { return name_; }
  bool handles(admission::Operation) const override { return true; }
  bool mutates() const override { return false; }
  bool validates() const override { return true; }
  base::Task<admission::Result> admit(const admission::Review&, request::CallScope&) override {
    co_return admission::Result{};
  }
  base::Task<admission::Result> validate(const admission::Review& review,
                                         request::CallScope&) override {
    seen.push_back(asked(review));
    old_objects.push_back(review.old_object.to_json());
    admission::Result result;
    result.allowed = allow;
    result.message = why_;
    co_return result;
  }

 private:
  std::string name_ = "refuser";
  std::string why_;
};

// Sets a label on everything.
class Labeller : public admission::Controller {
 public:
  Labeller(std::string key, std::string value) : key_(std::move(key)), value_(std::move(value)) {}

  const std::string& name() const override { return name_; }
  bool handles(admission::Operation operation) const override {
    return operation == admission::kCreate || operation == admission::kUpdate;
  }
  bool mutates() const override { return true; }
  bool validates() const override { return false; }
  base::Task<admission::Result> admit(const admission::Review& review,
                                      request::CallScope&) override {
    object::Json changed = object::mutable_copy(review.object.root());
    object::Json& labels = object::metadata(changed)["labels"];
    if (!labels.is_object()) labels.emplace_object();
    labels.get_object()[key_] = value_;
    admission::Result result;
    result.allowed = true;
    result.changed = object::Document(changed);
    co_return result;
  }
  base::Task<admission::Result> validate(const admission::Review&, request::CallScope&) override {
    co_return admission::Result{};
  }

 private:
  std::string name_ = "labeller";
  std::string key_, value_;
};

}  // namespace limen::test
