#include "session.h"

#include <dlfcn.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <set>
#include <thread>

#include "report.h"

namespace limen::module_check {

using namespace std::chrono_literals;
using testkit::Reply;

namespace {

// Whatever the module lets out of `body` ends here: see on_terminate() in report.cpp.
template <class Body>
auto barrier(Body&& body) noexcept {
  return body();
}

bool is_known(limen_status status) {
  return status <= LIMEN_NO_OPINION && status >= LIMEN_E_CONFLICT;
}

std::string hex(std::uint32_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) out += kDigits[(value >> shift) & 15];
  return out;
}

bool entry_is_sound(const limen_module_entry_t& entry) {
  if (entry.magic != LIMEN_ABI_MAGIC) {
    fault("entry", "limen_module_entry.magic is " + hex(entry.magic) + ", not LIMEN_ABI_MAGIC");
    return false;
  }
  if (entry.abi_major != LIMEN_ABI_MAJOR || entry.abi_minor > LIMEN_ABI_MINOR) {
    fault("entry", "it needs module ABI " + std::to_string(entry.abi_major) + "." +
                       std::to_string(entry.abi_minor) + ", this limen-module-check knows " +
                       std::to_string(LIMEN_ABI_MAJOR) + "." + std::to_string(LIMEN_ABI_MINOR) +
                       ": install a newer limen-sdk or lower LIMEN_TARGET_MINOR");
    return false;
  }
  if (entry.struct_size < sizeof(limen_module_entry_t) || entry.flags != 0) {
    fault("entry", "limen_module_entry has the struct_size " + std::to_string(entry.struct_size) +
                       " and the flags " + hex(entry.flags) + "; those of 1.0 are " +
                       std::to_string(sizeof(limen_module_entry_t)) + " and 0");
    return false;
  }
  if (entry.get_factory == nullptr) {
    fault("entry", "limen_module_entry.get_factory is NULL");
    return false;
  }
  return true;
}

}  // namespace

bool Loaded::open(const std::string& file) {
  stage("a constructor of the file");
  void* handle =
      barrier([&] { return ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE); });
  if (handle == nullptr) {
    const char* why = ::dlerror();
    fault("open", std::string("it cannot be opened: ") + (why == nullptr ? "no reason" : why));
    return false;
  }
  entry_ = static_cast<const limen_module_entry_t*>(::dlsym(handle, "limen_module_entry"));
  if (entry_ == nullptr) {
    fault("entry", "it exports no limen_module_entry: is LIMEN_EXPORT_MODULE(...) there?");
    return false;
  }
  return entry_is_sound(*entry_);
}

bool Loaded::enter(const std::string& file) {
  stage("init()");
  if (entry_->init != nullptr) {
    const limen_status status = barrier([&] { return entry_->init(file.c_str()); });
    if (status != LIMEN_OK) {
      fault("init", "init() failed with status " + std::to_string(status));
      return false;
    }
  }
  stage("get_factory()");
  factory_ = static_cast<const limen_factory*>(
      barrier([&] { return entry_->get_factory(LIMEN_FACTORY); }));
  if (factory_ == nullptr || factory_->struct_size < sizeof(limen_factory) ||
      factory_->count == 0 || factory_->descriptor == nullptr || factory_->create == nullptr) {
    fault("factory", "get_factory(LIMEN_FACTORY) gives no whole factory with a plugin in it");
    return false;
  }
  return true;
}

void Loaded::leave() {
  stage("deinit()");
  if (entry_->deinit != nullptr) barrier([&] { entry_->deinit(); });
}

std::string told(const Reply& reply) {
  const auto list = [](const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) out += (out.empty() ? "" : ",") + item;
    return out;
  };
  std::string out = "status " + std::to_string(reply.status);
  if (!reply.error.empty()) out += " \"" + reply.error + "\"";
  if (!reply.user.empty()) out += " user " + reply.user + " (" + list(reply.groups) + ")";
  if (reply.status == LIMEN_OK && reply.user.empty())
    out += " verdict " + std::to_string(reply.verdict);
  if (!reply.reason.empty()) out += " \"" + reply.reason + "\"";
  if (reply.denied) out += " refused " + std::to_string(reply.code) + " \"" + reply.message + "\"";
  for (const testkit::Edit& edit : reply.edits) {
    out += " edit " + edit.pointer + "=" + boost::json::serialize(edit.value);
  }
  return out;
}

