// Module and Instance: a built module loaded from its file, and one plugin of it on a FakeHost.
//
//   Module module("build/badge.so");
//   Instance badge(module, {.config = {{"path", "/etc/badges"}}});
//   Reply reply = badge.authenticate({.path = "/api", .headers = {{"X-Badge", "42"}}});
//   EXPECT_EQ(reply.user, "ada");
//
// A call that is pending is brought to its end: posted work runs, and when nothing is left to run
// the clock moves to the next timer and at last to the deadline, where the reply is
// LIMEN_E_DEADLINE.
#pragma once

#include <dlfcn.h>

#include <chrono>
#include <deque>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "limen/testkit/fake_host.hpp"

namespace limen::testkit {

// Thrown when a plugin cannot be made or its start() fails; the text is the module's.
class StartError : public std::runtime_error {
 public:
  StartError(limen_status status, const std::string& text)
      : std::runtime_error(text), status_(status) {}
  limen_status status() const { return status_; }

 private:
  limen_status status_;
};

class Module {
 public:
  // Loads a file. It stays loaded, as in a server.
  explicit Module(const std::string& file) {
    void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) throw std::runtime_error(dlerror());
    entry_ = static_cast<const limen_module_entry_t*>(dlsym(handle, "limen_module_entry"));
    if (entry_ == nullptr) throw std::runtime_error(file + " exports no limen_module_entry");
    init(file);
  }
  // Takes an entry linked into the test.
  explicit Module(const limen_module_entry_t& entry) : entry_(&entry) { init("linked"); }

  const limen_factory& factory() const { return *factory_; }

  // The index of the descriptor with this kind and id; an empty id takes the first of the kind, an
  // empty kind the first there is.
  std::uint32_t find(const std::string& kind, const std::string& id) const {
    for (std::uint32_t i = 0; i < factory_->count; ++i) {
      const limen_descriptor* one = factory_->descriptor(i);
      if ((kind.empty() || kind == one->kind) && (id.empty() || id == one->id)) return i;
    }
    throw std::runtime_error("the module has no plugin " + kind + " " + id);
  }
  const limen_descriptor& descriptor(const std::string& kind = {},
                                     const std::string& id = {}) const {
    return *factory_->descriptor(find(kind, id));
  }

  struct Finding {
    std::int32_t severity;
    std::string pointer, message;
  };
  // What the module says of a config without starting anything.
  std::vector<Finding> check(const Json& config, const std::string& kind = {},
                             const std::string& id = {}) const {
    std::vector<Finding> findings;
    const auto* table = static_cast<const limen_validate*>(entry_->get_factory(LIMEN_VALIDATE));
    if (table == nullptr) return findings;
    limen_validate_reply reply{};
    reply.struct_size = sizeof(reply);
    reply.ctx = &findings;
    reply.add = [](const limen_validate_reply* self, std::int32_t severity, limen_str pointer,
                   limen_str message) {
      static_cast<std::vector<Finding>*>(self->ctx)->push_back(
          {severity, detail::text(pointer), detail::text(message)});
    };
    table->validate(find(kind, id), &kNodeApi, to_node(&config), &reply);
    return findings;
  }

 private:
  void init(const std::string& path) {
    if (entry_->magic != LIMEN_ABI_MAGIC || entry_->abi_major != LIMEN_ABI_MAJOR) {
      throw std::runtime_error(path + " is for another ABI");
    }
    if (entry_->init != nullptr && entry_->init(path.c_str()) != LIMEN_OK) {
      throw std::runtime_error(path + ": init failed");
    }
    factory_ = static_cast<const limen_factory*>(entry_->get_factory(LIMEN_FACTORY));
    if (factory_ == nullptr) throw std::runtime_error(path + " has no factory");
  }
  const limen_module_entry_t* entry_;
  const limen_factory* factory_ = nullptr;
};

