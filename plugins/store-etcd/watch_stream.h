// WatchStream: one watch of the whole keyspace, from a revision on.
//
// Answers come to the loop, in order; a loop that is slow slows etcd down. The stream keeps itself
// alive until it has ended. Thread rule: the loop.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "connection.h"
#include "loop.h"

namespace limen_etcd {

struct WatchHandler {
  std::function<void(const rpc::WatchResponse&)> answer;
  std::function<void(const grpc::Status&)> end;  // once, and nothing afterwards
};

class WatchStream final : public grpc::ClientBidiReactor<rpc::WatchRequest, rpc::WatchResponse> {
 public:
  WatchStream(std::shared_ptr<Loop> loop, std::shared_ptr<Connection> connection,
              WatchHandler handler)
      : loop_(std::move(loop)), connection_(std::move(connection)), handler_(std::move(handler)) {}

  // Metadata is to be added before start().
  grpc::ClientContext& context() { return context_; }
  // Tells of every change from `revision` on; with `previous`, events bear what was there before.
  void start(std::int64_t revision, bool previous, std::shared_ptr<WatchStream> self);
  // It ends soon.
  void cancel() {
    cancelled_ = true;
    context_.TryCancel();
  }
  bool cancelled() const { return cancelled_; }
  const std::shared_ptr<Connection>& connection() const { return connection_; }

 private:
  // Answers read and not yet looked at, at most.
  static constexpr int kAhead = 1024;

  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;
  void read();
  // On the loop.
  void handle(const rpc::WatchResponse& answer);

  const std::shared_ptr<Loop> loop_;
  const std::shared_ptr<Connection> connection_;
  WatchHandler handler_;
  grpc::ClientContext context_;
  rpc::WatchRequest request_;
  std::shared_ptr<rpc::WatchResponse> answer_;
  std::atomic<int> ahead_{0};
  bool cancelled_ = false;  // by us
  std::shared_ptr<WatchStream> self_;
};

}  // namespace limen_etcd
