// Clients of several servers over one store, who ask any of them at random and remember what they
// saw of a few ConfigMaps: some write and read, some watch. See linearizable.h and told_history.h
// for what their memories have to fit. Each has a thread of its own; what they remember is read
// when that has ended.
#pragma once

#include <Poco/Exception.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/choices.h"
#include "support/http_client.h"
#include "support/linearizable.h"
#include "support/told_history.h"

namespace limen::test {

using Clock = std::chrono::steady_clock;

inline const std::vector<std::string> kNames = {"a", "b", "c", "d", "e"};
inline const std::string kSpace = "chaos";
inline const std::string kMaps = "/api/v1/namespaces/" + kSpace + "/configmaps";
inline const std::string kLast =
    "last";  // written when all is well again, so that watchers know the end
inline const std::string kLabel = "everybody";  // selects all, so that a list also goes by labels

// Microseconds of one clock for all.
inline std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
      .count();
}

inline std::int64_t revision_of(const boost::json::value& object) {
  const std::string text = text_at(object, "metadata.resourceVersion");
  return text.empty() ? 0 : std::stoll(text);
}
inline Seen seen_of(const boost::json::value& object) {
  return {text_at(object, "data.value"), revision_of(object)};
}
inline std::string map_of(const std::string& name, const std::string& data,
                          std::int64_t revision = 0) {
  const std::string at =
      revision == 0 ? "" : ",\"resourceVersion\":\"" + std::to_string(revision) + "\"";
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
         R"(","labels":{"for":")" + kLabel + "\"}" + at + R"(},"data":{"value":")" + data + "\"}}";
}

// What all of them share: where the servers are, what anybody has been told, when to stop.
struct Scene {
  std::vector<std::uint16_t> ports;
  std::atomic<bool> enough{false};   // for clients
  std::atomic<bool> abandon{false};  // for watchers that never see the end
  std::atomic<std::int64_t> known{0};

  void learn(std::int64_t revision) {
    std::int64_t before = known.load();
    while (before < revision && !known.compare_exchange_weak(before, revision)) {
    }
  }
};

inline std::optional<Listed> listed_of(const HttpAnswer& answer) {
  const boost::json::value json = answer.json();
  if (answer.status != 200 || !json.is_object()) return std::nullopt;
  Listed found;
  found.revision = revision_of(json);
  for (const boost::json::value& item : json.at("items").as_array())
    found.objects[text_at(item, "metadata.name")] = seen_of(item);
  return found;
}

// One who asks, on a thread of their own, and remembers what they saw.
class Client {
  using Kind = Operation::Kind;
  using Outcome = Operation::Outcome;

 public:
  Client(Scene& scene, std::uint64_t seed, int number)
      : scene_(scene), choices_(seed), name_("c" + std::to_string(number)) {
    for (const std::uint16_t port : scene.ports) servers_.emplace_back(port);
  }