Session::Session(const Loaded& module, std::uint32_t index, testkit::Json config, Options options)
    : module_(module),
      descriptor_(module.descriptor(index)),
      index_(index),
      options_(options),
      host_(std::make_unique<WatchedHost>(std::move(config))) {}

Session::Session(const Loaded& module, std::uint32_t index, testkit::Json config)
    : Session(module, index, std::move(config), Options()) {}

Session::~Session() {
  stop();
  // What a module may still use by mistake stays, so that the mistake is seen.
  static std::mutex mutex;
  static auto& hosts = *new std::vector<std::unique_ptr<WatchedHost>>;
  static auto& calls = *new std::vector<CallPtr>;
  const std::lock_guard<std::mutex> lock(mutex);
  if (options_.keep_host) hosts.push_back(std::move(host_));
  if (options_.keep_calls) std::move(kept_.begin(), kept_.end(), std::back_inserter(calls));
}

std::string Session::start() {
  stage("create()");
  plugin_ = barrier([&] { return module_.factory().create(host_->raw(), index_, "check"); });
  if (plugin_ == nullptr) return "create() gave nothing";
  if (plugin_->struct_size < sizeof(limen_plugin) || plugin_->start == nullptr ||
      plugin_->stop == nullptr || plugin_->destroy == nullptr ||
      plugin_->get_extension == nullptr) {
    fault("plugin", "create() gave a plugin that lacks a function or is shorter than in 1.0");
    plugin_ = nullptr;
    return "it is not whole";
  }
  host_->enter(WatchedHost::Phase::starting);
  const Reply reply =
      run("start()", false, [&](WatchedCall& call) { return plugin_->start(plugin_, call.raw()); });
  if (reply.status != LIMEN_OK) {
    stop();
    return reply.error.empty() ? "start() gave status " + std::to_string(reply.status)
                               : reply.error;
  }
  started_ = true;
  host_->enter(WatchedHost::Phase::running);
  stage("a subscription");
  barrier([&] { host_->fake().begin_subscriptions(); });
  const std::string kind = descriptor_.kind;
  const auto own = [&](const char* id) { return barrier([&] { return table(id); }); };
  if (kind == LIMEN_KIND_AUTHENTICATOR) {
    authenticator_ = static_cast<const limen_authenticator*>(own(LIMEN_KIND_AUTHENTICATOR));
  } else if (kind == LIMEN_KIND_AUTHORIZER) {
    authorizer_ = static_cast<const limen_authorizer*>(own(LIMEN_KIND_AUTHORIZER));
  } else if (kind == LIMEN_KIND_ADMISSION) {
    admission_ = static_cast<const limen_admission*>(own(LIMEN_KIND_ADMISSION));
  }
  return {};
}

void Session::stop() {
  if (plugin_ == nullptr) return;
  const limen_plugin* const plugin = std::exchange(plugin_, nullptr);
  if (started_) {
    stage("stop()");
    barrier([&] { plugin->stop(plugin); });
  }
  stage("work that was cancelled by stop()");
  barrier([&] { host_->fake().cancel_open_work(); });
  wait_for_open_calls();
  stage("destroy()");
  barrier([&] { plugin->destroy(plugin); });
  host_->enter(WatchedHost::Phase::destroyed);
}

void Session::wait_for_open_calls() {
  for (int i = 0; i < 400; ++i) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool open =
        std::any_of(kept_.begin(), kept_.end(), [](const CallPtr& call) { return !call->ended; });
    if (!open) return;
    std::this_thread::sleep_for(5ms);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const CallPtr& call : kept_) {
    if (call->ended) continue;
    fault("never-completed", std::string("a call of ") + call->name +
                                 " was never completed, neither at its deadline nor after stop(): "
                                 "finish or fail every call that was left pending");
  }
}

// The module's own threads may be at it; nothing of the host's is left to do.
bool Session::wait_outside(WatchedCall& call) {
  std::unique_lock<std::mutex> lock(call.mutex);
  const bool done = call.changed.wait_for(lock, std::chrono::milliseconds(patience_ms_.load()),
                                          [&] { return call.completions > 0; });
  if (!done) patience_ms_ = 20;  // one that hangs is waited for once
  return done;
}

