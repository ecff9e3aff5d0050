// What the fake host knows of one call: its input, what the module said, and how it ended.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "limen/limen.h"
#include "limen/testkit/patch.hpp"

namespace limen::testkit {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Everything a module can say in a reply, whatever the kind; each kind's outcome is read from it.
struct Reply {
  limen_status status = LIMEN_E_INTERNAL;
  std::string error;  // of fail()
  // authenticators
  std::string user, uid;
  std::vector<std::string> groups, audiences, challenges;
  Pairs extra;
  std::int64_t cache_ns = 0;
  bool authenticated() const { return status == LIMEN_OK && !user.empty(); }
  // token issuers; `audiences`, `warnings` and `annotations` as well
  std::string token, document;
  std::int64_t expiration_seconds = 0;
  bool granted() const { return status == LIMEN_OK && !token.empty(); }
  // authorizers
  std::int32_t verdict = LIMEN_DENY;
  std::string reason;  // also of a refusal in admission
  std::string rule;
  Pairs causes;               // authorizers: key and value; admission: type and message
  std::string verdict_error;  // authorizers: of set_error()
  struct Rule {
    std::vector<std::string> verbs, api_groups, resources, resource_names, urls;
    bool non_resource = false;
  };
  std::vector<Rule> rules;
  bool incomplete = false;
  std::string incomplete_reason;
  // admission
  bool denied = false;
  std::int32_t code = 0;
  std::string message;
  std::vector<std::string> cause_fields, warnings;
  Pairs annotations;
  std::vector<Edit> edits;
  Json object;  // after admit(); as it came when nothing was changed
  bool admitted() const { return status == LIMEN_OK && !denied; }
};

struct CallState {
  Reply reply;
  const Pairs* headers = nullptr;                    // names in any case
  const limen_admission_input* admission = nullptr;  // while such a call runs
  std::int64_t deadline_ns = INT64_MAX;
  std::atomic<bool> cancelled{false};

  std::mutex mutex;
  std::condition_variable changed;
  int completions = 0;  // complete() calls; more than one is a module's mistake
  limen_status completed_with = LIMEN_PENDING;
  void (*on_cancel)(void*) = nullptr;
  void* on_cancel_arg = nullptr;

  limen_call* raw() { return reinterpret_cast<limen_call*>(this); }
  static CallState& of(limen_call* call) { return *reinterpret_cast<CallState*>(call); }
  static const CallState& of(const limen_call* call) {
    return *reinterpret_cast<const CallState*>(call);
  }

  bool complete() {
    const std::lock_guard<std::mutex> lock(mutex);
    return completions > 0;
  }
  // As the host does at the deadline or when the client goes.
  void cancel() {
    cancelled = true;
    void (*fn)(void*) = nullptr;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      if (completions == 0) fn = std::exchange(on_cancel, nullptr);
    }
    if (fn != nullptr) fn(on_cancel_arg);
  }
};

namespace detail {

inline std::string text(limen_str value) { return std::string(to_view(value)); }
inline std::vector<std::string> texts(limen_str_list list) {
  std::vector<std::string> out;
  for (std::string_view item : TextList(list.items, list.count)) out.emplace_back(item);
  return out;
}

inline limen_status set_on_cancel(limen_call* call, void (*fn)(void*), void* arg) {
  CallState& state = CallState::of(call);
  {
    const std::lock_guard<std::mutex> lock(state.mutex);
    if (state.on_cancel != nullptr) return LIMEN_E_INVALID;
    state.on_cancel = fn;
    state.on_cancel_arg = arg;
  }
  if (state.cancelled) state.cancel();
  return LIMEN_OK;
}

inline void complete_call(limen_call* call, limen_status status) {
  CallState& state = CallState::of(call);
  const std::lock_guard<std::mutex> lock(state.mutex);
  if (state.completions++ == 0) state.completed_with = status;
  state.changed.notify_all();
}

inline bool same_header(std::string_view sent, std::string_view lower) {
  if (sent.size() != lower.size()) return false;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const char c = sent[i] >= 'A' && sent[i] <= 'Z' ? static_cast<char>(sent[i] + 32) : sent[i];
    if (c != lower[i]) return false;
  }
  return true;
}

