// What etcd itself tells of a collection, through its own client: a witness that is not ours.
#pragma once

#include <stdlib.h>

#include <boost/json.hpp>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

#include "support/process.h"
#include "support/several_clients.h"

namespace limen::test {

// Thread-confined.
class EtcdWitness {
 public:
  EtcdWitness(const std::string& endpoints, const std::string& folder)
      : out_(folder + "/witness"),
        process_(
            {"etcdctl", "--endpoints", endpoints, "--keepalive-time=2s", "--keepalive-timeout=4s",
             "watch", "--prefix", "--rev=1", "-w", "json", "/registry/configmaps/" + kSpace + "/"},
            out_) {
    setenv("ETCDCTL_API", "3", 1);
    process_.start();
  }

  // What it was told; empty when it has not seen the end.
  std::optional<Watched> told() const {
    Watched all{"etcd", 1, Collection{}, {}, 1};
    std::ifstream in(out_);
    for (std::string line; std::getline(in, line);) {
      boost::system::error_code wrong;
      const boost::json::value answer = boost::json::parse(line, wrong);
      if (wrong || !answer.is_object() || !answer.as_object().contains("Events")) continue;
      if (!answer.at("Events").is_array()) continue;
      for (const boost::json::value& event : answer.at("Events").as_array())
        all.events.push_back(told_of(event));
    }
    if (all.events.empty() || all.events.back().key != kLast) return std::nullopt;
    all.until = all.events.back().revision;
    return all;
  }

 private:
  static std::int64_t number(const boost::json::object& from, const char* name) {
    const boost::json::value* at = from.if_contains(name);
    return at == nullptr ? 0 : at->to_number<std::int64_t>();
  }
  static std::string plain(const boost::json::object& from, const char* name) {
    const boost::json::value* at = from.if_contains(name);
    if (at == nullptr) return {};
    static const std::string kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    unsigned held = 0;
    int bits = 0;
    for (const char letter : at->get_string()) {
      const std::size_t digit = kLetters.find(letter);
      if (digit == std::string::npos) break;
      held = held << 6U | static_cast<unsigned>(digit);
      bits += 6;
      if (bits < 8) continue;
      bits -= 8;
      text += static_cast<char>(held >> static_cast<unsigned>(bits) & 0xFFU);
    }
    return text;
  }
  static Told told_of(const boost::json::value& event) {
    const boost::json::object& pair = event.at("kv").as_object();
    const boost::json::value* type = event.as_object().if_contains("type");
    Told told;
    const std::string key = plain(pair, "key");
    told.key = key.substr(key.rfind('/') + 1);
    told.revision = number(pair, "mod_revision");
    if (type != nullptr && *type == 1) {
      told.type = "DELETED";
      return told;
    }
    told.type = number(pair, "create_revision") == told.revision ? "ADDED" : "MODIFIED";
    boost::system::error_code wrong;
    const boost::json::value object = boost::json::parse(plain(pair, "value"), wrong);
    if (!wrong) told.value = text_at(object, "data.value");
    return told;
  }

  std::string out_;
  Process process_;
};

}  // namespace limen::test
