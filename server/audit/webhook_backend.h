// WebhookBackend: events as EventLists to somebody else's HTTPS server (rows U5 and U6).
//
// Threads of its own send what a Batcher says is due. A batch that cannot be stored is tried five
// times with a growing wait between; then it is lost, counted, and the log says so. Meanwhile
// others wait in the bounded buffer; what finds it full is lost and counted likewise.
//   batch            requests wait for nothing
//   blocking         a request goes on when its first event has been stored or given up; every
//   event
//                    goes by itself
//   blocking_strict  the same, and a request whose first event could not be stored is refused
// Lifetime: the destructor sends what still waits, for at most kDrainTime.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "audit/backend.h"
#include "audit/batcher.h"
#include "audit/event_list.h"

namespace limen::audit {

enum class Delivery : std::uint8_t { batch, blocking, blocking_strict };

// Sends one body and waits for the answer. Returns why it was not stored, without anything secret;
// empty: it was. Must end soon once `give_up` is true. Called by several threads at once, perhaps
// until after the backend's end: it owns what it uses. Must not throw.
using Send = std::function<std::string(const std::string& body, const std::atomic<bool>& give_up)>;

struct WebhookOptions {
  Delivery delivery = Delivery::batch;
  BatchOptions batch;  // only the bounds of the buffer count for the blocking ones
  SizeLimits sizes;
  std::chrono::nanoseconds initial_backoff = std::chrono::seconds(10);
};

class WebhookBackend final : public Backend {
 public:
  static constexpr std::chrono::seconds kDrainTime{5};
  static constexpr int kBatchSenders = 4;      // threads: batches on their way at once
  static constexpr int kBlockingSenders = 16;  // the same for the blocking ones

  WebhookBackend(const WebhookOptions& options, Send send);
  ~WebhookBackend() override;
  WebhookBackend(const WebhookBackend&) = delete;
  WebhookBackend& operator=(const WebhookBackend&) = delete;

  bool take(Event event) override;
  bool has_room() const override;
  void reopen() override {}
  bool blocks() const override { return delivery_ != Delivery::batch; }
  void take_and_tell(Event event, std::function<void(bool)> told) override;

 private:
  class Sender;
  const Delivery delivery_;
  // Shared with the threads: one that hangs is left behind with it.
  std::shared_ptr<Sender> sender_;
  std::vector<std::thread> threads_;
};

}  // namespace limen::audit
