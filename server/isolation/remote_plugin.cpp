#include "isolation/remote_plugin.h"

#include "isolation/codec.h"
#include "isolation/metrics_relay.h"
#include "modules/host_scope.h"
#include "modules/inputs.h"
#include "modules/nodes.h"

namespace limen::isolation {

namespace {

using modules::to_limen;
using modules::to_view;

// The calls that are open, by their numbers at the process: a question about rights names its call.
class OpenCalls {
 public:
  void add(std::uint64_t id, limen_call* call) {
    const std::lock_guard lock(mutex_);
    open_[id] = call;
  }
  void remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    open_.erase(id);
  }
  template <class Use>
  bool with(std::uint64_t id, const Use& use) {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(id);
    if (found == open_.end()) return false;
    use(found->second);
    return true;
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, limen_call*> open_;
};

struct RemotePlugin {
  limen_plugin plugin{};
  limen_descriptor descriptor{};
  modules::DescriptorInfo info;  // the descriptor's texts
  const limen_host* host = nullptr;
  const limen_call_api* calls = nullptr;
  std::shared_ptr<ModuleProcess> process;
  std::unique_ptr<RelayedMetrics> metrics;
  mutable OpenCalls open;
  // What the instance said of itself when it started.
  limen_admission admission{};
  bool issuer = false;
  Texts audiences;
};

RemotePlugin& of(const limen_plugin* plugin) { return *static_cast<RemotePlugin*>(plugin->self); }

// An open call: its number at the process, and who is told that nobody waits any more.
struct Ticket {
  std::shared_ptr<ModuleProcess> process;
  std::uint64_t id = 0;
  base::Deadline deadline{};
};

// The host cancels, at the deadline or because the client has gone; never after completion.
void given_up(void* arg) noexcept {
  const auto* ticket = static_cast<const Ticket*>(arg);
  ticket->process->give_up(ticket->id, ticket->deadline);
}

// `take` reads the answer into the host's reply and gives the call's status.
using Take = std::function<limen_status(const Message& answer)>;

limen_status forward(const RemotePlugin& self, limen_call* call, Message question, Take take) {
  const base::Deadline deadline{std::chrono::nanoseconds(self.calls->deadline_ns(call))};
  const auto ticket =
      std::make_shared<Ticket>(Ticket{self.process, self.process->next_id(), deadline});
  self.calls->on_cancel(call, given_up, ticket.get());
  self.open.add(ticket->id, call);
  self.process->ask(ticket->id, std::move(question), deadline,
                    [&self, call, ticket, take = std::move(take)](const Message& answer) {
                      self.open.remove(ticket->id);
                      const limen_call_api* const calls = self.calls;
                      limen_status status = LIMEN_E_UNAVAILABLE;
                      const std::string gone = text_of(answer, "gone");
                      if (gone.empty()) {
                        status = take(answer);
                      } else {
                        calls->fail(call, to_limen(gone));
                      }
                      calls->complete(call, status);
                    });
  return LIMEN_PENDING;
}

limen_status failed(const limen_call_api* calls, limen_call* call, const std::string& error) {
  calls->fail(call, to_limen(error));
  return LIMEN_E_INTERNAL;
}

// ---- authenticator -------------------------------------------------------------------------

Message question_of(limen_call* call, const limen_authn_input& input) {
  Message out;
  out["op"] = "authenticate";
  out["method"] = to_view(input.method);
  out["path"] = to_view(input.path);
  out["query"] = to_view(input.query);
  out["source"] = to_view(input.source_ip);
  out["sni"] = to_view(input.sni);
  out["token"] = to_view(input.bearer_token);
  boost::json::array certificates, audiences, headers;
  for (std::uint32_t i = 0; i < input.peer_cert_count; ++i) {
    certificates.emplace_back(to_view(input.peer_certs_der[i]));
  }
  for (std::uint32_t i = 0; i < input.audience_count; ++i) {
    audiences.emplace_back(to_view(input.audiences[i]));
  }
  for (std::uint32_t i = 0; i < input.header_count; ++i) {
    limen_pair pair{};
    if (input.header_at(call, i, &pair) != LIMEN_OK) break;
    headers.push_back(boost::json::array{to_view(pair.key), to_view(pair.value)});
  }
  out["certificates"] = std::move(certificates);
  out["audiences"] = std::move(audiences);
  out["headers"] = std::move(headers);
  return out;
}

limen_status authenticate(const limen_plugin* plugin, limen_call* call,
                          const limen_authn_input* input, const limen_authn_reply* reply) noexcept {
  const RemotePlugin& self = of(plugin);
  const limen_call_api* const calls = self.calls;
  return forward(self, call, question_of(call, *input), [=](const Message& answer) {
    const authn::Result result = authn_result_of(answer);
    if (result.verdict == authn::Verdict::authenticated) {
      reply->set_user(call, to_limen(result.identity.name), to_limen(result.identity.uid));
      for (const auto& group : result.identity.groups) reply->add_group(call, to_limen(group));
      for (const auto& [key, values] : result.identity.extra) {
        for (const auto& value : values) reply->add_extra(call, to_limen(key), to_limen(value));
      }
      for (const auto& one : result.audiences) reply->add_audience(call, to_limen(one));
      for (const auto& warning : result.warnings) reply->warn(call, to_limen(warning));
      if (result.cache_for.count() > 0) reply->cache_for(call, result.cache_for.count());
    }
    for (const auto& challenge : result.challenges) reply->add_challenge(call, to_limen(challenge));
    for (const auto& [key, value] : result.annotations) {
      reply->annotate(call, to_limen(key), to_limen(value));
    }
    if (result.verdict == authn::Verdict::error) return failed(calls, call, result.error);
    return limen_status{result.verdict == authn::Verdict::authenticated ? LIMEN_OK
                                                                        : LIMEN_NO_OPINION};
  });
}

// ---- authorizer ----------------------------------------------------------------------------

limen_status authorize(const limen_plugin* plugin, limen_call* call,
                       const limen_attributes* attributes,
                       const limen_authz_reply* reply) noexcept {
  Message question;
  question["op"] = "authorize";
  question["attributes"] = to_json(*attributes);
  return forward(of(plugin), call, std::move(question), [=](const Message& answer) {
    const authz::Result result = authz_result_of(answer);
    reply->decide(call, static_cast<std::int32_t>(result.verdict), to_limen(result.reason));
    if (!result.error.empty()) reply->set_error(call, to_limen(result.error));
    if (result.basis != nullptr) {
      reply->set_rule(call, to_limen(result.basis->rule));
      for (const auto& [key, value] : result.basis->causes) {
        reply->add_cause(call, to_limen(key), to_limen(value));
      }
    }
    return limen_status{LIMEN_OK};
  });
}

limen_status rules_for(const limen_plugin* plugin, limen_call* call, const limen_rules_input* input,
                       const limen_rules_reply* reply) noexcept {
  limen_attributes who{};
  who.user = input->user;
  Message question;
  question["op"] = "rules";
  question["user"] = to_json(who)["user"];
  question["ns"] = to_view(input->ns);
  return forward(of(plugin), call, std::move(question), [=](const Message& answer) {
    const auto list = [](const Texts& texts) {
      std::vector<limen_str> out;
      for (const std::string& text : texts) out.push_back(to_limen(text));
      return out;
    };
    const auto view = [](const std::vector<limen_str>& all) {
      return limen_str_list{all.data(), all.size()};
    };
    const authz::Rules rules = rules_of(answer);
    for (const authz::ResourceRule& rule : rules.resource_rules) {
      const auto verbs = list(rule.verbs), groups = list(rule.api_groups),
                 resources = list(rule.resources), names = list(rule.resource_names);
      reply->add_resource_rule(call, view(verbs), view(groups), view(resources), view(names));
    }
    for (const authz::NonResourceRule& rule : rules.non_resource_rules) {
      const auto verbs = list(rule.verbs), urls = list(rule.urls);
      reply->add_non_resource_rule(call, view(verbs), view(urls));
    }
    if (rules.incomplete) reply->set_incomplete(call, to_limen(rules.error));
    return limen_status{LIMEN_OK};
  });
}

// ---- admission -----------------------------------------------------------------------------

void put_node(Message& out, std::string_view key, const limen_node* node) {
  if (node != nullptr) out[key] = *modules::from_node(node);
}

limen_status take_review(limen_call* call, const limen_admission_reply* reply,
                         const limen_call_api* calls, const Message& answer) {
  const admission::Result result = admission_result_of(answer);
  for (const auto& warning : texts_of(answer, "warnings")) reply->warn(call, to_limen(warning));
  for (const auto& [key, value] : pairs_of(answer, "annotations")) {
    reply->annotate(call, to_limen(key), to_limen(value));
  }
  if (!result.error.empty()) return failed(calls, call, result.error);
  if (!result.allowed) {
    reply->deny(call, result.code, to_limen(result.reason), to_limen(result.message));
    for (const base::StatusCause& cause : result.causes) {
      reply->add_cause(call, to_limen(cause.reason), to_limen(cause.message),
                       to_limen(cause.field));
    }
    return LIMEN_OK;
  }
  for (const Edit& edit : edits_of(answer)) {
    if (reply->patch == nullptr) return failed(calls, call, "it changed what it validates");
    if (edit.value == nullptr) {
      reply->patch->remove(call, to_limen(edit.pointer));
    } else {
      const std::string json = boost::json::serialize(*edit.value);
      reply->patch->set_json(call, to_limen(edit.pointer), to_limen(json));
    }
  }
  return LIMEN_OK;
}

limen_status review(const limen_plugin* plugin, limen_call* call,
                    const limen_admission_input* input, const limen_admission_reply* reply,
                    const char* op) {
  const RemotePlugin& self = of(plugin);
  Message question;
  question["op"] = op;
  question["operation"] = input->operation;
  question["attributes"] = to_json(*input->attributes);
  question["kind"] = to_view(input->kind);
  put_node(question, "object", input->object);
  put_node(question, "old", input->old_object);
  put_node(question, "options", input->options);
  question["dryRun"] = input->dry_run != 0;
  question["again"] = input->reinvocation != 0;
  question["comesAgain"] = input->comes_again != 0;
  question["write"] = static_cast<std::int64_t>(input->write);
  const limen_call_api* const calls = self.calls;
  return forward(self, call, std::move(question),
                 [=](const Message& answer) { return take_review(call, reply, calls, answer); });
}

limen_status admit(const limen_plugin* plugin, limen_call* call, const limen_admission_input* input,
                   const limen_admission_reply* reply) noexcept {
  return review(plugin, call, input, reply, "admit");
}

limen_status validate(const limen_plugin* plugin, limen_call* call,
                      const limen_admission_input* input,
                      const limen_admission_reply* reply) noexcept {
  return review(plugin, call, input, reply, "validate");
}

// ---- token issuer --------------------------------------------------------------------------

boost::json::array texts_json(const limen_str* texts, std::uint32_t count) {
  boost::json::array out;
  for (std::uint32_t i = 0; i < count; ++i) out.emplace_back(to_view(texts[i]));
  return out;
}

limen_status issue(const limen_plugin* plugin, limen_call* call, const limen_token_request* request,
                   const limen_token_reply* reply) noexcept {
  Message question;
  question["op"] = "issue";
  question["ns"] = to_view(request->ns);
  question["account"] = to_view(request->service_account);
  question["accountUid"] = to_view(request->service_account_uid);
  question["audiences"] = texts_json(request->audiences, request->audience_count);
  question["apiAudiences"] = texts_json(request->api_audiences, request->api_audience_count);
  question["boundKind"] = to_view(request->bound_kind);
  question["boundName"] = to_view(request->bound_name);
  question["boundUid"] = to_view(request->bound_uid);
  question["node"] = to_view(request->node_name);
  question["nodeUid"] = to_view(request->node_uid);
  question["seconds"] = request->expiration_seconds;
  const limen_call_api* const calls = of(plugin).calls;
  return forward(of(plugin), call, std::move(question), [=](const Message& answer) {
    for (const auto& warning : texts_of(answer, "warnings")) reply->warn(call, to_limen(warning));
    for (const auto& [key, value] : pairs_of(answer, "annotations")) {
      reply->annotate(call, to_limen(key), to_limen(value));
    }
    const std::string error = text_of(answer, "error");
    const std::string token = text_of(answer, "token");
    if (!error.empty() || token.empty()) return failed(calls, call, error);
    reply->grant(call, to_limen(token), number_of(answer, "seconds"));
    for (const auto& one : texts_of(answer, "audiences")) reply->add_audience(call, to_limen(one));
    return limen_status{LIMEN_OK};
  });
}

limen_status document(const limen_plugin* plugin, limen_call* call, std::int32_t which,
                      const limen_document_reply* reply) noexcept {
  Message question;
  question["op"] = "document";
  question["which"] = which;
  const limen_call_api* const calls = of(plugin).calls;
  return forward(of(plugin), call, std::move(question), [=](const Message& answer) {
    const std::string error = text_of(answer, "error");
    if (!error.empty()) return failed(calls, call, error);
    if (!answer.contains("text")) return limen_status{LIMEN_E_NOT_FOUND};
    reply->set_text(call, to_limen(text_of(answer, "text")));
    return limen_status{LIMEN_OK};
  });
}

void audiences(const limen_plugin* plugin, void (*each)(void*, limen_str), void* arg) noexcept {
  for (const std::string& audience : of(plugin).audiences) each(arg, to_limen(audience));
}

// ---- life ----------------------------------------------------------------------------------

// The answer to a question about rights may come after the process has gone: it is then dropped.
struct RightsQuestion {
  std::weak_ptr<ModuleProcess> process;
  std::uint64_t id = 0;
};

void rights_answered(void* arg, limen_status status, const limen_access_answer* answer) noexcept {
  const std::unique_ptr<RightsQuestion> question(static_cast<RightsQuestion*>(arg));
  authz::Result result;
  if (status == LIMEN_OK) {
    result.verdict = answer->verdict == LIMEN_ALLOW  ? authz::Verdict::allow
                     : answer->verdict == LIMEN_DENY ? authz::Verdict::deny
                                                     : authz::Verdict::no_opinion;
    result.reason = to_view(answer->reason);
    result.error = to_view(answer->error);
  }
  if (const auto process = question->process.lock()) {
    process->answer(question->id, to_json(result));
  }
}

void ask_rights(const RemotePlugin& self, std::uint64_t id, const Message& message) {
  const auto* api =
      static_cast<const limen_access_api*>(self.host->get_extension(self.host, LIMEN_ACCESS));
  Question question;
  read_question(object_of(message, "attributes"), question);
  modules::Arena arena;
  const limen_attributes* attributes = modules::make_attributes(arena, question.attributes);
  auto waiting = std::make_unique<RightsQuestion>(RightsQuestion{self.process, id});
  bool asked = false;
  self.open.with(static_cast<std::uint64_t>(number_of(message, "call")), [&](limen_call* call) {
    asked = api->ask(self.host, call, attributes, rights_answered, waiting.get()) == LIMEN_OK;
  });
  if (asked) {
    [[maybe_unused]] auto* const later = waiting.release();
  } else {
    self.process->answer(id, to_json(authz::Result{}));  // denies
  }
}

// ---- questions about the object of a call

const limen_versions_api& versions_api(const RemotePlugin& self) {
  return *static_cast<const limen_versions_api*>(
      self.host->get_extension(self.host, LIMEN_VERSIONS));
}

admission::Version from_row(const limen_version& row) {
  return {std::string(to_view(row.api_group)), std::string(to_view(row.api_version)),
          std::string(to_view(row.kind_group)), std::string(to_view(row.kind_version)),
          std::string(to_view(row.kind))};
}

void list_versions(const RemotePlugin& self, std::uint64_t id, const Message& message) {
  boost::json::array rows;
  const auto add = [](void* arg, const limen_version* row) -> std::int32_t {
    static_cast<boost::json::array*>(arg)->push_back(to_json(from_row(*row)));
    return 1;
  };
  self.open.with(static_cast<std::uint64_t>(number_of(message, "call")),
                 [&](limen_call* call) { versions_api(self).list(self.host, call, add, &rows); });
  Message out;
  out["versions"] = std::move(rows);
  self.process->answer(id, std::move(out));
}

// As with rights, the process may be gone when the object comes.
struct ConversionQuestion {
  std::weak_ptr<ModuleProcess> process;
  std::uint64_t id = 0;
};

Message no_conversion(limen_status status, std::string_view why) {
  Message out;
  out["status"] = status;
  out["error"] = why;
  return out;
}

void converted(void* arg, limen_status status, const limen_node* object, limen_str error) noexcept {
  const std::unique_ptr<ConversionQuestion> question(static_cast<ConversionQuestion*>(arg));
  const auto process = question->process.lock();
  if (process == nullptr) return;
  Message out;
  if (status == LIMEN_OK) {
    put_node(out, "object", object);
  } else {
    out = no_conversion(status, to_view(error));
  }
  process->answer(question->id, std::move(out));
}

void convert(const RemotePlugin& self, std::uint64_t id, const Message& message) {
  const admission::Version target = version_of(object_of(message, "target"));
  limen_version row{};
  row.struct_size = sizeof(row);
  row.kind_group = to_limen(target.kind_group);
  row.kind_version = to_limen(target.kind_version);
  row.kind = to_limen(target.kind);
  const auto* object = message.if_contains("object");
  const std::string json = object == nullptr ? std::string() : boost::json::serialize(*object);
  auto waiting = std::make_unique<ConversionQuestion>(ConversionQuestion{self.process, id});
  limen_status status = LIMEN_E_CANCELLED;
  self.open.with(static_cast<std::uint64_t>(number_of(message, "call")), [&](limen_call* call) {
    status =
        versions_api(self).convert(self.host, call, to_limen(json), &row, converted, waiting.get());
  });
  if (status == LIMEN_OK) {
    [[maybe_unused]] auto* const later = waiting.release();
  } else {
    self.process->answer(id, no_conversion(status, "the server does not convert it"));
  }
}

// Causes come with the answer.
void note_refusal(const RemotePlugin& self, const Message& message) {
  const admission::Result refusal = admission_result_of(message);
  self.open.with(static_cast<std::uint64_t>(number_of(message, "call")), [&](limen_call* call) {
    modules::admission_reply_table(false).deny(call, refusal.code, to_limen(refusal.reason),
                                               to_limen(refusal.message));
  });
}

void handle(RemotePlugin& self, std::uint64_t id, const Message& message) {
  const std::string op = text_of(message, "op");
  if (op == "metrics") {
    self.metrics->take(message);
  } else if (op == "rights") {
    const auto* api =
        static_cast<const limen_rights_api*>(self.host->get_extension(self.host, LIMEN_RIGHTS));
    api->changed(self.host);
  } else if (op == "ask") {
    ask_rights(self, id, message);
  } else if (op == "versions") {
    list_versions(self, id, message);
  } else if (op == "convert") {
    convert(self, id, message);
  } else if (op == "refused") {
    note_refusal(self, message);
  }
}

limen_status started(RemotePlugin& self, limen_call* call, const Message& answer) {
  std::string error = text_of(answer, "error");
  if (error.empty()) error = text_of(answer, "gone");
  if (!error.empty()) return failed(self.calls, call, error);
  self.admission = {sizeof(limen_admission),
                    static_cast<std::uint32_t>(number_of(answer, "operations")),
                    flag_of(answer, "mutates") ? admit : nullptr,
                    flag_of(answer, "validates") ? validate : nullptr};
  self.issuer = flag_of(answer, "issuer");
  self.audiences = texts_of(answer, "audiences");
  return LIMEN_OK;
}

limen_status start(const limen_plugin* plugin, limen_call* call) noexcept {
  RemotePlugin& self = of(plugin);
  modules::HostScope* const scope = modules::HostScope::of(self.host);
  self.calls = static_cast<const limen_call_api*>(self.host->get_extension(self.host, LIMEN_CALL));
  if (scope == nullptr || self.calls == nullptr) return LIMEN_E_UNSUPPORTED;
  self.metrics = std::make_unique<RelayedMetrics>(scope->metrics());
  scope->objects().follow_through(self.process);
  self.process->on_request(
      [&self](std::uint64_t id, Message& message) { handle(self, id, message); });
  self.process->start(scope->config().root(), [&self, call](const Message& answer) {
    self.calls->complete(call, started(self, call, answer));
  });
  return LIMEN_PENDING;
}

void stop(const limen_plugin* plugin) noexcept {
  of(plugin).process->stop(base::SteadyClock::now() + std::chrono::seconds(2));
}

void destroy(const limen_plugin* plugin) noexcept {
  stop(plugin);  // one whose start failed was never stopped
  delete &of(plugin);
}

const void* extension(const limen_plugin* plugin, const char* id) noexcept {
  static constexpr limen_authenticator kAuthenticator{sizeof(limen_authenticator), 0, authenticate};
  static constexpr limen_authorizer kAuthorizer{sizeof(limen_authorizer), 0, authorize};
  static constexpr limen_authorizer_rules kRules{sizeof(limen_authorizer_rules), 0, rules_for};
  static constexpr limen_token_issuer kIssuer{sizeof(limen_token_issuer), 0, issue, document,
                                              audiences};
  const RemotePlugin& self = of(plugin);
  const std::string_view wanted = id == nullptr ? "" : id;
  if (wanted == LIMEN_TOKEN_ISSUER) return self.issuer ? &kIssuer : nullptr;
  if (wanted == LIMEN_AUTHORIZER_RULES && self.info.kind == LIMEN_KIND_AUTHORIZER) return &kRules;
  if (wanted != self.info.kind) return nullptr;
  if (wanted == LIMEN_KIND_AUTHENTICATOR) return &kAuthenticator;
  if (wanted == LIMEN_KIND_AUTHORIZER) return &kAuthorizer;
  return wanted == LIMEN_KIND_ADMISSION ? &self.admission : nullptr;
}

}  // namespace

const limen_plugin* make_remote_plugin(const limen_host* host,
                                       const modules::DescriptorInfo& descriptor,
                                       std::shared_ptr<ModuleProcess> process) {
  auto made = std::make_unique<RemotePlugin>();
  made->info = descriptor;
  made->host = host;
  made->process = std::move(process);
  made->descriptor.struct_size = sizeof(limen_descriptor);
  made->descriptor.flags = descriptor.flags;
  made->descriptor.id = made->info.id.c_str();
  made->descriptor.kind = made->info.kind.c_str();
  made->descriptor.version = made->info.version.c_str();
  made->plugin = {
      sizeof(limen_plugin), 0, &made->descriptor, made.get(), start, stop, destroy, extension};
  return &made.release()->plugin;
}

}  // namespace limen::isolation
