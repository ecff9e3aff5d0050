#include "client.h"

#include <algorithm>
#include <type_traits>

namespace limen_etcd {

namespace {

constexpr int kFailuresInARow = 2;
// What a leader that is no more took is answered by then, or never.
constexpr milliseconds kOldTerm{200};
constexpr milliseconds kLong{500};

Failure not_reached(std::string why) {
  Failure failure;
  failure.kind = Failure::Kind::unreachable;
  failure.text = std::move(why);
  return failure;
}

Failure closing() { return not_reached("the store is being closed"); }

Failure no_connection(const Connection& connection) {
  return not_reached("etcd at " + connection.url + ": " + connection.error);
}

}  // namespace

milliseconds pause_before(int attempt) {
  return milliseconds(std::min(500, 20 << std::min(attempt, 5)));
}

Client::Client(std::shared_ptr<Loop> loop, const Settings& settings, limen::Log log)
    : loop_(std::move(loop)), settings_(settings), log_(log) {
  token_good_ = settings.username.empty();
}

// ---- endpoints --------------------------------------------------------------------------------

const std::shared_ptr<Connection>& Client::active() {
  if (!active_) active_ = std::make_shared<Connection>(settings_, settings_.endpoints[place_]);
  return active_;
}

const std::string& Client::url() { return active()->url; }

void Client::leave(const std::string& why) { next(why); }

void Client::next(const std::string& why) {
  const std::shared_ptr<Connection> old = std::exchange(active_, nullptr);
  place_ = (place_ + 1) % settings_.endpoints.size();
  if (old && settings_.endpoints.size() > 1) {
    log_.warn("etcd's next endpoint is taken",
              {{"from", old->url}, {"to", settings_.endpoints[place_].url()}, {"error", why}});
  }
  for (const auto& [call, owned] : calls_) {
    if (call->connection == old) call->context.TryCancel();
  }
  for (WatchStream* const stream : streams_) {
    if (stream->connection() == old) stream->cancel();
  }
}

void Client::note(const std::shared_ptr<Connection>& connection, const Failure* failure) {
  if (failure == nullptr) {
    connection->failures = 0;
    return;
  }
  if (connection != active_ || stopping_) return;
  const bool cannot =
      failure->kind == Failure::Kind::unreachable || failure->kind == Failure::Kind::unknown;
  if (!cannot) return;
  // A slow endpoint is better than none; a dead connection ends by its keep-alives.
  if (failure->late && settings_.endpoints.size() == 1) return;
  if (failure->answered && ++connection->failures < kFailuresInARow) return;
  next(failure->text);
}

void Client::note_term(std::uint64_t term) {
  if (term <= term_) return;
  const bool changed = term_ != 0;
  term_ = term;
  if (!changed) return;
  loop_->after(kOldTerm, [this, term] {
    for (const auto& [call, owned] : calls_) {
      if (!call->writes || call->term >= term || call->given_up) continue;
      call->given_up = true;
      call->context.TryCancel();
    }
  });
}

bool Client::waits_long() const {
  const auto before = Clock::now() - kLong;
  return std::any_of(calls_.begin(), calls_.end(), [before](const auto& call) {
    return call.first->writes && call.first->sent < before;
  });
}

void Client::add_metadata(grpc::ClientContext& context) const {
  // A member that knows of no leader says so at once.
  context.AddMetadata("hasleader", "true");
  if (!token_.empty()) context.AddMetadata("token", token_);
}

// ---- calls ------------------------------------------------------------------------------------

template <class Request, class Response, class Begin>
void Client::call(Request request, milliseconds timeout, Done<Response> done, Begin begin) {
  auto one = std::make_shared<Call<Request, Response>>();
  one->request = std::move(request);
  one->done = std::move(done);
  with_token([this, one, timeout, begin](const Failure* failure) {
    if (failure == nullptr) return send<Request, Response>(one, timeout, begin);
    one->done(failure, one->response);
  });
}

template <class Request, class Response, class Begin>
void Client::send(const std::shared_ptr<Call<Request, Response>>& one, milliseconds timeout,
                  Begin begin) {
  one->connection = active();
  if (!one->connection->error.empty()) {
    const Failure failure = no_connection(*one->connection);
    note(one->connection, &failure);
    loop_->post([one, failure] { one->done(&failure, one->response); });
    return;
  }
  add_metadata(one->context);
  one->writes = std::is_same_v<Request, rpc::TxnRequest>;
  one->term = term_;
  one->sent = Clock::now();
  one->context.set_deadline(std::chrono::system_clock::now() + timeout);
  calls_.emplace(one.get(), one);
  begin(*one->connection, &one->context, &one->request, &one->response,
        [this, loop = loop_, raw = one.get()](const grpc::Status& status) {
          loop->post([this, raw, status] {
            const std::shared_ptr<AnyCall> held = std::move(calls_.extract(raw).mapped());
            end_call<Response>(*raw, raw->response, raw->done, status);
            ended_one();
          });
        });
}

template <class Response>
void Client::end_call(AnyCall& one, Response& response, const Done<Response>& done,
                      const grpc::Status& status) {
  if (status.ok()) {
    note(one.connection, nullptr);
    note_term(response.header().raft_term());
    return done(nullptr, response);
  }
  const Failure failure = failure_of(status, one.connection->url);
  if (failure.kind == Failure::Kind::token) token_good_ = settings_.username.empty();
  if (!one.given_up) note(one.connection, &failure);
  done(&failure, response);
}

void Client::range(rpc::RangeRequest request, milliseconds timeout, Done<rpc::RangeResponse> done) {
  call<rpc::RangeRequest, rpc::RangeResponse>(
      std::move(request), timeout, std::move(done),
      [](Connection& to, auto* context, auto* question, auto* answer, auto callback) {
        to.kv->async()->Range(context, question, answer, std::move(callback));
      });
}

void Client::put(rpc::PutRequest request, milliseconds timeout, Done<rpc::PutResponse> done) {
  call<rpc::PutRequest, rpc::PutResponse>(
      std::move(request), timeout, std::move(done),
      [](Connection& to, auto* context, auto* question, auto* answer, auto callback) {
        to.kv->async()->Put(context, question, answer, std::move(callback));
      });
}

void Client::remove(rpc::DeleteRangeRequest request, milliseconds timeout,
                    Done<rpc::DeleteRangeResponse> done) {
  call<rpc::DeleteRangeRequest, rpc::DeleteRangeResponse>(
      std::move(request), timeout, std::move(done),
      [](Connection& to, auto* context, auto* question, auto* answer, auto callback) {
        to.kv->async()->DeleteRange(context, question, answer, std::move(callback));
      });
}

void Client::transact(rpc::TxnRequest request, milliseconds timeout, Done<rpc::TxnResponse> done) {
  call<rpc::TxnRequest, rpc::TxnResponse>(
      std::move(request), timeout, std::move(done),
      [](Connection& to, auto* context, auto* question, auto* answer, auto callback) {
        to.kv->async()->Txn(context, question, answer, std::move(callback));
      });
}

void Client::compact(rpc::CompactionRequest request, milliseconds timeout,
                     Done<rpc::CompactionResponse> done) {
  call<rpc::CompactionRequest, rpc::CompactionResponse>(
      std::move(request), timeout, std::move(done),
      [](Connection& to, auto* context, auto* question, auto* answer, auto callback) {
        to.kv->async()->Compact(context, question, answer, std::move(callback));
      });
}

void Client::grant(rpc::LeaseGrantRequest request, milliseconds timeout,
                   Done<rpc::LeaseGrantResponse> done) {
  call<rpc::LeaseGrantRequest, rpc::LeaseGrantResponse>(
      std::move(request), timeout, std::move(done),
      [](Connection& to, auto* context, auto* question, auto* answer, auto callback) {
        to.lease->async()->LeaseGrant(context, question, answer, std::move(callback));
      });
}

void Client::quorum_read(milliseconds timeout,
                         std::function<void(const Failure*, std::int64_t)> done) {
  rpc::RangeRequest question;
  question.set_key(std::string(1, '\0'));
  question.set_count_only(true);
  range(std::move(question), timeout,
        [done = std::move(done)](const Failure* failure, rpc::RangeResponse& answer) {
          done(failure, answer.header().revision());
        });
}

void Client::range_until(rpc::RangeRequest request, Clock::time_point deadline,
                         Done<rpc::RangeResponse> done, int attempt) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
  range(request, std::max(left, milliseconds(1)),
        [this, request, deadline, done = std::move(done), attempt](const Failure* failure,
                                                                   rpc::RangeResponse& answer) {
          const milliseconds pause = pause_before(attempt);
          if (failure == nullptr || !failure->passing() || stopping_ ||
              Clock::now() + pause >= deadline) {
            return done(failure, answer);
          }
          loop_->after(pause, [this, request, deadline, done, attempt] {
            range_until(request, deadline, done, attempt + 1);
          });
        });
}

