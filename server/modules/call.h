// Call: one invocation of a module, from its inputs to its completion.
//
// A module holds a call by a handle (limen_call*) that is a number, not an address: a slot and the
// slot's generation. Slots are recycled but never freed, so a module that uses a handle too long or
// completes it twice is found out instead of reaching another request's call.
//
// A call moves through phases, each step one compare-and-swap:
//   open     the module is being invoked; the host is inside that invocation
//   waiting  the module said LIMEN_PENDING (or runs on a worker); `wake` tells the host of the end
//   orphan   the host has answered without it (deadline); kept until the module completes it
//   busy     somebody is moving it; lasts a few instructions
//   done     status and reply may be read by the host, which then releases the slot
// Thread rule: phases from any thread; everything else by who the phase gives the call to.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admission/controller.h"
#include "authn/authenticator.h"
#include "authn/token_issuer.h"
#include "authz/authorizer.h"
#include "authz/chain.h"
#include "limen/limen.h"
#include "modules/arena.h"
#include "object/document.h"

namespace limen::modules {

class ModuleInstance;

// Which setters make sense for a call.
enum class CallKind : std::uint8_t {
  control,
  authenticate,
  authorize,
  rules,
  admit,
  validate,
  issue_token,
  issuer_document,
  other
};

// How the host's wait for a call ended.
enum class Ended : std::uint8_t {
  completed,  // status and reply count
  deadline,   // the host answers; the call lives on as an orphan
  late,       // done, but the module took longer than it had: the result does not count
};

// One edit of an admission module, in the order it was made.
struct PatchEdit {
  enum class Op : std::uint8_t { set, insert, remove };
  Op op = Op::set;
  std::string pointer;       // RFC 6901
  boost::json::value value;  // unless `shared` is set
  object::Document keep;     // keeps `shared` alive
  const boost::json::value* shared = nullptr;
};

struct AdmissionReply {
  bool denied = false;
  int code = 403;
  std::string reason, message;
  std::vector<base::StatusCause> causes;
  std::vector<std::string> warnings;
  std::vector<std::pair<std::string, std::string>> annotations;
  std::vector<PatchEdit> edits;
};

// What it refuses with; a code that is no refusal's is 403.
admission::Result refusal_of(const AdmissionReply& reply);

struct TokenReply {
  authn::IssuedToken issued;
  std::vector<std::string> warnings;
  std::vector<std::pair<std::string, std::string>> annotations;
  std::optional<std::string> document;
};

// The request's headers for as long as the host lends them. The request may be answered and gone
// while a module still works on an orphan; then there are none.
class GuardedHead {
 public:
  void lend(const transport::RequestHead* head);
  void forget() { lend(nullptr); }
  // Copies into `arena`; empty when there is no such header.
  limen_str first(std::string_view name, Arena& arena);
  // False past the end.
  bool at(std::size_t index, Arena& arena, limen_pair& out);

 private:
  std::mutex mutex_;
  const transport::RequestHead* head_ = nullptr;
};

class Call {
 public:
  enum class Phase : std::uint32_t { free, open, waiting, busy, orphan, done };

  // Everything a module says in one call may not hold more bytes than this.
  static constexpr std::size_t kMaxReplyBytes = 4 * 1024 * 1024;

  limen_call* handle() const;

  // ---- set before the invocation, then constant -------------------------------------------
  CallKind kind = CallKind::other;
  std::atomic<ModuleInstance*> instance{nullptr};
  std::int64_t deadline_ns = INT64_MAX;                  // steady clock
  std::shared_ptr<const std::atomic<bool>> client_gone;  // null: there is no client
  bool counted = true;  // false: only explains, and metrics do not show it
  Arena inputs;
  object::Document documents[3];  // what nodes of the input belong to
  GuardedHead head;
  std::shared_ptr<const authz::Chain> authorizers;       // whom it may ask; null: nobody
  std::shared_ptr<const admission::Versions> versions;   // of its object; null: not known
  std::shared_ptr<admission::RefusalListener> refusals;  // null: nobody listens
  base::Executor* loop = nullptr;                        // of the request; null: there is none
  base::Executor::TimerId timer = 0;                     // of the loop the host waits on

