// Versions: the same object in another version of its API, for admission plugins. A cheap view;
// authors use it through AdmissionCall.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limen/cpp/log.hpp"
#include "limen/cpp/node.hpp"
#include "limen/cpp/result.hpp"
#include "limen/cpp/text.hpp"
#include "limen/versions.h"

namespace limen {

// A version in which a resource is served, and the kind of the objects that travel there.
struct ObjectVersion {
  std::string api_group{}, api_version{};
  std::string kind_group{}, kind_version{}, kind{};

  // As apiVersion of an object has it.
  std::string kind_api_version() const {
    return kind_group.empty() ? kind_version : kind_group + "/" + kind_version;
  }
};

struct Converted {
  limen_status status = LIMEN_E_INTERNAL;
  Node object;               // for the callback only; keep() what is needed longer
  std::string_view error{};  // why there is no object, for people

  bool ok() const { return status == LIMEN_OK; }
};

class Versions {
 public:
  using Done = std::function<void(const Converted& converted)>;

  Versions(const limen_host* host, const limen_versions_api* api, const limen_node_api* nodes,
           Log log)
      : host_(host), api_(api), nodes_(nodes), log_(log) {}
  explicit operator bool() const { return api_ != nullptr; }

  // Those of an admission call's resource, the request's first.
  Result<std::vector<ObjectVersion>> of(limen_call* call) const {
    if (api_ == nullptr) return not_offered();
    std::vector<ObjectVersion> out;
    const limen_status status = api_->list(host_, call, &add, &out);
    if (status != LIMEN_OK) return Error{"the versions of the object are not known", status};
    return out;
  }

  Result<void> convert(limen_call* call, std::string_view json, const ObjectVersion& target,
                       Done done) const {
    if (api_ == nullptr) return not_offered();
    const limen_version row = to_row(target);
    auto question = std::make_unique<Question>(Question{std::move(done), nodes_, log_});
    const limen_status status =
        api_->convert(host_, call, to_abi(json), &row, &Question::finish, question.get());
    if (status == LIMEN_OK) question.release();
    return detail::from_status(status, "the object could not be given for conversion");
  }

  // Views into `version`.
  static limen_version to_row(const ObjectVersion& version) {
    limen_version row{};
    row.struct_size = sizeof(row);
    row.api_group = to_abi(version.api_group);
    row.api_version = to_abi(version.api_version);
    row.kind_group = to_abi(version.kind_group);
    row.kind_version = to_abi(version.kind_version);
    row.kind = to_abi(version.kind);
    return row;
  }
  static ObjectVersion from_row(const limen_version& row) {
    return {std::string(to_view(row.api_group)), std::string(to_view(row.api_version)),
            std::string(to_view(row.kind_group)), std::string(to_view(row.kind_version)),
            std::string(to_view(row.kind))};
  }

 private:
  static Error not_offered() { return {"limen.versions/1 is not offered", LIMEN_E_UNSUPPORTED}; }

  // 0, the end of the list, when there is no memory for more.
  static std::int32_t add(void* arg, const limen_version* row) noexcept {
    try {
      static_cast<std::vector<ObjectVersion>*>(arg)->push_back(from_row(*row));
      return 1;
    } catch (...) {
      return 0;
    }
  }

  struct Question {
    Done done;
    const limen_node_api* nodes;
    Log log;
    static void finish(void* arg, limen_status status, const limen_node* object,
                       limen_str error) noexcept {
      const std::unique_ptr<Question> self(static_cast<Question*>(arg));
      try {
        self->done({status, Node(self->nodes, object), to_view(error)});
      } catch (const std::exception& thrown) {
        self->log.error("a converted object was not handled", {{"error", thrown.what()}});
      } catch (...) {
        self->log.error("a converted object was not handled");
      }
    }
  };

  const limen_host* host_;
  const limen_versions_api* api_;
  const limen_node_api* nodes_;
  Log log_;
};

}  // namespace limen