struct InstanceOptions {
  Json config = boost::json::object();
  std::string name = "test";
  std::string kind{}, id{};                  // empty: the module's first
  std::set<std::string> without{};           // host tables that are not offered
  std::function<void(FakeHost&)> prepare{};  // before start(): clocks, objects, HTTP
};

struct AuthnRequest {
  std::string method = "GET", path = "/api", query{};
  Pairs headers{};
  std::vector<std::string> certificates{};  // DER, leaf first
  std::vector<std::string> audiences{};
  std::string source_ip = "192.0.2.1", sni{};
};

struct TokenOrder {
  std::string ns = "default", service_account = "default", service_account_uid = "uid-default";
  std::vector<std::string> audiences{}, api_audiences{};
  std::string bound_kind{}, bound_name{}, bound_uid{};
  std::string node_name{}, node_uid{};
  std::int64_t expiration_seconds = 3600;
};

struct UserInfo {
  std::string name = "alice", uid{};
  std::vector<std::string> groups{};
  Pairs extra{};
};

struct Selection {
  std::string key;
  std::int32_t op = LIMEN_OP_IN;
  std::vector<std::string> values{};
};

struct Action {
  UserInfo user{};
  std::string verb = "get";
  std::string api_group{}, api_version = "v1", resource{}, subresource{}, ns{}, name{};
  std::string path{};                                                 // when resource is empty
  std::string field_selector{}, label_selector{};                     // as text, and
  std::vector<Selection> field_requirements{}, label_requirements{};  // as the host reads them
  std::string field_selector_error{}, label_selector_error{};
  bool explain = false;  // the decision is explained to a person
};

struct Review {
  std::uint32_t operation = LIMEN_OP_CREATE;
  Action action{};
  std::string kind{};
  Json object{}, old_object{}, options{};  // null: absent
  bool dry_run = false, reinvocation = false, comes_again = false;
  std::uint64_t write = 1;  // the same in both rounds of one write
};

class Instance {
 public:
  explicit Instance(const Module& module, InstanceOptions options = {})
      : host_(
            std::make_unique<FakeHost>(std::move(options.config), options.name, options.without)) {
    if (options.prepare) options.prepare(*host_);
    refuse_what_the_host_lacks(module.descriptor(options.kind, options.id));
    plugin_ = module.factory().create(host_->raw(), module.find(options.kind, options.id),
                                      options.name.c_str());
    if (plugin_ == nullptr) throw StartError(LIMEN_E_INTERNAL, "create failed");
    const Reply started = run([&](CallState& call) { return plugin_->start(plugin_, call.raw()); });
    if (started.status != LIMEN_OK) {
      host_->cancel_open_work();
      plugin_->destroy(plugin_);
      throw StartError(started.status, started.error);
    }
    host_->begin_subscriptions();
  }
  ~Instance() {
    plugin_->stop(plugin_);
    host_->cancel_open_work();
    plugin_->destroy(plugin_);
  }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  FakeHost& host() { return *host_; }
  template <class Table>
  const Table* table(const char* id) const {
    return static_cast<const Table*>(plugin_->get_extension(plugin_, id));
  }
  // How long a call may take on the fake clock.
  void set_timeout(std::chrono::nanoseconds timeout) { timeout_ = timeout; }

  Reply authenticate(const AuthnRequest& request) {
    const std::vector<limen_str> certificates = limen::detail::to_abi_list(request.certificates);
    const std::vector<limen_str> audiences = limen::detail::to_abi_list(request.audiences);
    limen_authn_input input{};
    input.struct_size = sizeof(input);
    input.peer_cert_count = static_cast<std::uint32_t>(certificates.size());
    input.peer_certs_der = certificates.data();
    input.method = to_abi(request.method);
    input.path = to_abi(request.path);
    input.query = to_abi(request.query);
    input.source_ip = to_abi(request.source_ip);
    input.sni = to_abi(request.sni);
    input.bearer_token = to_abi(bearer_token(request.headers));
    input.audiences = audiences.data();
    input.audience_count = static_cast<std::uint32_t>(audiences.size());
    input.header_count = static_cast<std::uint32_t>(request.headers.size());
    input.header = &detail::find_header;
    input.header_at = &detail::header_at;
    const auto* kind = table<limen_authenticator>(LIMEN_KIND_AUTHENTICATOR);
    return run([&](CallState& call) {
      call.headers = &request.headers;
      return kind->authenticate(plugin_, call.raw(), &input, &kAuthnReply);
    });
  }