  base::Deadline deadline() const { return base::Deadline(std::chrono::nanoseconds(deadline_ns)); }

  // ---- written by the module's thread through setters, read by the host once done ----------
  limen_status status = LIMEN_OK;
  std::string failure;    // fail()
  std::string violation;  // how the module broke the rules
  std::size_t reply_bytes = 0;
  authn::Result authn;
  authz::Result authz;
  std::string rule_id;
  std::vector<std::pair<std::string, std::string>> authz_causes;
  authz::Rules rules;
  AdmissionReply admission;
  TokenReply token;

  // Copies text of the module into `out`. False, and the call is violated, when it is not UTF-8 or
  // too much. `what` is a constant phrase such as "user name".
  bool take_text(limen_str text, std::string& out, std::string_view what);
  // Notes the first breach of the ABI's rules; the call then ends as an error.
  void violate(std::string text);

 private:
  friend class CallTable;

  std::atomic<std::uint64_t> state_{0};   // generation << 32 | phase
  std::atomic<std::uint64_t> cancel_{0};  // generation << 32 | CancelPhase
  std::uint32_t index_ = 0;
  const std::string* owner_name_ = nullptr;  // interned; of the last instance
  void (*cancel_fn_)(void*) = nullptr;
  void* cancel_arg_ = nullptr;
  std::function<void(Ended)> wake_;
  std::shared_ptr<ModuleInstance> keep_;  // orphans only
};

// All calls of the process.
class CallTable {
 public:
  // The most calls that may be open at once; more are refused.
  static constexpr std::size_t kMaxCalls = std::size_t{1} << 20;

  static CallTable& get();

  // A call in phase open, or null when there are too many. `owner_name` must never be freed.
  Call* open(CallKind kind, ModuleInstance& instance, const std::string* owner_name);
  // Gives a done (or never invoked) call back.
  void release(Call& call);

  // The call behind a handle while the module may use it (open, waiting, orphan); otherwise null,
  // which is logged as misuse with `what`.
  Call* find(const limen_call* handle, std::string_view what);

  // Ends a call: true when this was the completion that counts. Handles of calls that are done, and
  // stale ones, are left alone, logged and counted.
  bool complete(limen_call* handle, limen_status status);
  // The host's own end of an invocation that returned `status`; false when the module had completed
  // the call itself already.
  bool finish_open(Call& call, limen_status status);

  // Lets the host wait: `wake` will be called once, from any thread, unless false is returned,
  // which means that the call is done already.
  bool wait(Call& call, std::function<void(Ended)> wake);
  // The deadline: turns a waiting call into an orphan and wakes the host. Then tells the module.
  void abandon(limen_call* handle);
  // True while the host waits for the call's end outside an invocation.
  bool is_waiting(const limen_call* handle) const;
  // True while the host is interested in the call: open or waiting. Never logs.
  bool is_wanted(const limen_call* handle) const;
  // What limen.call/1 tells the module: deadline over, client gone, instance stopping.
  bool cancelled(const limen_call* handle) const;

  limen_status on_cancel(limen_call* handle, void (*fn)(void*), void* arg);
  // Calls on_cancel's function if there is one and it was not called yet.
  void fire_cancel(limen_call* handle);
  // fire_cancel for every open call of an instance.
  void fire_cancel_all(const ModuleInstance& instance);

 private:
  class Slots;
  CallTable();
  Call* peek(const limen_call* handle, std::uint32_t& generation) const;
  void disarm_cancel(Call& call, std::uint32_t generation);
  void end_orphan(Call& call);
  static void misuse(const Call* call, std::uint32_t generation, std::string_view what);

  Slots* slots_;  // never freed: modules may hold handles to the very end
};

// The call if it may be answered with this setter, which is for calls of `kind` (or `other_kind`).
// Null otherwise; a live call of another kind is then violated.
Call* answering(limen_call* handle, std::string_view setter, CallKind kind,
                CallKind other_kind = CallKind::other);

}  // namespace limen::modules
