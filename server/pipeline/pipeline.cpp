#include "pipeline/pipeline.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "authz/attributes.h"
#include "observability/log.h"
#include "pipeline/impersonation.h"
#include "pipeline/latencies.h"
#include "pipeline/request_metrics.h"
#include "pipeline/stages.h"
#include "pipeline/still_allowed.h"

namespace limen::pipeline {

namespace {

// Row Z3. What failed inside an authorizer is not told.
void annotate(request::CallScope& scope, const authz::Outcome& outcome) {
  const bool failed = !outcome.allowed && !outcome.error.empty();
  if (!failed) {
    scope.annotations.emplace_back("authorization.k8s.io/decision",
                                   outcome.allowed ? "allow" : "forbid");
  }
  scope.annotations.emplace_back("authorization.k8s.io/reason",
                                 failed ? "internal error" : outcome.reason);
}

}  // namespace

// A request at work: its context and what the pipeline itself must remember of it.
class Pipeline::Running {
 public:
  Running(std::shared_ptr<transport::Exchange> exchange, base::Deadline deadline)
      : context(std::move(exchange), deadline) {}

  request::RequestContext context;
  api::AccessChainsPtr chains;  // the generation it began with, for its whole life
  InFlight::Slot slot;
  fairness::Place place;
  base::Deadline started = base::SteadyClock::now();
  base::SystemTime received;  // the same by the calendar; for audit alone, as are
  Latencies latencies;
  base::Executor::TimerId timer = 0;
  bool long_running = false;
  bool identified = false;  // its user is known; the auditor has been told
  bool done = false;
};

Pipeline::Pipeline(Options options, std::function<api::AccessChainsPtr()> chains, Dispatch dispatch,
                   audit::Auditor* auditor)
    : options_(std::move(options)),
      chains_(std::move(chains)),
      dispatch_(std::move(dispatch)),
      auditor_(auditor),
      in_flight_(options.max_in_flight, options.max_mutating_in_flight) {}

void Pipeline::handle(std::shared_ptr<transport::Exchange> exchange) {
  const auto now = base::SteadyClock::now();
  auto running = std::make_shared<Running>(
      std::move(exchange),
      now + std::chrono::duration_cast<base::SteadyClock::duration>(options_.request_timeout));
  if (auditor_ != nullptr) running->received = std::chrono::system_clock::now();
  base::spawn(run(running), [this, running](std::exception_ptr) {
    running->done = true;
    running->slot = {};
    running->place.leave();
    running->context.scope.loop.cancel_timer(running->timer);
    const auto took = base::SteadyClock::now() - running->started;
    record_request(running->context, took);
    if (!running->context.audit) return;
    if (!running->long_running) running->latencies.annotate(running->context.scope, took);
    auditor_->complete(running->context);
  });
  // Most requests are answered by now; only one that waits needs a timer.
  if (!running->done && !running->long_running) arm_deadline(running);
}

// The clock that ends a request which waits too long, and the ear for a client that has gone.
void Pipeline::arm_deadline(const std::shared_ptr<Running>& running) {
  request::RequestContext& context = running->context;
  context.exchange().on_cancel([weak = std::weak_ptr<Running>(running)] {
    if (const auto gone = weak.lock()) give_up(*gone);
  });
  running->timer = context.scope.loop.post_at(context.scope.deadline, [running] {
    if (running->done) return;
    running->context.fail(
        base::ApiError::timeout("Timeout: request did not complete within the allotted timeout"));
    give_up(*running);
  });
}

// Tells those who work for the request elsewhere that nobody waits for it any more.
void Pipeline::give_up(Running& running) {
  running.context.scope.cancelled->store(true);
  if (running.context.scope.on_cancel) std::exchange(running.context.scope.on_cancel, nullptr)();
}

base::Task<void> Pipeline::run(std::shared_ptr<Running> running) {
  request::RequestContext& context = running->context;
  try {
    co_await pass_stages(*running);
  } catch (const base::ApiError& error) {
    if (auditor_ != nullptr && !running->identified) {
      auditor_->refused(context, running->received, error);
    }
    context.fail(error);
  } catch (const std::exception& error) {
    log::error(
        "a request failed inside the server",
        {{"auditID", context.audit_id}, {"path", context.info.path}, {"error", error.what()}});
    if (auditor_ != nullptr) auditor_->panic(context, error.what());
    context.fail(base::ApiError::internal("the server failed to handle this request"));
  }
}

// The way of a request, in the one order that is right:
base::Task<void> Pipeline::pass_stages(Running& running) {
  request::RequestContext& context = running.context;

  // Every answer bears an audit id, a refusal above all.
  assign_audit_id(context);
  if (!options_.strict_transport_security.empty()) {
    context.headers.emplace_back("Strict-Transport-Security", options_.strict_transport_security);
  }

  // The path is read once; every later stage and the router go by this reading.
  parse_target(context);

  // A bad timeout is told to anybody, before who they are is asked (kube-apiserver's order). What
  // lives long has none.
  running.long_running = is_long_running(context.info);
  if (!running.long_running) {
    const auto allotted = allotted_time(context.info, options_.request_timeout);
    context.scope.deadline =
        running.started + std::chrono::duration_cast<base::SteadyClock::duration>(allotted);
  }

  // A browser asks ahead, without a credential, what a page of another origin may do.
  if (options_.cross_origin && options_.cross_origin->answer(context)) co_return;

  // From here on the request belongs to one configuration, whatever is reloaded meanwhile.
  running.chains = chains_();

  if (auditor_ != nullptr) running.latencies.start(base::SteadyClock::now());

  // Who are you? The local listener has no authentication: whoever reaches it is the superuser.
  if (context.exchange().listener() == transport::Listener::local) {
    context.user = {
        "system:unsecured",
        "",
        {std::string(request::kMastersGroup), std::string(request::kAuthenticatedGroup)},
        {}};
  } else {
    co_await authenticate(context, *running.chains);
  }

  // What you do from here on is recorded, what you may not do above all.
  running.identified = true;
  if (auditor_ != nullptr) running.latencies.lap("authentication");
  if (auditor_ != nullptr) {
    if (const auto stored = auditor_->begin(context, running.received, running.long_running)) {
      auditor_->go_on(context, co_await *stored);
      // Whoever has waited for too long was told so: nothing is done for them any more.
      if (context.scope.cancelled->load()) {
        throw base::ApiError::timeout(
            "Timeout: request did not complete within the allotted timeout");
      }
    }
  }

  // Who do you act as? Before the queue and the rights, which go by the impersonated user.
  co_await impersonate(context, running.chains->authz);
  if (context.impersonator && context.audit) running.latencies.lap("impersonation");

  // Is there room? After authentication, so that strangers cannot fill the house by being many, and
  // so that administrators always get in.
  if (options_.fairness == nullptr) {
    if (!take_slot(running)) co_return refuse_overload(context);
  } else {
    fairness::Decision decision = take_place(running);
    if (decision == fairness::Decision::waiting) decision = co_await wait_for_place(running);
    if (decision != fairness::Decision::execute) co_return refuse_overload(context);
  }

  // May you? Before the body is read: what is refused is never parsed.
  if (context.exchange().listener() != transport::Listener::local) {
    co_await authorize(context, *running.chains);
    if (context.audit) running.latencies.lap("authorization");
  }

  std::optional<LongRunning> counted;
  if (running.long_running) counted.emplace(context);

  // Do it: admission, validation and the store lie within the verbs.
  co_await dispatch_(context, running.chains);
}

// Counts a request among those at work; false when there are too many.
bool Pipeline::take_slot(Running& running) {
  const request::RequestContext& context = running.context;
  if (running.long_running || context.user.in_group(request::kMastersGroup)) return true;
  const std::string& verb = context.info.verb;
  const bool reads = verb == "get" || verb == "list" || verb == "watch" || verb == "head";
  running.slot = in_flight_.enter(!reads);
  return static_cast<bool>(running.slot);
}

// Of requests that live long only watches count, and those only until they have begun.
fairness::Decision Pipeline::take_place(Running& running) {
  request::RequestContext& context = running.context;
  const bool watch = context.info.verb == "watch";
  if (running.long_running && !watch) return fairness::Decision::execute;
  const fairness::Decision decision =
      options_.fairness->enter(running.place, {context.info, context.user}, context.scope.loop);
  context.flow = {running.place.schema_uid(), running.place.level_uid()};
  if (watch) context.initialized = [&running] { running.place.leave(); };
  return decision;
}

// A request waits for a quarter of its time, a watch as long as others, and nobody for more than a
// minute.
base::Task<fairness::Decision> Pipeline::wait_for_place(Running& running) {
  using Duration = base::SteadyClock::duration;
  request::RequestContext& context = running.context;
  const Duration allotted = running.long_running
                                ? std::chrono::duration_cast<Duration>(options_.request_timeout)
                                : context.scope.deadline - running.started;
  const base::Deadline until =
      running.started + std::min<Duration>(allotted / 4, std::chrono::minutes(1));
  const base::Executor::TimerId timer = context.scope.loop.post_at(
      until, [&running] { running.place.give_up(fairness::Decision::timed_out); });
  const auto gone = [&running] { running.place.give_up(fairness::Decision::cancelled); };
  // Others are told by arm_deadline(); whoever has gone already is not told again.
  if (running.long_running) {
    context.exchange().on_cancel(gone);
  } else {
    context.scope.on_cancel = gone;
  }
  if (context.exchange().cancelled()) gone();
  const base::OneShot<fairness::Decision> answer = running.place.answer();
  const fairness::Decision decision = co_await answer;
  context.scope.loop.cancel_timer(timer);
  context.scope.on_cancel = nullptr;
  if (running.long_running) context.exchange().on_cancel(nullptr);
  if (context.audit) running.latencies.lap("apf-queue-wait");
  co_return decision;
}

base::Task<void> Pipeline::authenticate(request::RequestContext& context,
                                        const api::AccessChains& chains) {
  authn::Credentials credentials;
  credentials.method = context.head().method;
  credentials.path = context.info.path;
  const std::string_view target = context.head().target;
  const std::size_t question = target.find('?');
  if (question != std::string_view::npos) credentials.query = target.substr(question + 1);
  credentials.bearer_token = bearer_token(context);
  std::string by_websocket;
  if (credentials.bearer_token.empty()) {
    by_websocket = websocket_token(context.head());
    credentials.bearer_token = by_websocket;
  }
  credentials.head = &context.head();
  credentials.peer = &context.exchange().peer();

  const base::Deadline began = base::SteadyClock::now();
  authn::Outcome outcome = co_await chains.authn.authenticate(credentials, context.scope);
  record_authentication(outcome, base::SteadyClock::now() - began);
  if (chains.shadows != nullptr) chains.shadows->authenticated(credentials, outcome, context.scope);
  if (outcome.authenticated) {
    context.user = std::move(outcome.identity);
    if (context.user.name == request::kAnonymousUser) context.exchange().distrust_peer();
    if (options_.live != nullptr && is_long_running(context.info)) rest_on(context, credentials);
    if (auditor_ != nullptr) {
      context.scope.annotations.emplace_back("authentication.limen.io/module", outcome.by);
    }
    co_return;
  }
  for (const std::string& error : outcome.errors) {
    log::debug("a credential was refused", {{"auditID", context.audit_id}, {"error", error}});
  }
  // A stranger gets one answer a connection where many could be asked for at a time (row T14).
  context.exchange().distrust_peer();
  // Never a hint of why (row A3).
  const base::ApiError error = base::ApiError::unauthorized();
  transport::ResponseHead head = context.new_head(error.code(), "application/json");
  for (const std::string& challenge : outcome.challenges) head.add("WWW-Authenticate", challenge);
  context.set_status(error.code());
  if (!context.exchange().responded())
    context.exchange().respond(std::move(head), context.status_text(error));
  throw error;
}

// Notes what a request that lives long rests on, before it is known whether it may.
void Pipeline::rest_on(request::RequestContext& context, const authn::Credentials& credentials) {
  context.live = options_.live;
  context.grounds.rights = options_.live->rights();
  context.grounds.credential = std::make_shared<const request::Credential>(
      authn::credential_of(credentials, context.user.name, request::jwt_id_of(context.user)));
  context.grounds.again = [this, &context] { return still_refused(begun(context), chains_()); };
}

base::Task<void> Pipeline::authorize(request::RequestContext& context,
                                     const api::AccessChains& chains) {
  const authz::Attributes attributes = authz::attributes_of(context.info, context.user);
  const base::Deadline began = base::SteadyClock::now();
  const authz::Outcome outcome = co_await chains.authz.authorize(attributes, context.scope);
  record_authorization(outcome, base::SteadyClock::now() - began);
  if (chains.shadows != nullptr) chains.shadows->authorized(attributes, outcome, context.scope);
  if (context.audit) annotate(context.scope, outcome);
  if (!outcome.allowed) refuse(context, attributes, outcome);
}

}  // namespace limen::pipeline