  Reply authorize(const Action& action) {
    const Borrowed borrowed(action);
    const auto* kind = table<limen_authorizer>(LIMEN_KIND_AUTHORIZER);
    return run([&](CallState& call) {
      return kind->authorize(plugin_, call.raw(), &borrowed.attributes, &kAuthzReply);
    });
  }

  // Throws std::logic_error when the plugin lists no rules.
  Reply rules_for(const UserInfo& user, const std::string& ns) {
    const auto* rules = table<limen_authorizer_rules>(LIMEN_AUTHORIZER_RULES);
    if (rules == nullptr) throw std::logic_error("the plugin lists no rules");
    const Action action{user};
    const Borrowed borrowed(action);
    limen_rules_input input{};
    input.struct_size = sizeof(input);
    input.user = &borrowed.user;
    input.ns = to_abi(ns);
    return run([&](CallState& call) {
      return rules->rules_for(plugin_, call.raw(), &input, &kRulesReply);
    });
  }

  // Reply::token is what was signed. Throws std::logic_error when the plugin signs none.
  Reply issue(const TokenOrder& order) {
    const std::vector<limen_str> audiences = limen::detail::to_abi_list(order.audiences);
    const std::vector<limen_str> own = limen::detail::to_abi_list(order.api_audiences);
    limen_token_request request{};
    request.struct_size = sizeof(request);
    request.ns = to_abi(order.ns);
    request.service_account = to_abi(order.service_account);
    request.service_account_uid = to_abi(order.service_account_uid);
    request.audiences = audiences.data();
    request.audience_count = static_cast<std::uint32_t>(audiences.size());
    request.api_audiences = own.data();
    request.api_audience_count = static_cast<std::uint32_t>(own.size());
    request.bound_kind = to_abi(order.bound_kind);
    request.bound_name = to_abi(order.bound_name);
    request.bound_uid = to_abi(order.bound_uid);
    request.node_name = to_abi(order.node_name);
    request.node_uid = to_abi(order.node_uid);
    request.expiration_seconds = order.expiration_seconds;
    const limen_token_issuer& issuer = token_issuer();
    return run(
        [&](CallState& call) { return issuer.issue(plugin_, call.raw(), &request, &kTokenReply); });
  }
  // Reply::document is LIMEN_ISSUER_CONFIGURATION or LIMEN_ISSUER_KEYS.
  Reply document(std::int32_t which) {
    const limen_token_issuer& issuer = token_issuer();
    return run([&](CallState& call) {
      return issuer.document(plugin_, call.raw(), which, &kDocumentReply);
    });
  }
  // The audiences of the API, as the plugin names them.
  std::vector<std::string> api_audiences() const {
    std::vector<std::string> all;
    token_issuer().audiences(
        plugin_,
        [](void* arg, limen_str audience) {
          static_cast<std::vector<std::string>*>(arg)->push_back(detail::text(audience));
        },
        &all);
    return all;
  }

