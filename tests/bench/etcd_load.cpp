// What etcd itself does when it is written to as kube-apiserver does: one transaction an object,
// which puts the key if there is none. The floor that creates through a server are compared with.
//
//   limen_etcd_load --name etcd_create --port 2379 --connections 16 --seconds 5 --bytes 1000
//
// Every connection is a thread with one transaction at a time; all share one channel, as a client
// of etcd does.
#include <grpcpp/grpcpp.h>
#include <limen-etcd/rpc.grpc.pb.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "options.h"
#include "report.h"

namespace limen::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Worker {
  std::size_t done = 0, failed = 0;
  Latencies latencies;
};

void create_until(Clock::time_point end, etcdserverpb::KV::Stub& etcd, const std::string& prefix,
                  const std::string& value, Worker& worker) {
  while (Clock::now() < end) {
    const std::string key = prefix + std::to_string(worker.done + worker.failed);
    etcdserverpb::TxnRequest request;
    etcdserverpb::Compare& compare = *request.add_compare();
    compare.set_key(key);
    compare.set_target(etcdserverpb::Compare::MOD);
    compare.set_result(etcdserverpb::Compare::EQUAL);
    compare.set_mod_revision(0);
    etcdserverpb::PutRequest& put = *request.add_success()->mutable_request_put();
    put.set_key(key);
    put.set_value(value);
    grpc::ClientContext context;
    etcdserverpb::TxnResponse response;
    const auto sent = Clock::now();
    const grpc::Status status = etcd.Txn(&context, request, &response);
    if (!status.ok() || !response.succeeded()) {
      ++worker.failed;
      continue;
    }
    ++worker.done;
    worker.latencies.micros.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - sent).count()));
  }
}

int run(const Options& options) {
  const auto connections = static_cast<std::size_t>(options.number("connections", 16));
  const std::string value(static_cast<std::size_t>(options.number("bytes", 1000)), 'x');
  const auto etcd = etcdserverpb::KV::NewStub(grpc::CreateChannel(
      "127.0.0.1:" + options.text("port", "2379"), grpc::InsecureChannelCredentials()));
  const auto begun = Clock::now();
  const auto end = begun + std::chrono::duration_cast<Clock::duration>(
                               std::chrono::duration<double>(options.number("seconds", 5)));
  // Keys of an earlier run are other keys.
  const std::string prefix = "/bench/" + std::to_string(begun.time_since_epoch().count()) + "/";
  std::vector<Worker> workers(connections);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < connections; ++i) {
    threads.emplace_back(
        [&, i] { create_until(end, *etcd, prefix + std::to_string(i) + "/", value, workers[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  Worker all;
  for (const Worker& one : workers) {
    all.done += one.done;
    all.failed += one.failed;
    all.latencies.micros.insert(all.latencies.micros.end(), one.latencies.micros.begin(),
                                one.latencies.micros.end());
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  print_result(options.text("name", "etcd_create"), connections, all.done, all.failed, seconds, 0,
               all.latencies);
  return all.done == 0 ? 1 : 0;
}

}  // namespace
}  // namespace limen::bench

int main(int argc, char** argv) {
  limen::bench::Options options;
  for (int i = 1; i + 1 < argc; i += 2)
    options.values[std::string(argv[i]).substr(2)] = argv[i + 1];
  return limen::bench::run(options);
}
