// Policy: which requests are recorded, and how much of each (audit.k8s.io/v1 Policy, row U1).
//
// The first rule that matches a request says its level; a request that none matches is not
// recorded. A plain value: immutable once read, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "request/audit_record.h"
#include "request/identity.h"
#include "request/request_info.h"

namespace limen::audit {

using request::AuditLevel;

// When in a request's life an event tells of it (row U2).
enum class Stage : std::uint8_t { request_received, response_started, response_complete, panic };

// Names as policy files and events write them, in the order of the enumerators.
inline constexpr std::array<std::string_view, 4> kLevelNames = {"None", "Metadata", "Request",
                                                                "RequestResponse"};
inline constexpr std::array<std::string_view, 4> kStageNames = {
    "RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"};

constexpr std::string_view name_of(AuditLevel level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}
constexpr std::string_view name_of(Stage stage) {
  return kStageNames[static_cast<std::size_t>(stage)];
}

// A set of stages.
using Stages = std::uint8_t;
constexpr Stages bit(Stage stage) {
  return static_cast<Stages>(1U << static_cast<unsigned>(stage));
}

// Resources of one API group.
struct GroupResources {
  std::string group;                        // "" is the core group, "*" any
  std::vector<std::string> resources;       // pods, pods/log, */status, pods/*, *; empty: all
  std::vector<std::string> resource_names;  // empty: any
};

// All that is given must match; what is empty matches everything.
struct Rule {
  AuditLevel level = AuditLevel::none;
  std::vector<std::string> users;
  std::vector<std::string> user_groups;
  std::vector<std::string> verbs;
  std::vector<GroupResources> resources;
  std::vector<std::string> namespaces;         // "": what is in no namespace
  std::vector<std::string> non_resource_urls;  // a `*` at the end stands for any rest
  Stages omit_stages = 0;                      // beside the policy's own
  std::optional<bool> omit_managed_fields;     // nothing: as the policy says
};

// What is to be recorded of one request.
struct Decision {
  AuditLevel level = AuditLevel::none;
  Stages omit_stages = 0;
  bool omit_managed_fields = false;
};

struct Policy {
  std::vector<Rule> rules;
  Stages omit_stages = 0;
  bool omit_managed_fields = false;

  // `user` is null for a request that ended before its user was known.
  Decision decide(const request::RequestInfo& info, const request::Identity* user) const;
};

}  // namespace limen::audit
