#include "modules/background.h"

#include <algorithm>
#include <utility>

#include "modules/call.h"
#include "modules/host_scope.h"

namespace limen::modules {

namespace {

// Module code runs in here; an exception out of it would have no frame to go to.
void call_work(Background::Work fn, void* arg, limen_status status) noexcept { fn(arg, status); }

void call_done(Background::Done done, void* arg, const HttpResponse& answer) noexcept {
  std::vector<limen_pair> headers;
  headers.reserve(answer.headers.size());
  for (const auto& [name, value] : answer.headers) {
    headers.push_back({to_limen(name), to_limen(value)});
  }
  const limen_http_response response = {
      sizeof(limen_http_response), answer.code,           headers.data(), headers.size(),
      to_limen(answer.body),       to_limen(answer.error)};
  done(arg, answer.status, &response);
}

}  // namespace

Background::Background(const std::string& instance, ExecutorThread& timers, std::size_t threads)
    : timers_(timers),
      connections_(HttpPool::make(timers)),
      workers_("w-" + instance, std::max<std::size_t>(threads, 1), kMaxQueued),
      answers_(std::make_shared<Answers>(workers_)),
      senders_("h-" + instance, std::max(threads, kSenders), kMaxRequests) {}

// A request from its acceptance to its one answer: of the thread that makes it, or, when none was
// free by its deadline, of the timer.
struct Background::Sending {
  HttpRequest request;
  Done done;
  void* arg;
  base::Executor::TimerId timer = 0;
  std::atomic<bool> begun{false};

  bool begin() { return !begun.exchange(true); }
  void refuse(limen_status status, const char* error) const {
    HttpResponse answer;
    answer.status = status;
    answer.error = error;
    call_done(done, arg, answer);
  }
};

limen_status Background::post(Work fn, void* arg) {
  if (fn == nullptr) return LIMEN_E_INVALID;
  const bool taken = workers_.submit(
      [fn, arg](bool cancelled) { call_work(fn, arg, cancelled ? LIMEN_E_CANCELLED : LIMEN_OK); });
  return taken ? LIMEN_OK : LIMEN_E_UNAVAILABLE;
}

limen_status Background::post_after(std::int64_t delay_ns, Work fn, void* arg) {
  if (fn == nullptr || delay_ns < 0) return LIMEN_E_INVALID;
  std::uint64_t timer = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || waiting_.size() >= kMaxTimers) return LIMEN_E_UNAVAILABLE;
    timer = ++last_timer_;
    waiting_.emplace(timer, Timer{fn, arg});
  }
  // Longer than a year is for ever; adding it to the clock must not overflow.
  const std::chrono::nanoseconds delay(
      std::min<std::int64_t>(delay_ns, std::int64_t{365} * 24 * 3600 * 1'000'000'000));
  timers_.post_at(base::SteadyClock::now() + delay, [this, timer] { fire(timer); });
  return LIMEN_OK;
}

void Background::fire(std::uint64_t timer) {
  Timer due{};
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(timer);
    if (found == waiting_.end()) return;
    due = found->second;
    waiting_.erase(found);
    // Within the lock: stop() takes the lock before it stops the pool, so the pool still takes it.
    workers_.submit(
        [due](bool cancelled) {
          call_work(due.fn, due.arg, cancelled ? LIMEN_E_CANCELLED : LIMEN_OK);
        },
        true);
  }
}

