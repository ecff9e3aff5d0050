// The closed loop of load.cpp over HTTP/2: connections that carry several requests at a time, by
// libnghttp2 (RFC 9113).
//
// Windows are large enough never to be what is measured. Blocking to open; one thread.
#pragma once

#include <cstddef>

#include "connection.h"
#include "report.h"
#include "requests.h"

namespace limen::bench {

// What a load has seen.
struct Tally {
  std::size_t done = 0;
  std::size_t errors = 0;  // answers that are no 2xx, streams and connections that broke
  std::size_t bytes = 0;   // received, without what TLS adds
  Latencies latencies;
};

// Keeps `streams` requests going on each of `connections` connections for `seconds`, or until
// `count` are answered (0: no such end). Throws std::runtime_error when it cannot connect.
Tally run_http2(const Target& target, Requests& requests, std::size_t connections,
                std::size_t streams, double seconds, std::size_t count);

}  // namespace limen::bench
