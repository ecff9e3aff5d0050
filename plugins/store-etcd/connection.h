// Connection: a channel to one endpoint, with a stub for each of etcd's services.
//
// Certificates are read when it is made. Immutable but for the marks the client keeps in it. Shared
// by the calls that go over it.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "limen-etcd/rpc.grpc.pb.h"
#include "settings.h"

namespace limen_etcd {

namespace rpc = etcdserverpb;

struct Connection {
  // No connect yet: gRPC does that when the first call comes. A file that cannot be read is
  // `error`.
  Connection(const Settings& settings, const Endpoint& endpoint);

  std::string url;
  std::string error;  // why there is no channel, one sentence
  std::unique_ptr<rpc::KV::Stub> kv;
  std::unique_ptr<rpc::Watch::Stub> watch;
  std::unique_ptr<rpc::Lease::Stub> lease;
  std::unique_ptr<rpc::Auth::Stub> auth;

  int failures = 0;  // answers in a row that say the member can do nothing
};

// The whole of a file. Throws std::runtime_error with a sentence that names it.
std::string read_file(const std::string& path);

}  // namespace limen_etcd