limen_status Session::finish(WatchedCall& call, limen_status status) {
  if (!is_known(status)) {
    fault("unknown-value", std::string(call.name) + " gave the status " + std::to_string(status) +
                               ", which no host knows");
  }
  if (status != LIMEN_PENDING) {
    if (call.ended.exchange(true)) {
      fault("double-completion", std::string(call.name) +
                                     " completed its call and then returned a status other than "
                                     "LIMEN_PENDING: do one of the two");
    }
    return status;
  }
  testkit::FakeHost& fake = host_->fake();
  while (!call.complete()) {
    if (fake.run_ready() != 0) continue;
    const std::int64_t next = fake.next_timer();
    if (next < call.deadline_ns) {
      fake.advance(std::chrono::nanoseconds(std::max<std::int64_t>(0, next - fake.now().count())));
      continue;
    }
    if (wait_outside(call)) break;
    fake.advance(
        std::chrono::nanoseconds(std::max<std::int64_t>(0, call.deadline_ns - fake.now().count())));
    call.cancel();
    fake.run_ready();
    return LIMEN_E_DEADLINE;
  }
  return call.completed_with;
}

template <class Body>
Reply Session::run(const char* name, bool cancelled, Body&& body) {
  auto call = std::make_unique<WatchedCall>(name, options_.guard);
  call->deadline_ns = host_->fake().now().count() + 10'000'000'000;
  if (cancelled) call->cancelled = true;
  stage(name);
  struct rusage before {
  }, after{};
  ::getrusage(RUSAGE_THREAD, &before);
  const limen_status status = barrier([&] { return body(*call); });
  ::getrusage(RUSAGE_THREAD, &after);
  waits_ += after.ru_nvcsw - before.ru_nvcsw;
  const limen_status last = barrier([&] { return finish(*call, status); });
  Reply reply = call->reply;
  reply.status = last;
  put_away(std::move(call));
  return reply;
}

