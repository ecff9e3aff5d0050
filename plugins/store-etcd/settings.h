// Settings: what the operator wrote, with the defaults in place. Immutable; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <limen/cpp/plugin.hpp>
#include <string>
#include <vector>

namespace limen_etcd {

struct Endpoint {
  std::string address;  // host:port, IPv6 in brackets
  bool tls = false;
  std::string url() const { return (tls ? "https://" : "http://") + address; }
};

struct Settings {
  std::vector<Endpoint> endpoints;
  std::string prefix;  // without a slash at its end; empty: every key
  std::string ca_file, cert_file, key_file;
  std::string username, password_file;
  std::chrono::milliseconds dial_timeout{}, request_timeout{}, keepalive_time{},
      keepalive_timeout{};
  std::size_t parallel = 0;  // transactions under way at once
  std::int64_t page = 0;     // keys in one answer when all are read
  std::int64_t history = 0;  // changes read at the start, at most

  // The endpoints for a sentence.
  std::string names() const;
};

extern const char* const kSchema;

// Throws limen::ConfigError with the first thing that is wrong.
Settings read_settings(limen::Node config);
// What the schema cannot say.
void check_settings(limen::Node config, limen::Findings& findings);

}  // namespace limen_etcd