  void work() {
    while (!scene_.enough) {
      const std::size_t what = choices_.pick(100);
      const std::string& key = choices_.of(kNames);
      if (what < 30) {
        read(key);
      } else if (what < 36) {
        read_from_memory(key);
      } else if (what < 50) {
        list();
      } else {
        write(what, key);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2 + choices_.pick(8)));
    }
  }

  std::map<std::string, std::vector<Operation>> operations;
  std::vector<Listed> listed;      // that were confirmed
  std::vector<Listed> remembered;  // from a server's memory: no promise how new
  std::map<std::string, int> outcomes;
  std::vector<std::string> surprises;

 private:
  HttpAnswer ask(const std::string& method, const std::string& path, const std::string& body = {},
                 const std::string& type = "application/json") {
    server_ = choices_.pick(servers_.size());
    HttpAnswer answer = servers_[server_].ask(method, path, body, type);
    ++outcomes[answer.status == 0 ? "no answer" : std::to_string(answer.status)];
    return answer;
  }
  std::string who() const { return name_ + " on " + std::to_string(server_); }
  void surprise(const std::string& what, const HttpAnswer& answer) {
    if (surprises.size() < 5)
      surprises.push_back(who() + " " + what + ": " + std::to_string(answer.status) + " " +
                          answer.text.substr(0, 300));
  }
  static bool unanswered(const HttpAnswer& answer) {
    return answer.status == 0 || answer.status == 429 || answer.status >= 500;
  }

  void read(const std::string& key) {
    Operation one{Kind::read, Outcome::done, {}, {}, 0, now_us(), 0, {}};
    const HttpAnswer answer = ask("GET", kMaps + "/" + key);
    one.answered = now_us();
    if (answer.status == 404) {
      one.outcome = Outcome::absent;
    } else if (answer.status == 200) {
      take(key, one, answer);
    } else {
      if (!unanswered(answer)) surprise("read", answer);
      return;
    }
    remember(key, std::move(one));
  }
  // resourceVersion=0: what was true at some time.
  void read_from_memory(const std::string& key) {
    if (choices_.one_in(2)) {
      if (auto seen = listed_of(ask("GET", kMaps + "?resourceVersion=0"))) {
        seen->who = who() + " list from memory";
        remembered.push_back(*std::move(seen));
      }
      return;
    }
    const HttpAnswer answer = ask("GET", kMaps + "/" + key + "?resourceVersion=0");
    if (answer.status != 200 && answer.status != 404 && !unanswered(answer))
      surprise("read from memory", answer);
  }

  void list() {
    const std::int64_t asked = now_us(), known = scene_.known;
    const std::size_t how = choices_.pick(3);
    std::optional<Listed> seen =
        how == 0
            ? list_in_pages()
            : listed_of(ask("GET", kMaps + (how == 1 ? "?labelSelector=for%3D" + kLabel : "")));
    if (!seen) return;
    seen->who = who() + (how == 0 ? " list in pages" : " list");
    seen->at_least = known;
    // The pages are of the first one's version; that is when it was true.
    for (const std::string& key : kNames) {
      const auto found = seen->objects.find(key);
      Operation one{Kind::read, Outcome::done, {}, {}, 0, asked, now_us(), {}};
      if (found == seen->objects.end()) {
        one.outcome = Outcome::absent;
      } else {
        one.value = found->second.value;
        one.revision = found->second.revision;
      }
      remember(key, std::move(one));
    }
    scene_.learn(seen->revision);
    listed.push_back(*std::move(seen));
  }
  // Each page from another server.
  std::optional<Listed> list_in_pages() {
    std::optional<Listed> all;
    std::string token;
    do {
      const HttpAnswer answer =
          ask("GET", kMaps + "?limit=2" + (token.empty() ? "" : "&continue=" + token));
      std::optional<Listed> page = listed_of(answer);
      if (!page) {
        if (!unanswered(answer) && answer.status != 410) surprise("list in pages", answer);
        return std::nullopt;
      }
      token = text_at(answer.json(), "metadata.continue");
      if (!all) {
        all = page;
      } else if (page->revision != all->revision) {
        surprise("pages of different versions", answer);
      }
      all->objects.merge(page->objects);
    } while (!token.empty());
    return all;
  }

  void write(std::size_t what, const std::string& key) {
    const std::string data = name_ + "-" + std::to_string(++written_);
    const auto known = seen_.find(key);
    const std::string one_path = kMaps + "/" + key;
    Operation one{Kind::update, Outcome::done, data, {}, 0, now_us(), 0, {}};
    HttpAnswer answer;
    if (what < 62) {
      one.kind = Kind::create;
      answer = ask("POST", kMaps, map_of(key, data));
    } else if (what < 76 && known != seen_.end()) {
      one.expected = known->second.value;
      answer = ask("PUT", one_path, map_of(key, data, known->second.revision));
    } else if (what < 90) {
      answer = ask("PATCH", one_path, R"({"data":{"value":")" + data + "\"}}",
                   "application/merge-patch+json");
    } else {
      one.kind = Kind::remove;
      one.value.clear();
      std::string body;
      if (known != seen_.end() && choices_.one_in(2)) {
        one.expected = known->second.value;
        body = R"({"preconditions":{"resourceVersion":")" + std::to_string(known->second.revision) +
               "\"}}";
      }
      answer = ask("DELETE", one_path, body);
    }
    one.answered = now_us();
    if (settle(key, one, answer)) remember(key, std::move(one));
  }

  // Sets the outcome; false when nothing can have come of it that has to be judged.
  bool settle(const std::string& key, Operation& one, const HttpAnswer& answer) {
    if (answer.status == 200 || answer.status == 201) {
      if (one.kind != Kind::remove) {
        take(key, one, answer);
      } else {
        seen_.erase(key);
      }
      return true;
    }
    if (answer.refused) return false;
    if (unanswered(answer)) {
      one.outcome = Outcome::unknown;
      one.answered = Operation::kNever;
      return true;
    }
    const std::string reason = text_at(answer.json(), "reason");
    if (reason == "NotFound" && one.kind != Kind::create) {
      one.outcome = Outcome::absent;
    } else if (reason == "AlreadyExists" && one.kind == Kind::create) {
      one.outcome = Outcome::exists;
    } else if (reason == "Conflict" && !one.expected.empty()) {
      one.outcome = Outcome::conflict;
    } else {
      // A patch that others kept outrunning is given up; it did nothing.
      if (reason != "Conflict") surprise("write", answer);
      return false;
    }
    ++outcomes[reason];
    return true;
  }

  void take(const std::string& key, Operation& one, const HttpAnswer& answer) {
    const Seen seen = seen_of(answer.json());
    if (one.kind != Kind::read && seen.value != one.value) surprise("another value", answer);
    one.value = seen.value;
    one.revision = seen.revision;
    seen_[key] = seen;
    scene_.learn(seen.revision);
  }
  void remember(const std::string& key, Operation one) {
    one.who = who();
    operations[key].push_back(std::move(one));
  }

  Scene& scene_;
  Choices choices_;
  const std::string name_;
  std::deque<HttpClient> servers_;
  std::size_t server_ = 0;
  int written_ = 0;
  std::map<std::string, Seen> seen_;
};