  // Reply::object is the object afterwards. A plugin that does not mutate leaves it alone.
  Reply admit(const Review& review) {
    const auto* kind = table<limen_admission>(LIMEN_KIND_ADMISSION);
    Reply reply =
        kind->admit == nullptr ? nothing(review) : judge(review, kind->admit, &kAdmitReply);
    try {
      reply.object = reply.admitted() ? apply_edits(review.object, reply.edits) : review.object;
    } catch (const std::invalid_argument& error) {
      reply.status = LIMEN_E_INVALID;
      reply.error = error.what();
      reply.object = review.object;
    }
    return reply;
  }
  Reply validate(const Review& review) {
    const auto* kind = table<limen_admission>(LIMEN_KIND_ADMISSION);
    return kind->validate == nullptr ? nothing(review)
                                     : judge(review, kind->validate, &kValidateReply);
  }
  // The same for many objects at once: every call is begun before any is brought to its end.
  std::vector<Reply> validate_at_once(const std::vector<Review>& reviews) {
    const auto* kind = table<limen_admission>(LIMEN_KIND_ADMISSION);
    std::deque<BorrowedReview> subjects;
    std::vector<CallState*> begun;
    for (const Review& review : reviews) {
      const BorrowedReview& subject = subjects.emplace_back(review);
      begun.push_back(&begin([&](CallState& call) {
        call.admission = &subject.input;
        return kind->validate(plugin_, call.raw(), &subject.input, &kValidateReply);
      }));
    }
    std::vector<Reply> replies;
    for (CallState* const call : begun) replies.push_back(finish(*call));
    return replies;
  }
  // True when asking again about what admit() made of an object changes nothing more.
  bool admits_idempotently(Review review) {
    review.object = admit(review).object;
    review.reinvocation = true;
    return admit(review).object == review.object;
  }

 private:
  // The C form of an Action; points into it.
  struct Borrowed {
    explicit Borrowed(Action&&) = delete;  // its views would dangle
    explicit Borrowed(const Action& action)
        : groups(limen::detail::to_abi_list(action.user.groups)) {
      for (const auto& [key, value] : action.user.extra)
        extra.push_back({to_abi(key), to_abi(value)});
      user.struct_size = sizeof(user);
      user.name = to_abi(action.user.name);
      user.uid = to_abi(action.user.uid);
      user.groups = groups.data();
      user.group_count = static_cast<std::uint32_t>(groups.size());
      user.extra = extra.data();
      user.extra_count = static_cast<std::uint32_t>(extra.size());
      attributes.struct_size = sizeof(attributes);
      attributes.is_resource = action.resource.empty() ? 0 : 1;
      attributes.read_only =
          action.verb == "get" || action.verb == "list" || action.verb == "watch" ? 1 : 0;
      attributes.explain = action.explain ? 1 : 0;
      attributes.user = &user;
      attributes.verb = to_abi(action.verb);
      attributes.api_group = to_abi(action.api_group);
      attributes.api_version = to_abi(action.api_version);
      attributes.resource = to_abi(action.resource);
      attributes.subresource = to_abi(action.subresource);
      attributes.ns = to_abi(action.ns);
      attributes.name = to_abi(action.name);
      attributes.path = to_abi(action.path);
      attributes.field_selector = to_abi(action.field_selector);
      attributes.label_selector = to_abi(action.label_selector);
      fields = borrow(action.field_requirements);
      labels = borrow(action.label_requirements);
      attributes.field_requirements = fields.data();
      attributes.field_requirement_count = static_cast<std::uint32_t>(fields.size());
      attributes.label_requirements = labels.data();
      attributes.label_requirement_count = static_cast<std::uint32_t>(labels.size());
      attributes.field_selector_error = to_abi(action.field_selector_error);
      attributes.label_selector_error = to_abi(action.label_selector_error);
    }
    std::vector<limen_requirement> borrow(const std::vector<Selection>& selections) {
      std::vector<limen_requirement> out;
      for (const Selection& one : selections) {
        const auto& list = values.emplace_back(limen::detail::to_abi_list(one.values));
        out.push_back(
            {to_abi(one.key), list.data(), static_cast<std::uint32_t>(list.size()), one.op});
      }
      return out;
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    std::vector<limen_str> groups;
    std::vector<limen_pair> extra;
    std::vector<limen_requirement> fields, labels;
    std::deque<std::vector<limen_str>> values;
    limen_user user{};
    limen_attributes attributes{};
  };