std::weak_ptr<WatchStream> Client::watch(std::int64_t revision, bool previous, WatchDone done) {
  const std::shared_ptr<Connection> connection = active();
  if (stopping_ || !connection->error.empty()) {
    const Failure failure = stopping_ ? closing() : no_connection(*connection);
    note(connection, &failure);
    loop_->post([end = done.end, failure] { end(failure); });
    return {};
  }
  // The stream is known to its own end by an address that is set before it starts.
  const auto place = std::make_shared<WatchStream*>(nullptr);
  WatchHandler handler;
  handler.answer = std::move(done.answer);
  handler.end = [this, place, connection, end = std::move(done.end)](const grpc::Status& status) {
    const bool by_us = (*place)->cancelled();
    streams_.erase(*place);
    Failure failure = failure_of(status, connection->url);
    if (status.ok()) failure.text = "etcd at " + connection->url + ": the watch was ended";
    if (failure.kind == Failure::Kind::token) token_good_ = settings_.username.empty();
    if (!by_us) note(connection, &failure);
    end(failure);
    ended_one();
  };
  const auto stream = std::make_shared<WatchStream>(loop_, connection, std::move(handler));
  *place = stream.get();
  streams_.insert(stream.get());
  add_metadata(stream->context());
  stream->start(revision, previous, stream);
  return stream;
}

