#include "isolation/host.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

#include "authz/chain.h"
#include "base/api_error.h"
#include "isolation/codec.h"
#include "isolation/metrics_relay.h"
#include "isolation/remote_store.h"
#include "isolation/sandbox.h"
#include "isolation/stored_json.h"
#include "modules/control_thread.h"
#include "modules/executor_thread.h"
#include "modules/load_error.h"
#include "modules/runtime.h"
#include "object/decode.h"
#include "observability/log.h"

namespace limen::isolation {

namespace {

// Whom the module may ask about rights: the authorizers of the server, for the call it is in.
class RemoteAuthorizer final : public authz::Authorizer {
 public:
  using NextId = RemoteStore::NextId;
  RemoteAuthorizer(Peer& peer, NextId next_id, std::uint64_t call)
      : peer_(peer), next_id_(std::move(next_id)), call_(call) {}

  const std::string& name() const override {
    static const std::string name = "server";
    return name;
  }
  base::Task<authz::Result> authorize(const authz::Attributes& attributes,
                                      request::CallScope& scope) override {
    Message question;
    question["op"] = "ask";
    question["call"] = call_;
    question["attributes"] = to_json(attributes);
    const base::OneShot<authz::Result> result(scope.loop);
    peer_.ask(next_id_(), std::move(question), [result](const Message& answer) {
      result.set(authz_result_of(answer));  // with "gone": denied
    });
    co_return co_await result;
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                     request::CallScope&) override {
    authz::Rules rules;
    rules.incomplete = true;
    co_return rules;
  }

 private:
  Peer& peer_;
  const NextId next_id_;
  const std::uint64_t call_;
};

// The loops on which calls run, each with a thread of its own that starts when it is needed. As in
// the server, a module that takes its time in a call delays only the calls on the same loop; a call
// goes where the fewest are.
class CallLoops {
 public:
  struct Lane {
    modules::ExecutorThread loop{"module-calls"};
    std::size_t calls = 0;  // guarded by the owner's lock
  };

  // With the owner's lock, as leave().
  Lane& enter() {
    Lane& lane = *std::min_element(lanes_.begin(), lanes_.end(),
                                   [](const Lane& a, const Lane& b) { return a.calls < b.calls; });
    ++lane.calls;
    return lane;
  }
  static void leave(Lane& lane) { --lane.calls; }
  // Before the first call.
  void fit_into(std::uint64_t memory_bytes) {
    used_ = std::clamp<std::uint64_t>(memory_bytes / kMemoryOfLoop, 1, kCallLoops);
  }

 private:
  std::size_t used_ = kCallLoops;
  std::array<Lane, kCallLoops> lanes_;
};

// The object of a call in other versions, as the server has them.
class RemoteVersions final : public admission::Versions {
 public:
  using NextId = RemoteStore::NextId;
  RemoteVersions(Peer& peer, NextId next_id, std::uint64_t call)
      : peer_(peer), next_id_(std::move(next_id)), call_(call) {}

  std::vector<admission::Version> all() const override {
    const Message answer = peer_.ask_and_wait(next_id_(), question("versions"));
    std::vector<admission::Version> out;
    const auto* rows = answer.if_contains("versions");
    if (rows == nullptr || !rows->is_array()) return out;
    for (const auto& row : rows->get_array()) out.push_back(version_of(row.as_object()));
    return out;
  }

  base::Task<object::Json> convert(object::Json object, admission::Version target,
                                   request::CallScope& scope) const override {
    Message message = question("convert");
    message["object"] = std::move(object);
    message["target"] = to_json(target);
    const base::OneShot<std::shared_ptr<const Message>> answered(scope.loop);
    peer_.ask(next_id_(), std::move(message), [answered](Message& answer) {
      answered.set(std::make_shared<const Message>(std::move(answer)));
    });
    const std::shared_ptr<const Message> answer = co_await answered;
    const auto* made = answer->if_contains("object");
    if (made != nullptr) co_return object::mutable_copy(*made);
    std::string why = text_of(*answer, "error");
    if (why.empty()) why = text_of(*answer, "gone");
    if (number_of(*answer, "status") == LIMEN_E_INVALID) throw base::ApiError::bad_request(why);
    throw base::ApiError::internal(why);
  }

