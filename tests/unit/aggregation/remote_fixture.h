// An API server behind this one without a network: what it answers, and what it was asked.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "aggregation/remote_servers.h"

namespace limen::test {

class FakeRemote {
 public:
  struct Asked {
    std::string method;
    proxy::Target target;
    aggregation::HeaderList headers;
    std::size_t max_bytes;
  };

  // Of any method at `path`. Paths without an answer are answered 404.
  void answer(const std::string& path, int status, std::string body = {},
              aggregation::HeaderList headers = {}) {
    const std::lock_guard lock(mutex_);
    proxy::Fetched fetched;
    fetched.status = status;
    fetched.body = std::move(body);
    fetched.headers = std::move(headers);
    answers_[path] = std::move(fetched);
  }
  void be_down(bool down = true) {
    const std::lock_guard lock(mutex_);
    down_ = down;
  }
  std::vector<Asked> asked(const std::string& path) {
    const std::lock_guard lock(mutex_);
    std::vector<Asked> out;
    for (const Asked& one : asked_) {
      if (one.target.path == path) out.push_back(one);
    }
    return out;
  }

  base::Task<proxy::Fetched> fetch(std::string method, proxy::Target target,
                                   aggregation::HeaderList headers, std::size_t max_bytes) {
    const std::lock_guard lock(mutex_);
    asked_.push_back({std::move(method), target, std::move(headers), max_bytes});
    proxy::Fetched out;
    if (down_) {
      out.error = "connection refused";
      co_return out;
    }
    const auto found = answers_.find(target.path);
    out.status = 404;
    if (found != answers_.end()) out = found->second;
    if (out.body.size() > max_bytes) {
      out = {};
      out.error = "the answer is too large";
    }
    co_return out;
  }
  aggregation::RemoteServers::Options options() {
    aggregation::RemoteServers::Options out;
    out.fetch = [this](base::Executor&, std::string method, proxy::Target target,
                       aggregation::HeaderList headers, std::size_t max_bytes,
                       std::chrono::milliseconds) {
      return fetch(std::move(method), std::move(target), std::move(headers), max_bytes);
    };
    return out;
  }

 private:
  std::mutex mutex_;
  bool down_ = false;
  std::map<std::string, proxy::Fetched> answers_;
  std::vector<Asked> asked_;
};

// VERSION.GROUP of the Service ns/svc, which is of type ExternalName and so always somewhere.
inline aggregation::ApiService remote_service(const std::string& group = "a.example.com",
                                              const std::string& version = "v1") {
  aggregation::ApiService out;
  out.name = aggregation::api_service_name(group, version);
  out.group = group;
  out.version = version;
  out.priority = {1500, 20};
  out.service = aggregation::ServiceReference{"ns", "svc", 8443};
  out.ca_pem = "the authority";
  return out;
}

inline constexpr const char* kExternalService =
    R"({"apiVersion":"v1","kind":"Service","spec":{"type":"ExternalName","externalName":"remote.example.com",)"
    R"("ports":[{"port":8443}]},"metadata":{"name":"svc","namespace":"ns"}})";

// An APIService for it as it is stored.
inline std::string api_service_object(const std::string& group = "a.example.com",
                                      const std::string& version = "v1",
                                      const std::string& more = "") {
  return R"({"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","spec":{"group":")" +
         group + R"(","version":")" + version +
         R"(","groupPriorityMinimum":1500,"versionPriority":20,"service":{"namespace":"ns","name":"svc","port":8443}})" +
         more + R"(,"metadata":{"name":")" + version + "." + group + R"(","uid":"u"}})";
}

}  // namespace limen::test
