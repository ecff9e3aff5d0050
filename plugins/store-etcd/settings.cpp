#include "settings.h"

#include <optional>
#include <string_view>
#include <utility>

namespace limen_etcd {

const char* const kSchema = R"json({
  "type": "object",
  "required": ["endpoints"],
  "properties": {
    "endpoints": {
      "type": "array",
      "minItems": 1,
      "uniqueItems": true,
      "items": {"type": "string", "pattern": "^https?://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$"},
      "description": "The members of the etcd cluster, as http://HOST:PORT or https://HOST:PORT. One is used at a time; the next when it does not answer."
    },
    "prefix": {
      "type": "string",
      "default": "/registry",
      "description": "What the keys of this cluster begin with, as kube-apiserver's --etcd-prefix. Empty: every key in etcd is taken as it is."
    },
    "caFile": {
      "type": "string",
      "minLength": 1,
      "description": "PEM certificates of the authorities that sign etcd's server certificates. Those of the system when it is missing."
    },
    "certFile": {
      "type": "string",
      "minLength": 1,
      "description": "The client certificate for etcd, PEM. Read again for every new connection."
    },
    "keyFile": {
      "type": "string",
      "minLength": 1,
      "description": "The key of certFile, PEM."
    },
    "username": {
      "type": "string",
      "minLength": 1,
      "description": "The user of etcd's own authentication, where that is on."
    },
    "passwordFile": {
      "type": "string",
      "minLength": 1,
      "description": "A file with the password of username; a line end at its end is none of it. Read again for every token."
    },
    "dialTimeout": {
      "type": "integer",
      "minimum": 1,
      "maximum": 600,
      "default": 5,
      "description": "Seconds in which a connection must stand."
    },
    "requestTimeout": {
      "type": "integer",
      "minimum": 1,
      "maximum": 600,
      "default": 10,
      "description": "Seconds in which etcd must have answered a request, other endpoints included."
    },
    "keepAliveTime": {
      "type": "integer",
      "minimum": 10,
      "maximum": 3600,
      "default": 10,
      "description": "Seconds without traffic after which a connection is probed. etcd ends connections that probe more often than every 5 seconds."
    },
    "keepAliveTimeout": {
      "type": "integer",
      "minimum": 1,
      "maximum": 600,
      "default": 5,
      "description": "Seconds in which a probe must be answered."
    },
    "parallelTransactions": {
      "type": "integer",
      "minimum": 1,
      "maximum": 4096,
      "default": 128,
      "description": "Transactions under way at once. With 1, revisions follow the order of the writes."
    },
    "pageSize": {
      "type": "integer",
      "minimum": 1,
      "maximum": 100000,
      "default": 2000,
      "description": "Keys in one answer when all of them are read."
    }
  }
})json";

namespace {

Endpoint parse_endpoint(std::string_view url) {
  Endpoint endpoint;
  endpoint.tls = url.starts_with("https://");
  endpoint.address = url.substr(endpoint.tls ? 8 : 7);
  return endpoint;
}

std::chrono::milliseconds seconds(limen::Node config, const char* key, std::int64_t otherwise) {
  return std::chrono::seconds(config[key].int_or(otherwise));
}

// Where and what.
using Finding = std::pair<const char*, const char*>;

std::optional<Finding> contradiction(limen::Node config) {
  bool tls = false;
  for (const std::string& url : config["endpoints"].strings())
    tls = tls || url.starts_with("https");
  const auto has = [&](const char* key) { return static_cast<bool>(config[key]); };
  if (has("certFile") != has("keyFile")) {
    return Finding{has("certFile") ? "/certFile" : "/keyFile",
                   "certFile and keyFile go together: give both or none"};
  }
  if (!tls && (has("certFile") || has("caFile"))) {
    return Finding{has("certFile") ? "/certFile" : "/caFile",
                   "certificates serve https:// endpoints, and none of the endpoints is one"};
  }
  if (has("username") != has("passwordFile")) {
    return Finding{has("username") ? "/username" : "/passwordFile",
                   "username and passwordFile go together: give both or none"};
  }
  const std::string prefix = config["prefix"].string_or("/registry");
  if (!prefix.empty() && (prefix[0] != '/' || prefix.find_first_not_of('/') == prefix.npos)) {
    return Finding{"/prefix", "a prefix is a path such as /registry, or empty"};
  }
  return std::nullopt;
}

}  // namespace

std::string Settings::names() const {
  std::string text;
  for (const Endpoint& endpoint : endpoints) {
    if (!text.empty()) text += ", ";
    text += endpoint.url();
  }
  return text;
}

Settings read_settings(limen::Node config) {
  if (const auto finding = contradiction(config)) throw limen::ConfigError(finding->second);
  Settings made;
  for (const std::string& url : config["endpoints"].strings()) {
    made.endpoints.push_back(parse_endpoint(url));
  }
  made.prefix = config["prefix"].string_or("/registry");
  while (made.prefix.ends_with('/')) made.prefix.pop_back();
  made.ca_file = config["caFile"].string_or("");
  made.cert_file = config["certFile"].string_or("");
  made.key_file = config["keyFile"].string_or("");
  made.username = config["username"].string_or("");
  made.password_file = config["passwordFile"].string_or("");
  made.dial_timeout = seconds(config, "dialTimeout", 5);
  made.request_timeout = seconds(config, "requestTimeout", 10);
  made.keepalive_time = seconds(config, "keepAliveTime", 10);
  made.keepalive_timeout = seconds(config, "keepAliveTimeout", 5);
  made.parallel = static_cast<std::size_t>(config["parallelTransactions"].int_or(128));
  made.page = config["pageSize"].int_or(2000);
  made.history = 100000;
  return made;
}

void check_settings(limen::Node config, limen::Findings& findings) {
  if (const auto finding = contradiction(config)) findings.error(finding->first, finding->second);
}

}  // namespace limen_etcd
