#include "transport/server.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "transport/connection.h"
#include "transport/io_worker.h"
#include "transport/listener.h"
#include "transport/tls_context.h"

namespace limen::transport {
namespace {

constexpr std::size_t kDescriptorsForOthers = 128;  // files, databases, webhooks
constexpr std::chrono::milliseconds kDrainPoll{5};

// How many connections the process may really hold: the wish, or what descriptors allow. Without
// this an accept that fails for want of descriptors would be tried again at once, for ever.
std::size_t affordable_connections(std::size_t wished) {
  ::rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wished;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur == RLIM_INFINITY) return wished;
  const std::size_t descriptors = limit.rlim_cur;
  return std::min(wished, descriptors > 2 * kDescriptorsForOthers
                              ? descriptors - kDescriptorsForOthers
                              : descriptors / 2);
}

std::size_t thread_count(std::size_t wished) {
  if (wished > 0) return wished;
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Handler handler);

  void start();
  void stop_accepting();
  void drain(std::chrono::milliseconds grace);
  void stop();
  void reload_certificate();
  void offer_authorities(std::string authorities);
  ServerCounts counts() const;
  std::vector<base::Executor*> loops();
  std::uint16_t secure_port() const {
    return secure_ == nullptr ? std::uint16_t{0} : secure_->port();
  }
  std::uint16_t local_port() const { return local_ == nullptr ? std::uint16_t{0} : local_->port(); }

 private:
  void open_listeners();
  void start_threads();
  void take(Descriptor socket, Listener listener);
  std::shared_ptr<const TlsContext> tls();

  const ServerOptions options_;
  const Handler handler_;
  std::size_t most_connections_ = 0;
  Counters counters_;
  std::vector<std::unique_ptr<IoWorker>> workers_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> next_worker_{0};
  std::mutex reload_mutex_;
  std::mutex tls_mutex_;
  std::shared_ptr<const TlsContext> tls_;
  std::string authorities_;  // PEM; guarded by tls_mutex_
  std::unique_ptr<PortListener> secure_;
  std::unique_ptr<PortListener> local_;
};

Server::Impl::Impl(ServerOptions options, Handler handler)
    : options_(std::move(options)), handler_(std::move(handler)) {
  for (std::size_t left = thread_count(options_.io_threads); left > 0; --left) {
    workers_.push_back(std::make_unique<IoWorker>(options_.limits, handler_, counters_));
  }
}

void Server::Impl::start() {
  most_connections_ = affordable_connections(options_.limits.max_connections);
  open_listeners();
  start_threads();
  if (secure_ != nullptr) {
    secure_->accept([this](Descriptor socket) { take(std::move(socket), Listener::secure); });
  }
  if (local_ != nullptr) {
    local_->accept([this](Descriptor socket) { take(std::move(socket), Listener::local); });
  }
}

// All that can be refused comes before the first thread.
void Server::Impl::open_listeners() {
  const std::optional<LocalListenerOptions>& local = options_.local;
  if (local && !local->allow_non_loopback && !is_loopback(local->address)) {
    throw std::runtime_error(
        "the local listener's address " + local->address +
        " is not a loopback address: whoever reaches it is not asked who they are; use 127.0.0.1 "
        "or allow other addresses explicitly");
  }
  if (options_.secure) reload_certificate();
  std::unique_ptr<PortListener> secure_listener;
  std::unique_ptr<PortListener> local_listener;
  if (options_.secure) {
    secure_listener =
        std::make_unique<PortListener>(options_.secure->address, options_.secure->port);
  }
  if (local) local_listener = std::make_unique<PortListener>(local->address, local->port);
  secure_ = std::move(secure_listener);
  local_ = std::move(local_listener);
}