inline limen_str find_header(const limen_call* call, limen_str name) {
  const Pairs* headers = CallState::of(call).headers;
  if (headers == nullptr) return {nullptr, 0};
  for (const auto& [key, value] : *headers)
    if (same_header(key, to_view(name))) return to_abi(value);
  return {nullptr, 0};
}

inline limen_status header_at(const limen_call* call, std::uint32_t index, limen_pair* out) {
  const Pairs* headers = CallState::of(call).headers;
  if (headers == nullptr || index >= headers->size()) return LIMEN_E_NOT_FOUND;
  *out = {to_abi((*headers)[index].first), to_abi((*headers)[index].second)};
  return LIMEN_OK;
}

inline Reply& reply_of(limen_call* call) { return CallState::of(call).reply; }

inline limen_status record_edit(limen_call* call, Edit::Action action, limen_str pointer,
                                Json value) {
  try {
    pointer_parts(to_view(pointer));
  } catch (const std::invalid_argument&) {
    return LIMEN_E_INVALID;
  }
  reply_of(call).edits.push_back({action, text(pointer), std::move(value)});
  return LIMEN_OK;
}

inline limen_status record_json(limen_call* call, Edit::Action action, limen_str pointer,
                                limen_str json) {
  boost::system::error_code error;
  Json value = boost::json::parse(to_view(json), error);
  if (error) return LIMEN_E_INVALID;
  return record_edit(call, action, pointer, std::move(value));
}

}  // namespace detail

inline constexpr limen_call_api kCallApi = {
    sizeof(limen_call_api),
    0,
    [](const limen_call* call) { return CallState::of(call).deadline_ns; },
    [](const limen_call* call) -> std::int32_t { return CallState::of(call).cancelled ? 1 : 0; },
    &detail::set_on_cancel,
    [](limen_call* call, limen_str message) {
      detail::reply_of(call).error = detail::text(message);
    },
    &detail::complete_call};

inline constexpr limen_authn_reply kAuthnReply = {
    sizeof(limen_authn_reply),
    0,
    [](limen_call* call, limen_str name, limen_str uid) {
      Reply& reply = detail::reply_of(call);
      reply.user = detail::text(name);
      reply.uid = detail::text(uid);
      reply.groups.clear();
      reply.extra.clear();
      reply.audiences.clear();
    },
    [](limen_call* call, limen_str group) {
      detail::reply_of(call).groups.push_back(detail::text(group));
    },
    [](limen_call* call, limen_str key, limen_str value) {
      detail::reply_of(call).extra.emplace_back(detail::text(key), detail::text(value));
    },
    [](limen_call* call, limen_str audience) {
      detail::reply_of(call).audiences.push_back(detail::text(audience));
    },
    [](limen_call* call, std::int64_t ns) { detail::reply_of(call).cache_ns = ns; },
    [](limen_call* call, limen_str challenge) {
      detail::reply_of(call).challenges.push_back(detail::text(challenge));
    },
    [](limen_call* call, limen_str message) {
      detail::reply_of(call).warnings.push_back(detail::text(message));
    },
    [](limen_call* call, limen_str key, limen_str value) {
      detail::reply_of(call).annotations.emplace_back(detail::text(key), detail::text(value));
    }};

inline constexpr limen_token_reply kTokenReply = {
    sizeof(limen_token_reply),
    0,
    [](limen_call* call, limen_str token, std::int64_t expiration_seconds) {
      detail::reply_of(call).token = detail::text(token);
      detail::reply_of(call).expiration_seconds = expiration_seconds;
    },
    [](limen_call* call, limen_str audience) {
      detail::reply_of(call).audiences.push_back(detail::text(audience));
    },
    [](limen_call* call, limen_str message) {
      detail::reply_of(call).warnings.push_back(detail::text(message));
    },
    [](limen_call* call, limen_str key, limen_str value) {
      detail::reply_of(call).annotations.emplace_back(detail::text(key), detail::text(value));
    }};

