// Client: calls to the cluster, over one endpoint at a time.
//
// An endpoint that cannot be reached, does not answer or says again and again that it can do
// nothing is left for the next one; what is under way there is cancelled then, so that whoever
// asked can ask the next. So are transactions that were sent to a leader that is no more: etcd lets
// them hang for seconds. Calls are sent once: asking again is the caller's, who knows whether that
// is right. A token is fetched before the first call where a user is configured, and again when
// etcd no longer takes it.
// Thread rule: the loop.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <functional>
#include <limen/cpp/log.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "connection.h"
#include "failure.h"
#include "loop.h"
#include "settings.h"
#include "watch_stream.h"

namespace limen_etcd {

class Client {
 public:
  // `failure` is null when it went well.
  template <class Response>
  using Done = std::function<void(const Failure* failure, Response& response)>;

  Client(std::shared_ptr<Loop> loop, const Settings& settings, limen::Log log);

  void range(rpc::RangeRequest request, milliseconds timeout, Done<rpc::RangeResponse> done);
  void put(rpc::PutRequest request, milliseconds timeout, Done<rpc::PutResponse> done);
  void remove(rpc::DeleteRangeRequest request, milliseconds timeout,
              Done<rpc::DeleteRangeResponse> done);
  void transact(rpc::TxnRequest request, milliseconds timeout, Done<rpc::TxnResponse> done);
  void compact(rpc::CompactionRequest request, milliseconds timeout,
               Done<rpc::CompactionResponse> done);
  void grant(rpc::LeaseGrantRequest request, milliseconds timeout,
             Done<rpc::LeaseGrantResponse> done);

  // The newest revision that a majority agrees to.
  void quorum_read(milliseconds timeout,
                   std::function<void(const Failure* failure, std::int64_t revision)> done);
  // The same question until it is answered, refused for good, or `deadline` is over.
  void range_until(rpc::RangeRequest request, Clock::time_point deadline,
                   Done<rpc::RangeResponse> done, int attempt = 0);

  struct WatchDone {
    std::function<void(const rpc::WatchResponse&)> answer;
    std::function<void(const Failure&)> end;  // once, and nothing afterwards
  };
  // Runs `task`, with why there is no token where one is needed and cannot be had.
  void with_token(std::function<void(const Failure* failure)> task);
  // Every change from `revision` on; in a task of with_token(). Null: it could not be begun, and
  // `end` has been posted.
  std::weak_ptr<WatchStream> watch(std::int64_t revision, bool previous, WatchDone done);

  // A transaction has been waiting for its answer for longer than it should.
  bool waits_long() const;
  // Leaves the endpoint that is used for the next.
  void leave(const std::string& why);
  const std::string& url();
  // Ends all calls; nothing can be asked afterwards. `ended` is called once the last call is gone.
  void stop(std::function<void()> ended);
  bool stopping() const { return stopping_; }
  Loop& loop() { return *loop_; }
  const Settings& settings() const { return settings_; }

 private:
  struct AnyCall {
    virtual ~AnyCall() = default;
    std::shared_ptr<Connection> connection;
    grpc::ClientContext context;
    bool writes = false;  // a transaction
    bool given_up = false;
    std::uint64_t term = 0;  // the newest that was known when it was sent
    Clock::time_point sent;
  };
  template <class Request, class Response>
  struct Call : AnyCall {
    Request request;
    Response response;
    Done<Response> done;
  };

  const std::shared_ptr<Connection>& active();
  void next(const std::string& why);
  // Judges the endpoint by how a call over it ended.
  void note(const std::shared_ptr<Connection>& connection, const Failure* failure);
  // Each leader has a term of its own.
  void note_term(std::uint64_t term);
  void add_metadata(grpc::ClientContext& context) const;
  void ended_one();

  // `begin(connection, context, request, response, callback)` starts the call.
  template <class Request, class Response, class Begin>
  void call(Request request, milliseconds timeout, Done<Response> done, Begin begin);
  template <class Response>
  void end_call(AnyCall& one, Response& response, const Done<Response>& done,
                const grpc::Status& status);
  template <class Request, class Response, class Begin>
  void send(const std::shared_ptr<Call<Request, Response>>& one, milliseconds timeout, Begin begin);

  void fetch_token();
  void finish_token(const Failure* failure, const std::string& token);

  const std::shared_ptr<Loop> loop_;
  const Settings& settings_;
  const limen::Log log_;
  std::shared_ptr<Connection> active_;
  std::size_t place_ = 0;  // of the active one among the endpoints
  // Owned here and by nobody of gRPC's: the end of a call may be the end of its channel, and that
  // waits for gRPC's threads.
  std::unordered_map<AnyCall*, std::shared_ptr<AnyCall>> calls_;
  std::unordered_set<WatchStream*> streams_;
  std::uint64_t term_ = 0;
  bool stopping_ = false;
  std::function<void()> ended_;

  std::string token_;
  bool token_good_ = false;
  bool fetching_ = false;
  std::vector<std::function<void(const Failure* failure)>> want_token_;
};

// How long to wait before asking for the n-th time again.
milliseconds pause_before(int attempt);

}  // namespace limen_etcd
