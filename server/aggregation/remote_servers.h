// RemoteServers: the API servers behind this one, and how they are asked.
//
// A request for a group version of theirs has passed authentication and authorization here; it is
// passed on with the caller's identity in its header, over TLS that verifies the server for
// SERVICE.NAMESPACE.svc and shows this server's client certificate as a front proxy. Admission is
// theirs. The server's own questions (availability, discovery, OpenAPI) are asked as
// system:kube-aggregator of system:masters.
// Thread rule: any thread. Lifetime: outlives every request and controller that uses it; the store
// outlives it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "aggregation/api_service.h"
#include "aggregation/identity_headers.h"
#include "aggregation/routes.h"
#include "base/executor.h"
#include "base/task.h"
#include "proxy/forward.h"
#include "proxy/target.h"
#include "request/context.h"
#include "storage/store.h"

namespace limen::aggregation {

class RemoteServers {
 public:
  // As proxy::forward and proxy::fetch.
  using Forward =
      std::function<base::Task<void>(request::RequestContext&, proxy::Target, proxy::ForwardRules)>;
  using Fetch =
      std::function<base::Task<proxy::Fetched>(base::Executor&, std::string, proxy::Target,
                                               HeaderList, std::size_t, std::chrono::milliseconds)>;
  struct Options {
    Forward forward;
    Fetch fetch;
    bool refuse_redirects = true;                  // answers of 3xx with a Location become 502
    std::size_t max_body_bytes = 3 * 1024 * 1024;  // of a request; more: 413
  };

  RemoteServers(storage::Store& store, Options options)
      : store_(store), options_(std::move(options)) {}
  RemoteServers(const RemoteServers&) = delete;
  RemoteServers& operator=(const RemoteServers&) = delete;

  // The client certificate shown from now on, PEM with its key; both empty: none.
  void show_certificate(std::string certificate, std::string key);
  // Further fields of clients' requests that are not passed on: those the authenticators of this
  // server believe front proxies by. A trailing "*" stands for any end.
  void withhold(std::vector<std::string> headers);

  // Answers `context` with what the server of `route` answers. Answers 503 as plain text, as
  // kube-apiserver does, when it is not available or cannot be reached. Loop thread of the request.
  base::Task<void> serve(request::RequestContext& context, RoutePtr route) const;

  // One GET of this server's own. `where`, when not null, is set to the URL that was asked. Never
  // throws; status 0 when the server was not reached.
  base::Task<proxy::Fetched> ask(base::Executor& loop, ApiService service, std::string path,
                                 HeaderList headers, std::size_t max_bytes,
                                 std::chrono::milliseconds timeout,
                                 std::shared_ptr<std::string> where = nullptr) const;
  // The same with another method and without a body, such as DELETE.
  base::Task<proxy::Fetched> send(base::Executor& loop, std::string method, ApiService service,
                                  std::string path, HeaderList headers, std::size_t max_bytes,
                                  std::chrono::milliseconds timeout,
                                  std::shared_ptr<std::string> where = nullptr) const;

 private:
  struct Shown {
    std::string certificate, key;
    std::vector<std::string> withheld;
  };
  std::shared_ptr<const Shown> shown() const;
  // Nothing when the Service leads nowhere now.
  std::optional<proxy::Target> target(const ApiService& service, std::string path) const;

  storage::Store& store_;
  const Options options_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Shown> shown_ = std::make_shared<const Shown>();
};

}  // namespace limen::aggregation
