// Admission controllers for tests of the verbs.
#pragma once

#include <functional>
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

// Looks at everything in another version, and may change it there.
class Translator : public admission::Controller {
 public:
  explicit Translator(std::string to) : to_(std::move(to)) {}
  std::function<void(object::Json& object)> edit;
  std::vector<std::string> versions;            // of the last review: "group/version kind"
  std::vector<object::Json> objects, old_ones;  // as they were seen
  std::string error;                            // of the last conversion

  const std::string& name() const override { return name_; }
  bool handles(admission::Operation) const override { return true; }
  bool mutates() const override { return true; }
  bool validates() const override { return false; }
  base::Task<admission::Result> admit(const admission::Review& review,
                                      request::CallScope& scope) override {
    admission::Result result;
    admission::Version target = choose(review);
    try {
      if (review.old_object) {
        object::Json old = object::mutable_copy(review.old_object.root());
        old_ones.push_back(co_await review.versions->convert(std::move(old), target, scope));
      }
      if (review.object) {
        object::Json object = object::mutable_copy(review.object.root());
        object = co_await review.versions->convert(std::move(object), target, scope);
        objects.push_back(object);
        if (edit) {
          edit(object);
          const auto home = object::split_api_version(object::api_version(review.object.root()));
          target.kind_group = home.group;
          target.kind_version = home.version;
          object = co_await review.versions->convert(std::move(object), target, scope);
          result.changed = object::Document(object);
        }
      }
      result.allowed = true;
    } catch (const base::ApiError& failed) {
      error = failed.message();
      result.message = failed.message();
    }
    co_return result;
  }
  base::Task<admission::Result> validate(const admission::Review&, request::CallScope&) override {
    co_return admission::Result{};
  }

 private:
  admission::Version choose(const admission::Review& review) {
    versions.clear();
    const std::vector<admission::Version> all = review.versions->all();
    const auto parts = object::split_api_version(to_);
    admission::Version out = all.front();
    out.kind_group = parts.group;
    out.kind_version = parts.version;
    for (const admission::Version& one : all) {
      versions.push_back(object::group_version(one.group, one.version) + " " + one.kind);
    }
    return out;
  }
  std::string name_ = "translator";
  const std::string to_;
};

}  // namespace limen::test
