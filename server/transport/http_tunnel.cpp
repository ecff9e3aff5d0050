#include "transport/http_tunnel.h"

namespace limen::transport {

void HttpTunnel::on_data(std::function<void(std::string_view)> fn) {
  if (host_ == nullptr) return;
  on_data_ = std::move(fn);
  host_->tunnel_wants_changed();
}

void HttpTunnel::on_end(std::function<void()> fn) {
  if (host_ == nullptr) return;
  on_end_ = std::move(fn);
  host_->tunnel_wants_changed();
}

void HttpTunnel::hold_input(bool held) {
  if (host_ == nullptr || held == held_) return;
  held_ = held;
  host_->tunnel_wants_changed();
}

void HttpTunnel::write(std::string_view bytes) {
  if (host_ == nullptr || bytes.empty()) return;
  host_->tunnel_write(bytes);
  above_ = above_ || pending_bytes() >= kLowWater;
}

std::size_t HttpTunnel::pending_bytes() const {
  return host_ == nullptr ? 0 : host_->tunnel_pending();
}

void HttpTunnel::finish() {
  if (host_ != nullptr) host_->tunnel_end(Ending::finish);
}

void HttpTunnel::abort() {
  if (host_ != nullptr) host_->tunnel_end(Ending::cut);
}

// Copies of the functions are called: they may set others, or let go of the tunnel.
void HttpTunnel::give(std::string_view bytes) {
  const std::function<void(std::string_view)> given = on_data_;
  given(bytes);
}

void HttpTunnel::note_end() {
  if (end_told_ || !on_end_) return;
  end_told_ = true;
  const std::function<void()> ended = on_end_;
  ended();
}

void HttpTunnel::note_sent() {
  if (!above_ || pending_bytes() >= kLowWater) return;
  above_ = false;
  if (!on_drain_) return;
  const std::function<void()> drained = on_drain_;
  drained();
}

void HttpTunnel::detach() {
  host_ = nullptr;
  on_data_ = nullptr;
  on_end_ = nullptr;
  on_drain_ = nullptr;
}

}  // namespace limen::transport