inline constexpr limen_document_reply kDocumentReply = {
    sizeof(limen_document_reply), 0,
    [](limen_call* call, limen_str text) { detail::reply_of(call).document = detail::text(text); }};

inline constexpr limen_authz_reply kAuthzReply = {
    sizeof(limen_authz_reply),
    0,
    [](limen_call* call, std::int32_t verdict, limen_str reason) {
      detail::reply_of(call).verdict = verdict;
      detail::reply_of(call).reason = detail::text(reason);
    },
    [](limen_call* call, limen_str rule) { detail::reply_of(call).rule = detail::text(rule); },
    [](limen_call* call, limen_str key, limen_str value) {
      detail::reply_of(call).causes.emplace_back(detail::text(key), detail::text(value));
    },
    [](limen_call* call, limen_str message) {
      detail::reply_of(call).verdict_error = detail::text(message);
    }};

inline constexpr limen_rules_reply kRulesReply = {
    sizeof(limen_rules_reply), 0,
    [](limen_call* call, limen_str_list verbs, limen_str_list groups, limen_str_list resources,
       limen_str_list names) {
      detail::reply_of(call).rules.push_back({detail::texts(verbs),
                                              detail::texts(groups),
                                              detail::texts(resources),
                                              detail::texts(names),
                                              {},
                                              false});
    },
    [](limen_call* call, limen_str_list verbs, limen_str_list urls) {
      detail::reply_of(call).rules.push_back(
          {detail::texts(verbs), {}, {}, {}, detail::texts(urls), true});
    },
    [](limen_call* call, limen_str error) {
      detail::reply_of(call).incomplete = true;
      detail::reply_of(call).incomplete_reason = detail::text(error);
    }};

inline constexpr limen_patch_api kPatchApi = {
    sizeof(limen_patch_api),
    0,
    [](limen_call* call, limen_str pointer, limen_str json) {
      return detail::record_json(call, Edit::Action::set, pointer, json);
    },
    [](limen_call* call, limen_str pointer, limen_str value) {
      return detail::record_edit(call, Edit::Action::set, pointer, Json(to_view(value)));
    },
    [](limen_call* call, limen_str pointer, std::int64_t value) {
      return detail::record_edit(call, Edit::Action::set, pointer, Json(value));
    },
    [](limen_call* call, limen_str pointer, std::int32_t value) {
      return detail::record_edit(call, Edit::Action::set, pointer, Json(value != 0));
    },
    [](limen_call* call, limen_str pointer, const limen_node* value) {
      if (value == nullptr) return static_cast<limen_status>(LIMEN_E_INVALID);
      return detail::record_edit(call, Edit::Action::set, pointer, *to_json(value));
    },
    [](limen_call* call, limen_str pointer, limen_str json) {
      return detail::record_json(call, Edit::Action::insert, pointer, json);
    },
    [](limen_call* call, limen_str pointer) {
      return detail::record_edit(call, Edit::Action::remove, pointer, Json());
    }};

namespace detail {
constexpr limen_admission_reply admission_reply(const limen_patch_api* patch) {
  return {
      sizeof(limen_admission_reply),
      0,
      [](limen_call* call, std::int32_t code, limen_str reason, limen_str message) {
        Reply& reply = reply_of(call);
        reply.denied = true;
        reply.code = code == 0 ? 403 : code;
        reply.reason = text(reason);
        reply.message = text(message);
      },
      [](limen_call* call, limen_str type, limen_str message, limen_str field) {
        reply_of(call).causes.emplace_back(text(type), text(message));
        reply_of(call).cause_fields.push_back(text(field));
      },
      [](limen_call* call, limen_str message) { reply_of(call).warnings.push_back(text(message)); },
      [](limen_call* call, limen_str key, limen_str value) {
        reply_of(call).annotations.emplace_back(text(key), text(value));
      },
      patch};
}
}  // namespace detail

inline constexpr limen_admission_reply kAdmitReply = detail::admission_reply(&kPatchApi);
inline constexpr limen_admission_reply kValidateReply = detail::admission_reply(nullptr);

}  // namespace limen::testkit
