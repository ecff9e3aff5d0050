// Where a webhook is: its URL, or an endpoint of its service, looked up among the stored objects.
// Any thread.
#pragma once

#include <cstdint>
#include <limen/cpp/host.hpp>
#include <string>

#include "common/admission_webhook/webhook.h"

namespace limen::webhooks {

struct Place {
  std::string url;              // to connect to
  std::string shown;            // for people: a service by its name
  std::string tls_server_name;  // empty: the URL's host
  std::string host_port;        // whom it is asked as: HOST:PORT, of a service by its name
};

// Of a service: a ready endpoint of its EndpointSlices, another for each `turn`; where there are
// none, its cluster IP; of one of type ExternalName that name. An error says what is missing.
Result<Place> place_of(Host& host, const Webhook& webhook, std::uint32_t turn);

}  // namespace limen::webhooks
