// HTTP/1.1 on one connection: heads, bodies and answers, one request after the other (RFC 9112).
//
// Pipelined requests wait, up to a cap, until the one before is answered. Bytes are looked at where
// they lie; only what cannot be used yet is kept.
//
// Thread rule: the loop's own thread. Lifetime: owned by its carrier.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transport/body_decoder.h"
#include "transport/http_exchange.h"
#include "transport/http_parser.h"
#include "transport/http_tunnel.h"
#include "transport/protocol.h"

namespace limen::transport {

class IoWorker;

class Http1 final : public Protocol, public ExchangeHost, public TunnelHost {
 public:
  Http1(Carrier& carrier, IoWorker& worker);
  ~Http1() override;

  void on_data(std::string_view bytes) override;
  void on_peer_end() override;
  void on_deadline() override;
  void before_flush() override;
  void on_sent() override;
  void on_drain() override;
  void on_closed() override;

  // For the exchange and the stream, which are this connection's current ones.
  void read_body(std::size_t limit, Exchange::BodyCallback done) override;
  void respond(const ResponseHead& head, std::string body) override;
  void respond(const ResponseHead& head, std::vector<BodyPiece> body) override;
  std::shared_ptr<ResponseStream> stream(const ResponseHead& head) override;
  void distrust_peer() override {}  // it asks one thing at a time
  void stream_write(std::string_view bytes) override;
  std::size_t stream_pending() const override;
  void stream_finish() override;
  void stream_abort() override;
  bool can_upgrade() const override;
  std::shared_ptr<Tunnel> upgrade(const ResponseHead& head) override;
  void tunnel_write(std::string_view bytes) override;
  std::size_t tunnel_pending() const override { return carrier_.unsent(); }
  void tunnel_wants_changed() override;
  void tunnel_end(Ending ending) override;

 private:
  enum class Coding { length, chunked, until_close };

  // Work off `text` from its front; what is left in it waits for more, or for an answer.
  void process(std::string_view& text);
  void resume();
  bool step_head(std::string_view& text);
  bool step_exchange(std::string_view& text);
  bool step_wanted_body(std::string_view& text);
  bool step_unwanted_body(std::string_view& text);
  bool step_tunnel(std::string_view& text);
  void settle();

  void begin_exchange(std::string_view text);
  void finish_exchange();
  void refuse(const HeadError& error);
  void refuse_expectation();
  void deliver_body(BodyStatus status);
  bool body_is_hopeless() const;

  // What an answer begins with; decides on the connection's future.
  void write_head(const ResponseHead& head, Coding coding, std::uint64_t length);
  bool sends_body(int status) const;
  void answered();
  void cancel_exchange();
  void close(Ending ending);

  Carrier& carrier_;
  IoWorker& worker_;
  HeadParser parser_;
  std::string input_;
  bool processing_ = false;
  bool closing_ = false;
  bool peer_ended_ = false;
  bool head_begun_ = true;  // a new connection owes a request, it does not idle

  // The current request.
  std::shared_ptr<HttpExchange> exchange_;
  BodyDecoder body_;
  Exchange::BodyCallback body_done_;
  std::string body_text_;
  std::size_t body_limit_ = 0;
  bool is_head_request_ = false;
  bool is_1_0_ = false;
  bool keep_alive_ = true;
  bool expects_continue_ = false;
  bool answered_ = false;

  // Its streamed answer.
  std::shared_ptr<HttpStream> stream_;
  std::string stream_text_;
  Coding stream_coding_ = Coding::chunked;
  bool stream_has_body_ = true;

  // Or what the connection has become.
  std::shared_ptr<HttpTunnel> tunnel_;
};

}  // namespace limen::transport
