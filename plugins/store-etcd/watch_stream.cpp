#include "watch_stream.h"

namespace limen_etcd {

void WatchStream::start(std::int64_t revision, bool previous, std::shared_ptr<WatchStream> self) {
  self_ = std::move(self);
  // Every key: from the lowest on, without an end.
  rpc::WatchCreateRequest& create = *request_.mutable_create_request();
  create.set_key(std::string(1, '\0'));
  create.set_range_end(std::string(1, '\0'));
  create.set_start_revision(revision);
  create.set_progress_notify(true);
  create.set_prev_kv(previous);
  connection_->watch->async()->Watch(&context_, this);
  AddHold();  // reading may pause
  StartWrite(&request_);
  read();
  StartCall();
}

void WatchStream::read() {
  answer_ = std::make_shared<rpc::WatchResponse>();
  StartRead(answer_.get());
}

void WatchStream::OnReadDone(bool ok) {
  if (!ok) return RemoveHold();
  const bool more = ahead_.fetch_add(1) + 1 < kAhead;
  loop_->post([self = self_, answer = std::move(answer_)] { self->handle(*answer); });
  if (more) read();
}

void WatchStream::handle(const rpc::WatchResponse& answer) {
  handler_.answer(answer);
  if (ahead_.fetch_sub(1) == kAhead) read();
}

void WatchStream::OnDone(const grpc::Status& status) {
  // The loop lets go of the stream, maybe before this returns.
  const std::shared_ptr<Loop> loop = loop_;
  loop->post([self = std::move(self_), status] {
    self->handler_.end(status);
    self->handler_ = {};
  });
}

}  // namespace limen_etcd
