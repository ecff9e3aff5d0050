// A connection of HTTP/1.1 that was taken over, as the rest of the server holds it.
//
// It only forwards to its host; detached (ended, or the connection is gone) it does nothing.
//
// Thread rule: the loop's own thread. Lifetime: shared with the server's rooms; may outlive the
// connection.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>

#include "transport/http.h"
#include "transport/protocol.h"

namespace limen::transport {

// What a tunnel does is done by its host. Thread rule: the loop's own thread.
class TunnelHost {
 public:
  virtual void tunnel_write(std::string_view bytes) = 0;
  virtual std::size_t tunnel_pending() const = 0;
  // takes_input() may be another now.
  virtual void tunnel_wants_changed() = 0;
  virtual void tunnel_end(Ending ending) = 0;

 protected:
  ~TunnelHost() = default;
};

class HttpTunnel final : public Tunnel {
 public:
  explicit HttpTunnel(TunnelHost* host) : host_(host) {}

  void on_data(std::function<void(std::string_view)> fn) override;
  void on_end(std::function<void()> fn) override;
  void hold_input(bool held) override;
  void write(std::string_view bytes) override;
  std::size_t pending_bytes() const override;
  void on_drain(std::function<void()> fn) override { on_drain_ = std::move(fn); }
  void finish() override;
  void abort() override;
  bool closed() const override { return host_ == nullptr; }

  // For the host.
  bool takes_input() const { return host_ != nullptr && on_data_ && !held_; }
  void give(std::string_view bytes);
  void note_end();
  void note_sent();
  void detach();

 private:
  static constexpr std::size_t kLowWater = 64 * 1024;

  TunnelHost* host_;
  bool held_ = false;
  bool above_ = false;
  bool end_told_ = false;
  std::function<void(std::string_view)> on_data_;
  std::function<void()> on_end_;
  std::function<void()> on_drain_;
};

}  // namespace limen::transport