void Session::put_away(CallPtr call) {
  if (call->ended) {
    call->arena.retire();
    if (!options_.keep_calls) return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  kept_.push_back(std::move(call));
}

// ---- a sample in the ABI's form, in the call's own memory

namespace {

const limen_user* user_of(Arena& arena, const testkit::UserInfo& from) {
  auto* user = arena.make<limen_user>();
  user->struct_size = sizeof(limen_user);
  user->name = arena.text(from.name);
  user->uid = arena.text(from.uid);
  std::vector<limen_str> groups;
  for (const std::string& group : from.groups) groups.push_back(arena.text(group));
  user->groups = arena.list(groups);
  user->group_count = static_cast<std::uint32_t>(groups.size());
  std::vector<limen_pair> extra;
  for (const auto& [key, value] : from.extra) extra.push_back({arena.text(key), arena.text(value)});
  user->extra = arena.list(extra);
  user->extra_count = static_cast<std::uint32_t>(extra.size());
  return user;
}

const limen_requirement* requirements(Arena& arena, const std::vector<testkit::Selection>& from) {
  std::vector<limen_requirement> out;
  for (const testkit::Selection& one : from) {
    std::vector<limen_str> values;
    for (const std::string& value : one.values) values.push_back(arena.text(value));
    out.push_back({arena.text(one.key), arena.list(values),
                   static_cast<std::uint32_t>(values.size()), one.op});
  }
  return arena.list(out);
}

const limen_attributes* attributes_of(Arena& arena, const testkit::Action& from) {
  auto* out = arena.make<limen_attributes>();
  out->struct_size = sizeof(limen_attributes);
  out->is_resource = from.resource.empty() ? 0 : 1;
  out->read_only = from.verb == "get" || from.verb == "list" || from.verb == "watch" ? 1 : 0;
  out->explain = from.explain ? 1 : 0;
  out->user = user_of(arena, from.user);
  out->verb = arena.text(from.verb);
  out->api_group = arena.text(from.api_group);
  out->api_version = arena.text(from.api_version);
  out->resource = arena.text(from.resource);
  out->subresource = arena.text(from.subresource);
  out->ns = arena.text(from.ns);
  out->name = arena.text(from.name);
  out->path = arena.text(from.path);
  out->field_selector = arena.text(from.field_selector);
  out->label_selector = arena.text(from.label_selector);
  out->field_requirements = requirements(arena, from.field_requirements);
  out->field_requirement_count = static_cast<std::uint32_t>(from.field_requirements.size());
  out->label_requirements = requirements(arena, from.label_requirements);
  out->label_requirement_count = static_cast<std::uint32_t>(from.label_requirements.size());
  out->field_selector_error = arena.text(from.field_selector_error);
  out->label_selector_error = arena.text(from.label_selector_error);
  return out;
}

std::string bearer(const testkit::Pairs& headers) {
  for (const auto& [name, value] : headers) {
    if (testkit::detail::same_header(name, "authorization") && value.size() > 7 &&
        testkit::detail::same_header(value.substr(0, 7), "bearer ")) {
      return value.substr(7);
    }
  }
  return {};
}

const limen_authn_input* input_of(Arena& arena, const testkit::AuthnRequest& from) {
  auto* input = arena.make<limen_authn_input>();
  const auto texts = [&](const std::vector<std::string>& all) {
    std::vector<limen_str> out;
    for (const std::string& one : all) out.push_back(arena.text(one));
    return arena.list(out);
  };
  input->struct_size = sizeof(limen_authn_input);
  input->method = arena.text(from.method);
  input->path = arena.text(from.path);
  input->query = arena.text(from.query);
  input->source_ip = arena.text(from.source_ip);
  input->sni = arena.text(from.sni);
  input->bearer_token = arena.text(bearer(from.headers));
  input->peer_certs_der = texts(from.certificates);
  input->peer_cert_count = static_cast<std::uint32_t>(from.certificates.size());
  input->audiences = texts(from.audiences);
  input->audience_count = static_cast<std::uint32_t>(from.audiences.size());
  input->header_count = static_cast<std::uint32_t>(from.headers.size());
  input->header = &testkit::detail::find_header;
  input->header_at = &testkit::detail::header_at;
  return input;
}

const limen_admission_input* input_of(Arena& arena, const testkit::Review& from) {
  const auto node = [](const testkit::Json& value) {
    return value.is_null() ? nullptr : testkit::to_node(&value);
  };
  auto* input = arena.make<limen_admission_input>();
  input->struct_size = sizeof(limen_admission_input);
  input->operation = from.operation;
  input->attributes = attributes_of(arena, from.action);
  input->kind = arena.text(from.kind);
  input->object = node(from.object);
  input->old_object = node(from.old_object);
  input->options = node(from.options);
  input->dry_run = from.dry_run ? 1 : 0;
  input->reinvocation = from.reinvocation ? 1 : 0;
  return input;
}

Reply nothing_to_say() {
  Reply reply;
  reply.status = LIMEN_OK;
  return reply;
}

}  // namespace

Reply Session::ask(const Sample& sample, bool cancelled) {
  switch (sample.what) {
    case Ask::authenticate:
      if (authenticator_ == nullptr || authenticator_->authenticate == nullptr) break;
      return run("authenticate()", cancelled, [&](WatchedCall& call) {
        call.headers = &sample.request.headers;
        return authenticator_->authenticate(plugin_, call.raw(),
                                            input_of(call.arena, sample.request), &kWatchedAuthn);
      });
    case Ask::authorize:
      if (authorizer_ == nullptr || authorizer_->authorize == nullptr) break;
      return run("authorize()", cancelled, [&](WatchedCall& call) {
        return authorizer_->authorize(plugin_, call.raw(), attributes_of(call.arena, sample.action),
                                      &kWatchedAuthz);
      });
    case Ask::rules_for: {
      const auto* rules = static_cast<const limen_authorizer_rules*>(table(LIMEN_AUTHORIZER_RULES));
      if (rules == nullptr || rules->rules_for == nullptr) break;
      return run("rules_for()", cancelled, [&](WatchedCall& call) {
        auto* input = call.arena.make<limen_rules_input>();
        input->struct_size = sizeof(limen_rules_input);
        input->user = user_of(call.arena, sample.action.user);
        input->ns = call.arena.text(sample.action.ns);
        return rules->rules_for(plugin_, call.raw(), input, &kWatchedRules);
      });
    }
    case Ask::admit:
      if (admission_ == nullptr || admission_->admit == nullptr) break;
      return run("admit()", cancelled, [&](WatchedCall& call) {
        call.admission = input_of(call.arena, sample.review);
        return admission_->admit(plugin_, call.raw(), call.admission, &kWatchedAdmit);
      });
    case Ask::validate:
      if (admission_ == nullptr || admission_->validate == nullptr) break;
      return run("validate()", cancelled, [&](WatchedCall& call) {
        call.admission = input_of(call.arena, sample.review);
        return admission_->validate(plugin_, call.raw(), call.admission, &kWatchedValidate);
      });
  }
  return nothing_to_say();
}

}  // namespace limen::module_check