void Server::Impl::start_threads() {
  for (std::size_t index = 0; index < workers_.size(); ++index) {
    threads_.emplace_back([loop = &workers_[index]->loop()] { loop->run(); });
    const std::string name = "limen-io-" + std::to_string(index);
    ::pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
}

// On an accepting thread.
void Server::Impl::take(Descriptor socket, Listener listener) {
  if (counters_.open_connections.fetch_add(1) >= most_connections_) {
    counters_.open_connections.fetch_sub(1);
    counters_.refused_connections.fetch_add(1);
    return;
  }
  IoWorker* const worker = workers_[next_worker_.fetch_add(1) % workers_.size()].get();
  // Shared only because posted work must be copyable.
  auto shared = std::make_shared<Descriptor>(std::move(socket));
  std::shared_ptr<const TlsContext> tls_context = listener == Listener::secure ? tls() : nullptr;
  worker->loop().post([worker, shared, listener, tls_context] {
    auto channel = listener == Listener::secure ? make_tls_channel(tls_context->native())
                                                : make_plain_channel();
    worker->adopt(
        std::make_unique<Connection>(*worker, std::move(*shared), listener, std::move(channel)));
  });
}

std::shared_ptr<const TlsContext> Server::Impl::tls() {
  const std::lock_guard lock(tls_mutex_);
  return tls_;
}

void Server::Impl::reload_certificate() {
  if (!options_.secure) return;
  // Two at a time would not know whose files are the newer.
  const std::lock_guard one_at_a_time(reload_mutex_);
  std::string authorities;
  {
    const std::lock_guard lock(tls_mutex_);
    authorities = authorities_;
  }
  auto fresh = std::make_shared<const TlsContext>(*options_.secure, authorities);
  const std::lock_guard lock(tls_mutex_);
  tls_ = std::move(fresh);
}

void Server::Impl::offer_authorities(std::string authorities) {
  const std::lock_guard lock(tls_mutex_);
  authorities_ = std::move(authorities);
}

void Server::Impl::stop_accepting() {
  if (secure_ != nullptr) secure_->close();
  if (local_ != nullptr) local_->close();
}

void Server::Impl::drain(std::chrono::milliseconds grace) {
  const base::Deadline end = base::SteadyClock::now() + grace;
  stop_accepting();
  if (threads_.empty()) return;
  for (const auto& worker : workers_) {
    worker->loop().post([worker = worker.get()] { worker->drain(); });
  }
  while (counters_.open_connections.load() > 0 && base::SteadyClock::now() < end) {
    std::this_thread::sleep_for(kDrainPoll);
  }
  for (const auto& worker : workers_) {
    worker->loop().post([worker = worker.get()] { worker->cut_all(); });
  }
}

void Server::Impl::stop() {
  stop_accepting();
  for (const auto& worker : workers_) {
    worker->loop().post([worker = worker.get()] {
      worker->cut_all();
      worker->loop().stop();
    });
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::vector<base::Executor*> Server::Impl::loops() {
  std::vector<base::Executor*> loops;
  for (const auto& worker : workers_) loops.push_back(&worker->loop());
  return loops;
}

ServerCounts Server::Impl::counts() const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  ServerCounts counts;
  counts.open_connections = counters_.open_connections.load(kRelaxed);
  counts.in_flight_requests = counters_.in_flight_requests.load(kRelaxed);
  counts.accepted_connections = counters_.accepted_connections.load(kRelaxed);
  counts.refused_connections = counters_.refused_connections.load(kRelaxed);
  counts.failed_handshakes = counters_.failed_handshakes.load(kRelaxed);
  counts.requests = counters_.requests.load(kRelaxed);
  counts.malformed_requests = counters_.malformed_requests.load(kRelaxed);
  return counts;
}

Server::Server(ServerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}

Server::~Server() { stop(); }

void Server::start() { impl_->start(); }
std::uint16_t Server::secure_port() const { return impl_->secure_port(); }
std::uint16_t Server::local_port() const { return impl_->local_port(); }
void Server::stop_accepting() { impl_->stop_accepting(); }
void Server::drain(std::chrono::milliseconds grace) { impl_->drain(grace); }
void Server::stop() { impl_->stop(); }
std::vector<base::Executor*> Server::loops() { return impl_->loops(); }
ServerCounts Server::counts() const { return impl_->counts(); }
void Server::reload_certificate() { impl_->reload_certificate(); }
void Server::offer_authorities(std::string authorities) {
  impl_->offer_authorities(std::move(authorities));
}

}  // namespace limen::transport