 private:
  Message question(const char* op) const {
    Message out;
    out["op"] = op;
    out["call"] = call_;
    return out;
  }

  Peer& peer_;
  const NextId next_id_;
  const std::uint64_t call_;
};

// The server hears of a refusal at once: it may not wait for the end of the call.
class RemoteRefusals final : public admission::RefusalListener {
 public:
  RemoteRefusals(Peer& peer, std::uint64_t call) : peer_(peer), call_(call) {}

  void refused(const admission::Result& refusal) override {
    Message message;
    message["op"] = "refused";
    message["code"] = refusal.code;
    message["reason"] = refusal.reason;
    // All that a call says is limited together, and the answer says it again.
    message["message"] = refusal.message.size() <= kMaxEarlyText ? refusal.message : "refused";
    message["call"] = call_;
    peer_.tell(message);
  }

 private:
  static constexpr std::size_t kMaxEarlyText = 64 * 1024;
  Peer& peer_;
  const std::uint64_t call_;
};

// A call of the instance while it runs.
struct Running {
  Running(CallLoops::Lane& on, base::Deadline deadline) : lane(on), scope(on.loop, deadline) {}
  CallLoops::Lane& lane;
  std::uint64_t id = 0;
  request::CallScope scope;
  Message question;  // the views of the call point into it
};
using RunningPtr = std::shared_ptr<Running>;

class Host {
 public:
  explicit Host(int socket)
      : peer_(
            socket, [this](std::uint64_t id, Message& message) { take(id, message); },
            [this] { end(); }),
        store_(peer_, [this] { return next_id(); }),
        relay_([this](const Message& message) { peer_.tell(message); }) {}

  int run() {
    peer_.start();
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return over_; });
    lock.unlock();
    control_.stop(base::SteadyClock::now() + std::chrono::seconds(1));
    if (runtime_ != nullptr) runtime_->activate(nullptr);
    // A module whose code hangs would hold the process here; the server has no use for it any more.
    std::fflush(nullptr);
    std::_Exit(0);
  }

 private:
  using Task = base::Task<Message> (Host::*)(Running&);

  std::uint64_t next_id() { return ++ids_; }

