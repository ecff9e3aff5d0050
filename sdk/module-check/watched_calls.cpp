// The tables of a call: completion, and the replies of each kind.
#include <sys/mman.h>

#include <array>
#include <cstring>
#include <mutex>
#include <utility>

#include "report.h"
#include "watched.h"

namespace limen::module_check {

using testkit::kAdmitReply;
using testkit::kAuthnReply;
using testkit::kAuthzReply;
using testkit::kCallApi;
using testkit::kDocumentReply;
using testkit::kPatchApi;
using testkit::kRulesReply;
using testkit::kTokenReply;
using testkit::kValidateReply;

namespace {

constexpr std::size_t kArenaBytes = 48 * 1024;

std::mutex retired_mutex;
// Read by a signal handler: a plain array that only grows.
std::array<std::pair<const char*, const char*>, 4096> retired;
std::atomic<std::size_t> retired_count{0};

void check_text(const limen_call* call, const char* what, limen_str text) {
  if (text.ptr == nullptr && text.len != 0) {
    fault("utf8", std::string(WatchedCall::of(call).name) + " gave " + what +
                      " a length without text: set both or none");
  } else if (!is_utf8(to_view(text))) {
    fault("utf8", std::string(WatchedCall::of(call).name) + " gave " + what +
                      " text that is not UTF-8: the host fails such a call");
  }
}

// Whether the call may still be used.
bool open(const limen_call* call, const char* what) {
  const WatchedCall& self = WatchedCall::of(call);
  if (!self.ended) return true;
  fault("use-after-completion", std::string(what) + " was used on a call of " + self.name +
                                    " that had ended: forget a call once it is complete");
  return false;
}

// A setter that takes texts, checked and passed on to the testkit's.
template <const auto& Table, auto Member, class... Arguments>
auto forward(limen_call* call, const char* what, Arguments... arguments) {
  using Result = decltype((Table.*Member)(call, arguments...));
  const auto look = [&](auto argument) {
    if constexpr (std::is_same_v<decltype(argument), limen_str>) check_text(call, what, argument);
    if constexpr (std::is_same_v<decltype(argument), limen_str_list>) {
      for (std::size_t i = 0; i < argument.count; ++i) check_text(call, what, argument.items[i]);
    }
  };
  (look(arguments), ...);
  if constexpr (std::is_void_v<Result>) {
    if (open(call, what)) (Table.*Member)(call, arguments...);
  } else {
    return open(call, what) ? (Table.*Member)(call, arguments...) : Result{LIMEN_E_INVALID};
  }
}

void complete(limen_call* call, limen_status status) {
  WatchedCall& self = WatchedCall::of(call);
  if (self.ended.exchange(true)) {
    fault("double-completion", std::string("a call of ") + self.name +
                                   " was completed twice: complete it once, or return the status");
    return;
  }
  kCallApi.complete(call, status);
}

}  // namespace

#define SETTER(table, member, types, names) \
  +[] types { return forward<table, &std::remove_cvref_t<decltype(table)>::member> names; }

extern const limen_call_api kWatchedCalls;
const limen_call_api kWatchedCalls = {
    sizeof(limen_call_api),
    0,
    [](const limen_call* call) {
      open(call, "deadline_ns()");
      return kCallApi.deadline_ns(call);
    },
    [](const limen_call* call) {
      open(call, "cancelled()");
      return kCallApi.cancelled(call);
    },
    [](limen_call* call, void (*fn)(void*), void* arg) {
      if (!open(call, "on_cancel()")) return limen_status{LIMEN_E_INVALID};
      return kCallApi.on_cancel(call, fn, arg);
    },
    SETTER(kCallApi, fail, (limen_call * c, limen_str m), (c, "fail()", m)),
    &complete};

const limen_authn_reply kWatchedAuthn = {
    sizeof(limen_authn_reply),
    0,
    SETTER(kAuthnReply, set_user, (limen_call * c, limen_str n, limen_str u),
           (c, "set_user()", n, u)),
    SETTER(kAuthnReply, add_group, (limen_call * c, limen_str g), (c, "add_group()", g)),
    SETTER(kAuthnReply, add_extra, (limen_call * c, limen_str k, limen_str v),
           (c, "add_extra()", k, v)),
    SETTER(kAuthnReply, add_audience, (limen_call * c, limen_str a), (c, "add_audience()", a)),
    SETTER(kAuthnReply, cache_for, (limen_call * c, std::int64_t n), (c, "cache_for()", n)),
    SETTER(kAuthnReply, add_challenge, (limen_call * c, limen_str t), (c, "add_challenge()", t)),
    SETTER(kAuthnReply, warn, (limen_call * c, limen_str m), (c, "warn()", m)),
    SETTER(kAuthnReply, annotate, (limen_call * c, limen_str k, limen_str v),
           (c, "annotate()", k, v))};

const limen_authz_reply kWatchedAuthz = {
    sizeof(limen_authz_reply),
    0,
    [](limen_call* call, std::int32_t verdict, limen_str reason) {
      if (verdict < LIMEN_DENY || verdict > LIMEN_VERDICT_NO_OPINION) {
        fault("unknown-value", "decide() was given the verdict " + std::to_string(verdict) +
                                   ", which hosts of this version take for an error");
      }
      forward<kAuthzReply, &limen_authz_reply::decide>(call, "decide()", verdict, reason);
    },
    SETTER(kAuthzReply, set_rule, (limen_call * c, limen_str r), (c, "set_rule()", r)),
    SETTER(kAuthzReply, add_cause, (limen_call * c, limen_str k, limen_str v),
           (c, "add_cause()", k, v)),
    SETTER(kAuthzReply, set_error, (limen_call * c, limen_str m), (c, "set_error()", m))};

const limen_rules_reply kWatchedRules = {
    sizeof(limen_rules_reply), 0,
    SETTER(kRulesReply, add_resource_rule,
           (limen_call * c, limen_str_list v, limen_str_list g, limen_str_list r, limen_str_list n),
           (c, "add_resource_rule()", v, g, r, n)),
    SETTER(kRulesReply, add_non_resource_rule, (limen_call * c, limen_str_list v, limen_str_list u),
           (c, "add_non_resource_rule()", v, u)),
    SETTER(kRulesReply, set_incomplete, (limen_call * c, limen_str m), (c, "set_incomplete()", m))};

const limen_token_reply kWatchedToken = {
    sizeof(limen_token_reply),
    0,
    SETTER(kTokenReply, grant, (limen_call * c, limen_str t, std::int64_t s), (c, "grant()", t, s)),
    SETTER(kTokenReply, add_audience, (limen_call * c, limen_str a), (c, "add_audience()", a)),
    SETTER(kTokenReply, warn, (limen_call * c, limen_str m), (c, "warn()", m)),
    SETTER(kTokenReply, annotate, (limen_call * c, limen_str k, limen_str v),
           (c, "annotate()", k, v))};

const limen_document_reply kWatchedDocument = {
    sizeof(limen_document_reply), 0,
    SETTER(kDocumentReply, set_text, (limen_call * c, limen_str t), (c, "set_text()", t))};

namespace {

const limen_patch_api kWatchedPatch = {
    sizeof(limen_patch_api),
    0,
    SETTER(kPatchApi, set_json, (limen_call * c, limen_str p, limen_str j),
           (c, "set_json()", p, j)),
    SETTER(kPatchApi, set_string, (limen_call * c, limen_str p, limen_str v),
           (c, "set_string()", p, v)),
    SETTER(kPatchApi, set_int, (limen_call * c, limen_str p, std::int64_t v),
           (c, "set_int()", p, v)),
    SETTER(kPatchApi, set_bool, (limen_call * c, limen_str p, std::int32_t v),
           (c, "set_bool()", p, v)),
    SETTER(kPatchApi, set_node, (limen_call * c, limen_str p, const limen_node* v),
           (c, "set_node()", p, v)),
    SETTER(kPatchApi, insert_json, (limen_call * c, limen_str p, limen_str j),
           (c, "insert_json()", p, j)),
    SETTER(kPatchApi, remove, (limen_call * c, limen_str p), (c, "remove()", p))};

constexpr limen_admission_reply watched_admission(const limen_patch_api* patch) {
  return {sizeof(limen_admission_reply),
          0,
          [](limen_call* call, std::int32_t code, limen_str reason, limen_str message) {
            if (code != 0 && (code < 400 || code > 599)) {
              fault("unknown-value", "deny() was given the code " + std::to_string(code) +
                                         ", which is neither 0 nor 400 to 599");
            }
            forward<kAdmitReply, &limen_admission_reply::deny>(call, "deny()", code, reason,
                                                               message);
          },
          SETTER(kAdmitReply, add_cause, (limen_call * c, limen_str t, limen_str m, limen_str f),
                 (c, "add_cause()", t, m, f)),
          SETTER(kAdmitReply, warn, (limen_call * c, limen_str m), (c, "warn()", m)),
          SETTER(kAdmitReply, annotate, (limen_call * c, limen_str k, limen_str v),
                 (c, "annotate()", k, v)),
          patch};
}

}  // namespace

const limen_admission_reply kWatchedAdmit = watched_admission(&kWatchedPatch);
const limen_admission_reply kWatchedValidate = watched_admission(nullptr);

// ---- the memory of inputs

Arena::Arena(bool guarded) : guarded_(guarded) {
  if (!guarded) {
    start_ = static_cast<char*>(::operator new(kArenaBytes));
    return;
  }
  void* mapped =
      ::mmap(nullptr, kArenaBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  start_ = static_cast<char*>(mapped);
}

Arena::~Arena() {
  // Guarded pages stay as they are, so that nothing else comes to lie there.
  if (!guarded_) ::operator delete(start_);
}

void* Arena::take(std::size_t bytes) {
  const std::size_t at = (used_ + 15) & ~std::size_t{15};
  if (at + bytes > kArenaBytes) throw std::bad_alloc();
  used_ = at + bytes;
  return start_ + at;
}

limen_str Arena::text(std::string_view value) {
  if (value.empty()) return {nullptr, 0};
  char* at = static_cast<char*>(take(value.size()));
  std::memcpy(at, value.data(), value.size());
  return {at, value.size()};
}

void Arena::retire() {
  if (!guarded_) return;
  const std::lock_guard<std::mutex> lock(retired_mutex);
  const std::size_t count = retired_count;
  if (count == retired.size()) return;
  retired[count] = {start_, start_ + kArenaBytes};
  retired_count = count + 1;
  ::mprotect(start_, kArenaBytes, PROT_NONE);
}

bool Arena::is_retired(const void* address) {
  const char* const at = static_cast<const char*>(address);
  for (std::size_t i = 0; i < retired_count; ++i) {
    if (at >= retired[i].first && at < retired[i].second) return true;
  }
  return false;
}

}  // namespace limen::module_check