limen_status Background::send(limen_call* parent, const limen_http_request& request, Done done,
                              void* arg) {
  if (done == nullptr || (request.headers == nullptr && request.header_count > 0)) {
    return LIMEN_E_INVALID;
  }
  const auto sending = std::make_shared<Sending>();
  sending->done = done;
  sending->arg = arg;
  HttpRequest* const copy = &sending->request;
  copy->method = to_view(request.method);
  copy->url = to_view(request.url);
  copy->body = to_view(request.body);
  for (std::uint32_t i = 0; i < request.header_count; ++i) {
    copy->headers.emplace_back(to_view(request.headers[i].key), to_view(request.headers[i].value));
  }
  copy->ca_file = to_view(request.ca_file);
  copy->client_cert_file = to_view(request.client_cert_file);
  copy->client_key_file = to_view(request.client_key_file);
  copy->ca_pem = to_view(request.ca_pem);
  copy->client_cert_pem = to_view(request.client_cert_pem);
  copy->client_key_pem = to_view(request.client_key_pem);
  copy->tls_server_name = to_view(request.tls_server_name);
  if (request.max_response_bytes > 0) copy->max_response_bytes = request.max_response_bytes;
  if (!http_request_fault(*copy).empty() || request.timeout_ns < 0) return LIMEN_E_INVALID;

  constexpr std::int64_t kDefaultTimeout = 10'000'000'000;
  constexpr std::int64_t kLongestTimeout = 3600'000'000'000;
  const std::int64_t timeout = request.timeout_ns == 0 ? kDefaultTimeout : request.timeout_ns;
  copy->deadline =
      base::SteadyClock::now() + std::chrono::nanoseconds(std::min(timeout, kLongestTimeout));
  std::shared_ptr<const std::atomic<bool>> client_gone;
  if (parent != nullptr) {
    const Call* call = CallTable::get().find(parent, "http");
    if (call == nullptr) return LIMEN_E_INVALID;
    client_gone = call->client_gone;
    if (call->deadline_ns != INT64_MAX) {
      copy->deadline =
          std::min(copy->deadline, base::Deadline(std::chrono::nanoseconds(call->deadline_ns)));
    }
  }
  copy->cancelled = [stopped = cancelled_, client_gone, parent] {
    return stopped->load(std::memory_order_relaxed) ||
           (client_gone && client_gone->load(std::memory_order_relaxed)) ||
           (parent != nullptr && !CallTable::get().is_wanted(parent));
  };
  // Before the request is handed over: the thread that takes it cancels the timer.
  send_later(sending);
  const bool taken = senders_.submit([this, sending](bool cancelled) {
    if (!sending->begin()) return;
    timers_.cancel_timer(sending->timer);
    if (cancelled) return sending->refuse(LIMEN_E_CANCELLED, "stopped");
    call_done(sending->done, sending->arg, perform_http(sending->request, timers_, *connections_));
  });
  if (taken) return LIMEN_OK;
  timers_.cancel_timer(sending->timer);
  return sending->begin() ? LIMEN_E_UNAVAILABLE : LIMEN_OK;
}

// Answers a request that still waits for a thread at its deadline.
void Background::send_later(const std::shared_ptr<Sending>& sending) {
  sending->timer = timers_.post_at(sending->request.deadline, [this, sending] {
    const std::lock_guard lock(mutex_);
    if (stopped_ || !sending->begin()) return;  // stopped: the pool cancels what waits in it
    workers_.submit(
        [sending](bool) { sending->refuse(LIMEN_E_DEADLINE, "no answer within the deadline"); },
        true);
  });
}

bool Background::stop(base::Deadline deadline) {
  cancelled_->store(true, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& [id, timer] : waiting_) {
      workers_.submit([timer = timer](bool) { call_work(timer.fn, timer.arg, LIMEN_E_CANCELLED); },
                      true);
    }
    waiting_.clear();
  }
  answers_->stop();
  const bool workers_over = workers_.stop(deadline);
  return senders_.stop(deadline) && workers_over;
}

namespace {

limen_status post(const limen_host* host, void (*fn)(void*, limen_status), void* arg) noexcept {
  HostScope* scope = HostScope::of(host);
  return scope == nullptr ? LIMEN_E_INVALID : scope->background().post(fn, arg);
}

limen_status post_after(const limen_host* host, std::int64_t delay_ns,
                        void (*fn)(void*, limen_status), void* arg) noexcept {
  HostScope* scope = HostScope::of(host);
  return scope == nullptr ? LIMEN_E_INVALID : scope->background().post_after(delay_ns, fn, arg);
}

limen_status send(const limen_host* host, limen_call* parent, const limen_http_request* request,
                  void (*done)(void*, limen_status, const limen_http_response*),
                  void* arg) noexcept {
  HostScope* scope = HostScope::of(host);
  if (scope == nullptr || request == nullptr || request->struct_size < sizeof(limen_http_request)) {
    return LIMEN_E_INVALID;
  }
  return scope->background().send(parent, *request, done, arg);
}

}  // namespace

const limen_executor_api& executor_table() {
  static constexpr limen_executor_api table = {sizeof(limen_executor_api), 0, post, post_after};
  return table;
}

const limen_http_api& http_table() {
  static constexpr limen_http_api table = {sizeof(limen_http_api), 0, send};
  return table;
}

}  // namespace limen::modules