// ---- tokens -----------------------------------------------------------------------------------

void Client::with_token(std::function<void(const Failure*)> task) {
  if (stopping_) {
    loop_->post([task = std::move(task)] {
      const Failure failure = closing();
      task(&failure);
    });
    return;
  }
  if (token_good_) return task(nullptr);
  want_token_.push_back(std::move(task));
  if (!fetching_) fetch_token();
}

void Client::fetch_token() {
  fetching_ = true;
  auto one = std::make_shared<Call<rpc::AuthenticateRequest, rpc::AuthenticateResponse>>();
  one->done = [this](const Failure* failure, rpc::AuthenticateResponse& answer) {
    finish_token(failure, answer.token());
  };
  one->request.set_name(settings_.username);
  try {
    std::string password = read_file(settings_.password_file);
    while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) {
      password.pop_back();
    }
    one->request.set_password(std::move(password));
  } catch (const std::exception& error) {
    const Failure failure = not_reached(error.what());
    return finish_token(&failure, {});
  }
  token_.clear();
  send<rpc::AuthenticateRequest, rpc::AuthenticateResponse>(
      one, settings_.dial_timeout,
      [](Connection& to, auto* context, auto* question, auto* answer, auto callback) {
        to.auth->async()->Authenticate(context, question, answer, std::move(callback));
      });
}

void Client::finish_token(const Failure* failure, const std::string& token) {
  fetching_ = false;
  std::optional<Failure> why;
  if (failure != nullptr &&
      failure->text.find("authentication is not enabled") == std::string::npos) {
    why = *failure;
    // Whatever became of the token, what was to be done with it was not.
    if (why->passing()) why->kind = Failure::Kind::unreachable;
  } else {
    token_ = token;
    token_good_ = true;
  }
  for (const auto& task : std::exchange(want_token_, {})) task(why ? &*why : nullptr);
}

// ---- the end ----------------------------------------------------------------------------------

void Client::stop(std::function<void()> ended) {
  stopping_ = true;
  ended_ = std::move(ended);
  for (const auto& [call, owned] : calls_) call->context.TryCancel();
  for (WatchStream* const stream : streams_) stream->cancel();
  // After what is posted already.
  loop_->post([this] { ended_one(); });
}

void Client::ended_one() {
  if (stopping_ && calls_.empty() && streams_.empty() && ended_) std::exchange(ended_, nullptr)();
}

}  // namespace limen_etcd
