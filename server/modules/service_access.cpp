// "limen.access/1": an admission module's questions to the request's own authorizers.
//
// A question outlives neither the instance (Answers) nor the authorizers (it shares them); it runs
// on the request's loop with a scope of its own, because the request may be over before the answer.
#include <memory>
#include <utility>

#include "authz/chain.h"
#include "modules/call.h"
#include "modules/host_scope.h"
#include "request/call_scope.h"

namespace limen::modules {

namespace {

using AccessDone = void (*)(void* arg, limen_status status, const limen_access_answer* answer);

request::Identity identity_of(const limen_user& user) {
  request::Identity out;
  out.name = to_view(user.name);
  out.uid = to_view(user.uid);
  for (std::uint32_t i = 0; i < user.group_count; ++i) {
    out.groups.emplace_back(to_view(user.groups[i]));
  }
  for (std::uint32_t i = 0; i < user.extra_count; ++i) {
    const std::string_view key = to_view(user.extra[i].key);
    if (out.extra.empty() || out.extra.back().first != key) out.extra.emplace_back(key, 0);
    out.extra.back().second.emplace_back(to_view(user.extra[i].value));
  }
  return out;
}

struct Question {
  Question(base::Executor& loop, base::Deadline deadline) : scope(loop, deadline) {}

  std::shared_ptr<const authz::Chain> authorizers;
  request::Identity user;
  authz::Attributes attributes;
  request::CallScope scope;
  std::shared_ptr<Answers> answers;
  std::uint64_t number = 0;
  authz::Outcome outcome;  // until it is answered: nobody allows

  void give(AccessDone done, void* arg, limen_status status) const {
    limen_access_answer answer{};
    answer.struct_size = sizeof(answer);
    answer.verdict = LIMEN_VERDICT_NO_OPINION;
    if (status == LIMEN_OK) {
      if (outcome.allowed) answer.verdict = LIMEN_ALLOW;
      if (outcome.denied) answer.verdict = LIMEN_DENY;
      answer.reason = to_limen(outcome.reason);
      answer.error = to_limen(outcome.error);
    }
    done(arg, status, &answer);
  }
};

base::Task<void> decide(std::shared_ptr<Question> question) {
  try {
    question->outcome =
        co_await question->authorizers->authorize(question->attributes, question->scope);
  } catch (const std::exception& error) {
    question->outcome.error = error.what();
  }
  question->answers->finish(question->number, LIMEN_OK);
}

void copy_attributes(const limen_attributes& from, Question& to) {
  to.user = identity_of(*from.user);
  authz::Attributes& out = to.attributes;
  out.user = &to.user;
  out.verb = to_view(from.verb);
  out.is_resource = from.is_resource != 0;
  out.group = to_view(from.api_group);
  out.version = to_view(from.api_version);
  out.resource = to_view(from.resource);
  out.subresource = to_view(from.subresource);
  out.ns = to_view(from.ns);
  out.name = to_view(from.name);
  out.path = to_view(from.path);
}

limen_status ask(const limen_host* host, limen_call* handle, const limen_attributes* attributes,
                 AccessDone done, void* arg) noexcept {
  HostScope* const scope = HostScope::of(host);
  if (scope == nullptr || attributes == nullptr || attributes->user == nullptr || done == nullptr) {
    return LIMEN_E_INVALID;
  }
  const Call* const call = CallTable::get().find(handle, "ask");
  if (call == nullptr) return LIMEN_E_INVALID;
  if (call->authorizers == nullptr || call->loop == nullptr) return LIMEN_E_UNSUPPORTED;
  try {
    const auto question = std::make_shared<Question>(*call->loop, call->deadline());
    question->authorizers = call->authorizers;
    question->answers = scope->background().answers();
    copy_attributes(*attributes, *question);
    OwedAnswer owed(question->answers, [question, done, arg](limen_status status) {
      question->give(done, arg, status);
    });
    question->number = owed.number();
    if (question->number == 0) return LIMEN_E_UNAVAILABLE;
    call->loop->post(
        [question] { base::spawn(decide(question), [](const std::exception_ptr&) {}); });
    owed.put();
    return LIMEN_OK;
  } catch (const std::exception&) {
    return LIMEN_E_INTERNAL;
  }
}

}  // namespace

const limen_access_api& access_table() {
  static constexpr limen_access_api table = {sizeof(limen_access_api), 0, ask};
  return table;
}

}  // namespace limen::modules