// One who follows the collection, going on with another server whenever a watch ends.
class Watcher {
 public:
  Watcher(Scene& scene, std::uint64_t seed, int number)
      : scene_(scene), choices_(seed), name_("w" + std::to_string(number)) {}

  void work() {
    while (!done_ && !scene_.abandon) {
      if (watched.empty() || lost_) {
        list();
      } else {
        watch();
      }
    }
  }

  std::vector<Watched> watched;  // a new one after each 410
  int resumed = 0;
  bool begun() const { return begun_; }
  bool done() const { return done_; }

 private:
  std::uint16_t port() { return scene_.ports[choices_.pick(scene_.ports.size())]; }

  void list() {
    HttpClient client(port());
    const auto seen = listed_of(client.ask("GET", kMaps));
    if (!seen) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return;
    }
    watched.push_back({name_ + "." + std::to_string(watched.size()),
                       seen->revision,
                       seen->objects,
                       {},
                       seen->revision});
    lost_ = false;
    begun_ = true;
    done_ = seen->objects.contains(kLast);
  }

  void watch() {
    Watched& now = watched.back();
    HttpClient client(port());
    try {
      int status = 0;
      std::istream& lines = client.open(
          kMaps + "?watch=true&allowWatchBookmarks=true&resourceVersion=" +
              std::to_string(now.until) + "&timeoutSeconds=" + std::to_string(1 + choices_.pick(4)),
          status);
      ++resumed;
      if (status == 410) lost_ = true;
      if (status != 200) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return;
      }
      for (std::string line; !done_ && !lost_ && std::getline(lines, line);) take(now, line);
    } catch (const Poco::Exception&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    client.close();
  }

  void take(Watched& now, const std::string& line) {
    boost::system::error_code wrong;
    const boost::json::value event = boost::json::parse(line, wrong);
    if (wrong || !event.is_object()) return;  // cut
    const std::string type = text_at(event, "type");
    const boost::json::value& object = event.at("object");
    if (type == "ERROR") {
      const boost::json::value* code = object.as_object().if_contains("code");
      lost_ = code != nullptr && *code == 410;
      return;
    }
    const Seen seen = seen_of(object);
    now.events.push_back({type, text_at(object, "metadata.name"), seen.value, seen.revision});
    if (type == "BOOKMARK") now.events.back().key.clear();
    now.until = std::max(now.until, seen.revision);
    done_ = now.events.back().key == kLast;
  }

  Scene& scene_;
  Choices choices_;
  const std::string name_;
  bool lost_ = false;
  std::atomic<bool> begun_{false};
  std::atomic<bool> done_{false};
};

}  // namespace limen::test