  void end() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    ended_.notify_all();
  }

  // On the channel's thread: nothing of the module runs here.
  void take(std::uint64_t id, Message& message) {
    const std::string op = text_of(message, "op");
    if (op == "events") return store_.events(message);
    if (op == "stop") return end();
    if (op == "cancel") return cancel(static_cast<std::uint64_t>(number_of(message, "call")));
    if (op == "seen" || op == "catch_up") return follow(id, op, message);
    if (op == "log") {  // for every call that comes after it, but behind a load that is under way
      if (loaded_.load()) return set_log(message);
      return control_.post([message = std::move(message)] { set_log(message); });
    }
    if (op == "load" || op == "judge" || op == "start") {
      return control_.post([this, id, op, message = std::move(message)] {
        peer_.answer(id, op == "load"    ? load(message)
                         : op == "judge" ? judge(message)
                                         : start(message));
        if (op == "load") loaded_.store(true);
      });
    }
    static const std::map<std::string, Task, std::less<>> kTasks = {
        {"authenticate", &Host::authenticate},
        {"authorize", &Host::authorize},
        {"rules", &Host::rules},
        {"admit", &Host::admit},
        {"validate", &Host::validate},
        {"issue", &Host::issue},
        {"document", &Host::document}};
    const auto task = kTasks.find(op);
    if (task == kTasks.end()) return fail(id, "unknown question " + op);
    begin(id, std::move(message), task->second);
  }

  void fail(std::uint64_t id, const std::string& why) {
    Message out;
    out["gone"] = why;
    peer_.answer(id, std::move(out));
  }

  static void set_log(const Message& message) {
    const auto level = std::clamp<std::int64_t>(number_of(message, "log"), 0, 3);
    log::set_level(static_cast<log::Level>(level));
    log::set_format(flag_of(message, "logJson") ? log::Format::json : log::Format::text);
  }

  // The first thing the server says: what to load, and what to give up before.
  Message load(const Message& message) {
    Message out;
    try {
      set_log(message);
      SandboxLimits limits;
      if (const std::int64_t bytes = number_of(message, "memory"); bytes > 0) {
        limits.memory_bytes = static_cast<std::uint64_t>(bytes);
      }
      calls_.fit_into(limits.memory_bytes);
      enter_sandbox(limits);
      kind_ = static_cast<modules::Kind>(number_of(message, "kind"));
      spec_.name = text_of(message, "name");
      spec_.module = text_of(message, "module");
      spec_.pins = {text_of(message, "sha256"), text_of(message, "signedBy"),
                    text_of(message, "publicKey")};
      spec_.timeout = std::chrono::nanoseconds(number_of(message, "timeout"));
      modules::RuntimeOptions options;
      options.folder = text_of(message, "folder");
      options.server_version = text_of(message, "server");
      runtime_ = std::make_unique<modules::Runtime>(options);
      offer();
      const auto module = runtime_->loader().load(spec_.module, spec_.pins);
      boost::json::array descriptors;
      for (const auto& one : module->descriptors()) descriptors.push_back(to_json(one));
      out["descriptors"] = std::move(descriptors);
      out["build"] = module->build();
      out["sha256"] = module->sha256();
    } catch (const modules::LoadError& error) {
      out["error"] = error.what();
      out["gate"] = static_cast<int>(error.gate());
    } catch (const std::exception& error) {
      out["error"] = error.what();
      out["gate"] = static_cast<int>(modules::Gate::open);
    }
    return out;
  }

  void offer() {
    runtime_->offer_objects(store_, [this](std::string_view group, std::string_view resource) {
      Message question = to_json(storage::Key{{std::string(group), std::string(resource)}, "", ""});
      question["op"] = "store.exists";
      return flag_of(peer_.ask_and_wait(next_id(), std::move(question)), "exists");
    });
    runtime_->offer_kinds(
        [this](std::string_view group, std::string_view version, std::string_view kind) {
          Message question;
          question["op"] = "store.kind";
          question["group"] = group;
          question["version"] = version;
          question["kind"] = kind;
          const Message answer = peer_.ask_and_wait(next_id(), std::move(question));
          return modules::ServedResource{text_of(answer, "name"), flag_of(answer, "namespaced")};
        });
    runtime_->offer_creation([this](const storage::Key& key, const object::Json& object,
                                    std::function<void(storage::WriteStatus)> done) {
      Message question = to_json(key);
      question["op"] = "store.make";
      question["json"] = boost::json::serialize(object);
      peer_.ask(next_id(), std::move(question), [done = std::move(done)](const Message& answer) {
        done(write_result_of(answer).status);
      });
    });
    runtime_->on_rights_changed([this] {
      Message message;
      message["op"] = "rights";
      peer_.tell(message);
    });
  }

  // The server waits only so long for the answer, and ends a process that does not give one.
  Message judge(const Message& message) {
    Message out;
    Pairs errors, warnings;
    try {
      const auto module = runtime_->loader().load(spec_.module, spec_.pins);
      const auto config = object::Document::parse(text_of(message, "config"));
      modules::ControlThread thread;
      const auto judged = module->judge(module->choose(kind_), config, thread,
                                        base::SteadyClock::now() + std::chrono::minutes(5));
      if (judged) {
        for (const auto& each : judged->errors) errors.emplace_back(each.pointer, each.message);
        for (const auto& each : judged->warnings) warnings.emplace_back(each.pointer, each.message);
      } else {
        errors.emplace_back("", "the module did not judge it in time");
      }
    } catch (const std::exception& error) {
      errors.emplace_back("", error.what());
    }
    out["errors"] = to_json(errors);
    out["warnings"] = to_json(warnings);
    return out;
  }

  Message start(const Message& message) {
    Message out;
    try {
      spec_.config = object::Document::parse(text_of(message, "config"));
      modules::GenerationSpec spec;
      (kind_ == modules::Kind::authenticator ? spec.authenticators
       : kind_ == modules::Kind::authorizer  ? spec.authorizers
                                             : spec.admission) = {spec_};
      runtime_->activate(runtime_->build(spec));
      const auto now = runtime_->current();
      if (!now->admission().empty()) {
        const admission::Controller& controller = *now->admission().front();
        std::uint32_t operations = 0;
        for (const auto one :
             {admission::kCreate, admission::kUpdate, admission::kDelete, admission::kConnect}) {
          if (controller.handles(one)) operations |= one;
        }
        out["operations"] = operations;
        out["mutates"] = controller.mutates();
        out["validates"] = controller.validates();
      }
      if (now->token_issuer() != nullptr) {
        out["issuer"] = true;
        out["audiences"] = to_json(now->token_issuer()->audiences());
      }
      out["started"] = true;
    } catch (const std::exception& error) {
      out["error"] = error.what();
    }
    return out;
  }

  void begin(std::uint64_t id, Message&& message, Task task) {
    const base::Deadline deadline =
        base::SteadyClock::now() + std::chrono::nanoseconds(number_of(message, "left"));
    RunningPtr running;
    {
      const std::lock_guard lock(mutex_);
      running = std::make_shared<Running>(calls_.enter(), deadline);
      running_[id] = running;
    }
    running->id = id;
    running->question = std::move(message);
    running->lane.loop.post([this, running, task] {
      base::spawn(carry_out(running, task), [](const std::exception_ptr&) {});
    });
  }

  base::Task<void> carry_out(RunningPtr running, Task task) {
    Message answer;
    try {
      answer = co_await (this->*task)(*running);
    } catch (const std::exception& error) {
      answer["gone"] = error.what();
    }
    {
      const std::lock_guard lock(mutex_);
      running_.erase(running->id);
      CallLoops::leave(running->lane);
    }
    peer_.answer(running->id, std::move(answer));
  }

  void cancel(std::uint64_t id) {
    RunningPtr running;
    {
      const std::lock_guard lock(mutex_);
      const auto found = running_.find(id);
      if (found == running_.end()) return;
      running = found->second;
    }
    running->scope.cancelled->store(true);
    running->lane.loop.post([running] {
      if (running->scope.on_cancel) running->scope.on_cancel();
    });
  }

  void follow(std::uint64_t id, const std::string& op, const Message& message) {
    const auto told = [this, id] { peer_.answer(id, {}); };
    const auto now = runtime_ == nullptr ? nullptr : runtime_->current();
    if (now == nullptr) return told();
    if (op == "catch_up") return now->catch_up(told);
    const storage::Key key = key_of(message);
    if (now->seen(key.id, number_of(message, "revision"), told)) told();
  }

  modules::GenerationPtr generation() const { return runtime_->current(); }

  base::Task<Message> authenticate(Running& running) {
    const Message& in = running.question;
    const std::string method = text_of(in, "method");
    const std::string path = text_of(in, "path");
    const std::string query = text_of(in, "query");
    const std::string token = text_of(in, "token");
    const Texts audiences = texts_of(in, "audiences");
    const Pairs headers = pairs_of(in, "headers");
    transport::PeerInfo peer;
    peer.source_ip = text_of(in, "source");
    peer.sni = text_of(in, "sni");
    peer.certificates_der = texts_of(in, "certificates");
    transport::RequestHead head;
    head.method = method;
    for (const auto& [name, value] : headers) head.headers.push_back({name, value});
    authn::Credentials credentials;
    credentials.method = method;
    credentials.path = path;
    credentials.query = query;
    credentials.bearer_token = token;
    credentials.head = &head;
    credentials.peer = &peer;
    credentials.audiences = audiences;
    const auto now = generation();
    const authn::Result result =
        co_await now->authenticators().front().instance->authenticate(credentials, running.scope);
    co_return to_json(result);
  }

  base::Task<Message> authorize(Running& running) {
    Question question;
    read_question(object_of(running.question, "attributes"), question);
    const auto now = generation();
    const authz::Result result =
        co_await now->authorizers().front()->authorize(question.attributes, running.scope);
    co_return to_json(result);
  }

  base::Task<Message> rules(Running& running) {
    const request::Identity user = identity_of(object_of(running.question, "user"));
    const std::string ns = text_of(running.question, "ns");
    const auto now = generation();
    const authz::Rules rules =
        co_await now->authorizers().front()->rules_for(user, ns, running.scope);
    co_return to_json(rules);
  }

  static object::Document document_of(const Message& message, std::string_view key) {
    const auto* found = message.if_contains(key);
    return found == nullptr ? object::Document() : object::Document(*found);
  }

  std::shared_ptr<const authz::Chain> server_authorizers(std::uint64_t call) {
    std::vector<std::shared_ptr<authz::Authorizer>> all;
    all.push_back(std::make_shared<RemoteAuthorizer>(
        peer_, [this] { return next_id(); }, call));
    return std::make_shared<const authz::Chain>(std::move(all));
  }

  base::Task<Message> review(Running& running, bool mutating) {
    const Message& in = running.question;
    Question question;
    read_question(object_of(in, "attributes"), question);
    admission::Review review;
    review.operation = static_cast<admission::Operation>(number_of(in, "operation"));
    review.attributes = &question.attributes;
    review.kind = text_of(in, "kind");
    review.object = document_of(in, "object");
    review.old_object = document_of(in, "old");
    review.options = document_of(in, "options");
    review.dry_run = flag_of(in, "dryRun");
    review.reinvocation = flag_of(in, "again");
    review.comes_again = flag_of(in, "comesAgain");
    review.write = static_cast<std::uint64_t>(number_of(in, "write"));
    review.authorizers = server_authorizers(running.id);
    review.versions = std::make_shared<RemoteVersions>(
        peer_, [this] { return next_id(); }, running.id);
    review.refusals = std::make_shared<RemoteRefusals>(peer_, running.id);
    const auto now = generation();
    admission::Controller& controller = *now->admission().front();
    admission::Result result;
    if (mutating) {
      result = co_await controller.admit(review, running.scope);
    } else {
      result = co_await controller.validate(review, running.scope);
    }
    Message out = to_json(result, review.object.root());
    add_notes(out, running.scope);
    co_return out;
  }
  base::Task<Message> admit(Running& running) { return review(running, true); }
  base::Task<Message> validate(Running& running) { return review(running, false); }

  base::Task<Message> issue(Running& running) {
    const Message& in = running.question;
    authn::TokenOrder order;
    order.ns = text_of(in, "ns");
    order.service_account = text_of(in, "account");
    order.service_account_uid = text_of(in, "accountUid");
    order.audiences = texts_of(in, "audiences");
    order.api_audiences = texts_of(in, "apiAudiences");
    order.bound_kind = text_of(in, "boundKind");
    order.bound_name = text_of(in, "boundName");
    order.bound_uid = text_of(in, "boundUid");
    order.node_name = text_of(in, "node");
    order.node_uid = text_of(in, "nodeUid");
    order.expiration_seconds = number_of(in, "seconds");
    const auto now = generation();
    Message out;
    if (now->token_issuer() == nullptr) {
      out["error"] = "the module signs no tokens";
      co_return out;
    }
    const authn::IssuedToken issued = co_await now->token_issuer()->issue(order, running.scope);
    out["token"] = issued.token;
    out["audiences"] = to_json(issued.audiences);
    out["seconds"] = issued.expiration_seconds;
    out["error"] = issued.error;
    add_notes(out, running.scope);
    co_return out;
  }

  base::Task<Message> document(Running& running) {
    const auto which = number_of(running.question, "which") == LIMEN_ISSUER_KEYS
                           ? authn::IssuerDocument::keys
                           : authn::IssuerDocument::configuration;
    const auto now = generation();
    Message out;
    if (now->token_issuer() == nullptr) co_return out;
    const authn::IssuerText text = co_await now->token_issuer()->document(which, running.scope);
    if (text.json) out["text"] = *text.json;
    out["error"] = text.error;
    co_return out;
  }

  std::atomic<std::uint64_t> ids_{0};
  std::mutex mutex_;
  std::condition_variable ended_;
  std::atomic<bool> loaded_{false};  // the first thing that is done
  bool over_ = false;
  std::map<std::uint64_t, RunningPtr> running_;
  Peer peer_;
  RemoteStore store_;
  MetricsRelay relay_;
  modules::Kind kind_ = modules::Kind::authorizer;
  modules::ModuleSpec spec_;
  std::unique_ptr<modules::Runtime> runtime_;
  modules::ExecutorThread control_{"module-control"};
  CallLoops calls_;
};

}  // namespace

int run_module_host(int socket) {
  Host host(socket);
  return host.run();
}

}  // namespace limen::isolation
