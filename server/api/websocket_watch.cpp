#include "api/websocket_watch.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/api_error.h"
#include "transport/websocket.h"

namespace limen::api {

namespace {

// Clients of a watch have nothing to say.
constexpr std::uint64_t kMostFrame = 64 * 1024;
constexpr std::size_t kPrefixBytes = 4;

class MessageStream final : public transport::ResponseStream {
 public:
  MessageStream(std::shared_ptr<transport::Tunnel> tunnel, EventForm form)
      : tunnel_(std::move(tunnel)), form_(form) {}

  void write(std::string_view bytes) override {
    if (closed()) return;
    // The usual event comes in few pieces; only a piece of one is kept.
    waiting_ += bytes;
    std::string_view rest = waiting_;
    while (const std::size_t size = next_event(rest)) {
      const std::size_t prefix = form_ == EventForm::prefixed ? kPrefixBytes : 0;
      tunnel_->write(rest.substr(prefix, size - prefix));
      rest.remove_prefix(size);
    }
    waiting_.erase(0, waiting_.size() - rest.size());
    searched_ = form_ == EventForm::lines ? waiting_.size() : 0;
  }
  std::size_t pending_bytes() const override {
    return closed() ? 0 : tunnel_->pending_bytes() + waiting_.size();
  }
  void on_drain(std::function<void()> fn) override {
    if (tunnel_) tunnel_->on_drain(std::move(fn));
  }
  void finish() override {
    if (tunnel_) std::exchange(tunnel_, nullptr)->finish();
  }
  void abort() override {
    if (tunnel_) std::exchange(tunnel_, nullptr)->abort();
  }
  bool closed() const override { return !tunnel_ || tunnel_->closed(); }

 private:
  // Bytes of the event that `text` begins with, 0 when it is not all there.
  std::size_t next_event(std::string_view text) {
    if (form_ == EventForm::lines) {
      const std::size_t end = text.find('\n', std::exchange(searched_, 0));
      return end == std::string_view::npos ? 0 : end + 1;
    }
    if (text.size() < kPrefixBytes) return 0;
    std::size_t size = 0;
    for (std::size_t i = 0; i < kPrefixBytes; ++i) {
      size = size << 8U | static_cast<unsigned char>(text[i]);
    }
    return text.size() - kPrefixBytes < size ? 0 : kPrefixBytes + size;
  }

  std::shared_ptr<transport::Tunnel> tunnel_;  // null: it is closed
  const EventForm form_;
  std::string waiting_;
  std::size_t searched_ = 0;  // of the waiting line, without finding its end
};

std::string chosen_protocol(const transport::RequestHead& head) {
  const std::vector<std::string> offered = transport::websocket_protocols(head);
  return offered.empty() ? std::string() : offered.front();
}

}  // namespace

void check_websocket_watch(const transport::Exchange& exchange) {
  std::string problem = transport::websocket_problem(exchange.head());
  if (problem.empty() && transport::websocket_protocols(exchange.head()).size() > 1) {
    problem = "missing or bad WebSocket-Protocol";
  }
  if (problem.empty() && !exchange.can_upgrade()) problem = "Upgrade request required";
  if (!problem.empty()) throw base::ApiError::bad_request(problem);
}

std::shared_ptr<transport::ResponseStream> websocket_watch(transport::Exchange& exchange,
                                                           transport::ResponseHead head,
                                                           EventForm form,
                                                           std::function<void()> ended) {
  const auto message =
      form == EventForm::lines ? transport::Opcode::text : transport::Opcode::binary;
  std::shared_ptr<transport::Tunnel> tunnel = transport::accept_websocket(
      exchange, std::move(head), message, chosen_protocol(exchange.head()), kMostFrame);
  if (tunnel) {
    tunnel->on_data([](std::string_view) {});
    tunnel->on_end(std::move(ended));
  }
  return std::make_shared<MessageStream>(std::move(tunnel), form);
}

}  // namespace limen::api