  const limen_token_issuer& token_issuer() const {
    const auto* issuer = table<limen_token_issuer>(LIMEN_TOKEN_ISSUER);
    if (issuer == nullptr) throw std::logic_error("the plugin signs no tokens");
    return *issuer;
  }

  static Reply nothing(const Review& review) {
    Reply reply;
    reply.status = LIMEN_OK;
    reply.object = review.object;
    return reply;
  }

  // The C form of a Review; points into it.
  struct BorrowedReview {
    explicit BorrowedReview(const Review& review) : borrowed(review.action) {
      const auto node = [](const Json& value) {
        return value.is_null() ? nullptr : to_node(&value);
      };
      input.struct_size = sizeof(input);
      input.operation = review.operation;
      input.attributes = &borrowed.attributes;
      input.kind = to_abi(review.kind);
      input.object = node(review.object);
      input.old_object = node(review.old_object);
      input.options = node(review.options);
      input.dry_run = review.dry_run ? 1 : 0;
      input.reinvocation = review.reinvocation ? 1 : 0;
      input.comes_again = review.comes_again ? 1 : 0;
      input.write = review.write;
    }
    const Borrowed borrowed;
    limen_admission_input input{};
  };

  template <class Function>
  Reply judge(const Review& review, Function function, const limen_admission_reply* sink) {
    const BorrowedReview subject(review);
    return run([&](CallState& call) {
      call.admission = &subject.input;
      return function(plugin_, call.raw(), &subject.input, sink);
    });
  }

  static std::string_view bearer_token(const Pairs& headers) {
    for (const auto& [name, value] : headers) {
      if (detail::same_header(name, "authorization") && value.size() > 7 &&
          detail::same_header(std::string_view(value).substr(0, 7), "bearer ")) {
        return std::string_view(value).substr(7);
      }
    }
    return {};
  }

  // Kept for ever: a late completion must find it.
  CallState& new_call() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return *calls_.emplace_back(std::make_unique<CallState>());
  }

  // As a server does before it makes the plugin.
  void refuse_what_the_host_lacks(const limen_descriptor& plugin) const {
    for (const char* const* id = plugin.required; id != nullptr && *id != nullptr; ++id) {
      if (host_->raw()->get_extension(host_->raw(), *id) != nullptr) continue;
      throw StartError(LIMEN_E_UNSUPPORTED, std::string("this server does not offer ") + *id);
    }
  }

  // Makes one call and brings it to its end.
  template <class Body>
  Reply run(Body&& body) {
    CallState& call = begin(body);
    return finish(call);
  }

  template <class Body>
  CallState& begin(Body&& body) {
    CallState& call = new_call();
    call.deadline_ns = host_->now().count() + timeout_.count();
    call.reply.status = body(call);
    return call;
  }

  Reply finish(CallState& call) {
    bring_to_end(call);
    call.admission = nullptr;
    return call.reply;
  }

  void bring_to_end(CallState& call) {
    if (call.reply.status != LIMEN_PENDING) return;
    while (!call.complete()) {
      if (host_->run_ready() != 0) continue;
      const std::int64_t next = host_->next_timer();
      if (next >= call.deadline_ns) {
        host_->advance(std::chrono::nanoseconds(call.deadline_ns - host_->now().count()));
        call.cancel();
        break;
      }
      host_->advance(std::chrono::nanoseconds(next - host_->now().count()));
    }
    call.reply.status = call.complete() && !call.cancelled ? call.completed_with : LIMEN_E_DEADLINE;
  }

  std::unique_ptr<FakeHost> host_;
  std::chrono::nanoseconds timeout_ = std::chrono::seconds(10);
  std::mutex mutex_;
  std::vector<std::unique_ptr<CallState>> calls_;
  const limen_plugin* plugin_ = nullptr;
};

}  // namespace limen::testkit
