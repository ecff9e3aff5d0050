// The API against a model of it: several clients write, read, list and watch at once, over the real
// store, and afterwards everything each of them saw must fit one history of the objects.
//
// The history is what a watch from the beginning tells. A write is to be in it once, with the
// version it was answered with; a refusal is to be true of some moment between question and answer;
// a list is to be the objects as they were at the version it names, however many pages it comes in;
// a watch is to tell what came after the version it began with, as its selector sees it; what a
// collection's deletion names is to be gone at some moment.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "support/allows.h"
#include "support/api_client.h"
#include "support/choices.h"
#include "support/sqlite_store.h"

namespace limen::test {
namespace {

using storage::Revision;

constexpr int kClients = 4;
constexpr int kOperations = 250;
const std::vector<std::string> kSpaces = {"north", "south"};
const std::vector<std::string> kNames = {"a", "b", "c", "d", "e"};
const std::string kLast = "last";  // written when all have finished, so that watches know the end

struct Place {
  std::string ns, name;
  auto operator<=>(const Place&) const = default;
};
struct State {
  std::string value;  // no two writes write the same
  bool even = false;  // what the selector selects by
  Revision revision = 0;
  bool operator==(const State&) const = default;
};
using World = std::map<Place, State>;

enum class Verb { create, generate, update, patch, test_patch, apply, remove, get };

// A question about one object, and its answer.
struct Asked {
  Verb verb;
  Place place;
  Revision expected = 0;         // of a change or a removal; 0: any
  Revision from = 0, until = 0;  // the store's revisions when it was asked and when it was answered
  int status = 0;
  std::string reason;
  State state;  // what the answer holds
};
struct Listed {
  std::string ns;  // empty: all
  bool even = false;
  Revision from = 0, until = 0, revision = 0;
  World world;
};
struct Watched {
  std::string ns;
  bool even = false;
  Revision since = 0;
  std::vector<std::pair<std::string, std::pair<Place, State>>> events;
};

Revision revision_of(const object::Json& object) {
  return std::stoll(std::string(object::resource_version(object)));
}
Place place_of(const object::Json& object) {
  return {std::string(object::ns(object)), std::string(object::name(object))};
}
State state_of(const object::Json& object) {
  const object::Json& data = *object::member(object, "data");
  const std::string value(object::text_at(data, "value"));
  return {value, value.ends_with("0"), revision_of(object)};
}

std::string path_of(const std::string& ns) {
  return ns.empty() ? "/api/v1/configmaps" : "/api/v1/namespaces/" + ns + "/configmaps";
}

// One who asks, on a thread of their own, and remembers what they saw.
class Client {
 public:
  Client(storage::CachedStore& store, const api::Api& api, int number)
      : store_(store),
        client_{api, loop_, test::allowing_chains()},
        choices_(static_cast<std::uint64_t>(number) + 1),
        number_(number) {}

  void work() {
    for (int i = 0; i < kOperations; ++i) {
      step();
      if (i == kOperations / 3 || i == kOperations / 2) watch();
    }
  }
  void write_last() {
    for (const std::string& ns : kSpaces) ask(Verb::create, {ns, kLast});
  }
  // Until every watch has told of the last write.
  void finish_watches() {
    const auto end = base::SteadyClock::now() + std::chrono::seconds(60);
    for (std::size_t i = 0; i < watches_.size(); ++i) {
      while (!saw_last(i)) {
        ASSERT_LT(base::SteadyClock::now(), end) << "a watch does not tell of the last write";
        pass();
      }
      read_events(i);
      watches_[i].exchange->cancel();
      while (!*watches_[i].done) pass();
    }
  }
  void watch_from_the_beginning() { begin_watch({"", false, 1, {}}); }

  std::vector<Asked> asked;
  std::vector<Listed> listed;
  std::vector<Listed> collected;  // what deletions of collections answered
  std::vector<Watched> watched;

 private:
  void pass() {
    loop_.run();
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }

  void step() {
    const Place place{choices_.of(kSpaces), choices_.of(kNames)};
    switch (choices_.pick(14)) {
      case 0:
      case 1:
        return ask(Verb::create, place);
      case 2:
        return ask(Verb::generate, {place.ns, {}});
      case 3:
      case 4:
        return ask(Verb::update, place, seen_[place]);
      case 5:
      case 6:
        return ask(Verb::patch, place, choices_.one_in(2) ? seen_[place] : 0);
      case 7:
        return ask(Verb::test_patch, place, seen_[place]);
      case 8:
        return ask(Verb::apply, place);
      case 9:
        return ask(Verb::remove, place, choices_.one_in(2) ? seen_[place] : 0);
      case 10:
        return choices_.one_in(4) ? remove_collection(place.ns) : ask(Verb::get, place);
      case 11:
        return list_in_pages(choices_.one_in(2) ? place.ns : "", choices_.one_in(2));
      case 12:
        return ask(Verb::get, place);
      default:
        return list(choices_.one_in(2) ? place.ns : "", choices_.one_in(2));
    }
  }

  Answered call(const std::string& method, const std::string& target, std::string body = {},
                Headers headers = {}) {
    Open open = client_.start(method, target, std::move(body), std::move(headers));
    while (!*open.done) pass();
    return ApiClient::answer_of(*open.exchange);
  }

  // Ends with 0 when it is even.
  std::string next_value(const Place& place) {
    const bool even = place.name == kLast || choices_.one_in(2);
    return std::to_string(number_) + "-" + std::to_string(++written_) + (even ? "0" : "1");
  }
  // Its label says what its value ends with.
  static std::string content(const std::string& value) {
    return R"("data":{"value":")" + value + R"("})";
  }
  static std::string metadata(const Place& place, const std::string& value, Revision revision) {
    const std::string name =
        place.name.empty() ? R"("generateName":"made-")" : R"("name":")" + place.name + "\"";
    std::string text = R"("metadata":{)" + name + R"(,"labels":{"even":")" +
                       (value.ends_with("0") ? "yes" : "no") + "\"}";
    if (revision != 0) text += R"(,"resourceVersion":")" + std::to_string(revision) + "\"";
    return text + "}";
  }

  // A JSON patch that holds for one version alone.
  static std::string tested(const std::string& value, Revision expected) {
    return R"([{"op":"test","path":"/metadata/resourceVersion","value":")" +
           std::to_string(expected) + R"("},{"op":"add","path":"/data","value":{"value":")" +
           value + R"("}},{"op":"add","path":"/metadata/labels","value":{"even":")" +
           (value.ends_with("0") ? "yes" : "no") + R"("}}])";
  }

  Answered send(Verb verb, const Place& place, Revision expected) {
    const std::string all = path_of(place.ns);
    const std::string one = all + "/" + place.name;
    const std::string value = next_value(place);
    const std::string text = "{" + metadata(place, value, expected) + "," + content(value) + "}";
    switch (verb) {
      case Verb::create:
      case Verb::generate:
        return call("POST", all, text);
      case Verb::update:
        return call("PUT", one, text);
      case Verb::patch:
        return call("PATCH", one, text, {{"Content-Type", "application/merge-patch+json"}});
      case Verb::test_patch:
        return call("PATCH", one, tested(value, expected),
                    {{"Content-Type", "application/json-patch+json"}});
      case Verb::apply:
        return call("PATCH", one + "?force=true&fieldManager=model",
                    R"({"apiVersion":"v1","kind":"ConfigMap",)" + text.substr(1),
                    {{"Content-Type", "application/apply-patch+yaml"}});
      case Verb::remove:
        return call("DELETE", one,
                    expected == 0 ? std::string()
                                  : R"({"preconditions":{"resourceVersion":")" +
                                        std::to_string(expected) + "\"}}");
      default:
        return call("GET", one);
    }
  }

  void ask(Verb verb, const Place& place, Revision expected = 0) {
    Asked question{verb, place, expected, store_.revision(), 0, 0, {}, {}};
    const Answered answer = send(verb, place, expected);
    question.until = store_.revision();
    question.status = answer.status;
    question.reason = answer.reason();
    if (answer.status < 300 && verb != Verb::remove) {
      question.state = state_of(answer.json);
      question.place = place_of(answer.json);
      seen_[question.place] = question.state.revision;
    }
    asked.push_back(std::move(question));
  }

  void list(const std::string& ns, bool even) {
    Listed seen{ns, even, store_.revision(), 0, 0, {}};
    const Answered answer = call("GET", path_of(ns) + (even ? "?labelSelector=even%3Dyes" : ""));
    ASSERT_EQ(answer.status, 200) << answer.text;
    take_items(answer, seen);
    listed.push_back(std::move(seen));
  }
  // Every page is of the version of the first.
  void list_in_pages(const std::string& ns, bool even) {
    Listed seen{ns, even, store_.revision(), 0, 0, {}};
    std::string token;
    do {
      const Answered answer =
          call("GET", path_of(ns) + "?limit=2" + (even ? "&labelSelector=even%3Dyes" : "") +
                          (token.empty() ? "" : "&continue=" + token));
      ASSERT_EQ(answer.status, 200) << answer.text;
      const Revision first = seen.revision;
      const std::size_t before = seen.world.size();
      take_items(answer, seen);
      ASSERT_TRUE(first == 0 || seen.revision == first) << "pages of different versions";
      ASSERT_LE(seen.world.size(), before + 2);
      token = answer.at("metadata.continue");
    } while (!token.empty());
    listed.push_back(std::move(seen));
  }
  void remove_collection(const std::string& ns) {
    Listed seen{ns, true, store_.revision(), 0, 0, {}};
    const Answered answer = call("DELETE", path_of(ns) + "?labelSelector=even%3Dyes");
    ASSERT_EQ(answer.status, 200) << answer.text;
    take_items(answer, seen);
    collected.push_back(std::move(seen));
  }
  void take_items(const Answered& answer, Listed& seen) const {
    seen.until = store_.revision();
    seen.revision = revision_of(answer.json);
    for (const object::Json& item : object::member(answer.json, "items")->as_array())
      EXPECT_TRUE(seen.world.emplace(place_of(item), state_of(item)).second) << "told twice";
  }

  // From the version of a list of its own, as an informer does.
  void watch() {
    const std::string ns = choices_.one_in(2) ? choices_.of(kSpaces) : std::string();
    list(ns, choices_.one_in(2));
    begin_watch({ns, listed.back().even, listed.back().revision, {}});
  }
  void begin_watch(Watched what) {
    const std::string selector = what.even ? "&labelSelector=even%3Dyes" : "";
    watches_.push_back(client_.start("GET", path_of(what.ns) + "?watch=true&resourceVersion=" +
                                                std::to_string(what.since) + selector));
    watched.push_back(std::move(what));
  }

  // The last writes are even: whatever is selected, they are.
  bool saw_last(std::size_t index) const {
    const auto& streamed = watches_[index].exchange->streamed;
    if (!streamed) return false;
    std::size_t count = 0;
    for (std::size_t at = 0;
         (at = streamed->text.find("\"name\":\"" + kLast + "\"", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count >= (watched[index].ns.empty() ? kSpaces.size() : 1) &&
           streamed->text.ends_with("\n");
  }
  void read_events(std::size_t index) {
    for (const object::Json& event : watches_[index].events()) {
      const object::Json& object = *object::member(event, "object");
      watched[index].events.emplace_back(std::string(object::text_at(event, "type")),
                                         std::pair(place_of(object), state_of(object)));
    }
  }

  storage::CachedStore& store_;
  InlineExecutor loop_;
  ApiClient client_;
  Choices choices_;
  const int number_;
  int written_ = 0;
  std::map<Place, Revision> seen_;
  std::vector<Open> watches_;
};

// One change of the history.
struct Change {
  std::string type;
  Place place;
  State state;
};

// The objects at every revision, made from what a watch from the beginning told.
class History {
 public:
  explicit History(const Watched& everything) {
    World world;
    Revision last = 1;
    worlds_[last] = world;
    for (const auto& [type, what] : everything.events) {
      const auto& [place, state] = what;
      EXPECT_GT(state.revision, last) << "a watch tells in the order of the versions";
      EXPECT_EQ(type,
                world.contains(place) ? (type == "DELETED" ? "DELETED" : "MODIFIED") : "ADDED");
      last = state.revision;
      if (type == "DELETED") {
        world.erase(place);
      } else {
        world[place] = state;
      }
      worlds_[last] = world;
      changes_.push_back({type, place, state});
    }
  }

  const std::vector<Change>& changes() const { return changes_; }
  const World& at(Revision revision) const {
    return std::prev(worlds_.upper_bound(revision))->second;
  }
  std::optional<State> at(Revision revision, const Place& place) const {
    const World& world = at(revision);
    const auto found = world.find(place);
    return found == world.end() ? std::nullopt : std::optional(found->second);
  }
  // True when `holds` of the object at some moment between the two.
  template <class Holds>
  bool ever(Revision from, Revision until, const Place& place, Holds holds) const {
    for (Revision revision = from; revision <= until; ++revision) {
      if (holds(at(revision, place))) return true;
    }
    return false;
  }

 private:
  std::vector<Change> changes_;
  std::map<Revision, World> worlds_;
};

bool selected(const std::string& ns, bool even, const Place& place, const State& state) {
  return (ns.empty() || ns == place.ns) && (!even || state.even);
}

std::string describe(const Asked& one) {
  static constexpr const char* kVerbs[] = {"create",     "generate", "update", "patch",
                                           "test patch", "apply",    "remove", "get"};
  return std::string(kVerbs[static_cast<int>(one.verb)]) + " " + one.place.ns + "/" +
         one.place.name + " of version " + std::to_string(one.expected) + " between " +
         std::to_string(one.from) + " and " + std::to_string(one.until) + ": " +
         std::to_string(one.status) + " " + one.reason;
}

// What an answered write has to find right before its own revision.
void check_write(const History& history, const Asked& one) {
  const auto before = history.at(one.state.revision - 1, one.place);
  EXPECT_EQ(history.at(one.state.revision, one.place), one.state) << describe(one);
  // An apply creates what is not there, and says so.
  const bool created = one.verb == Verb::create || one.verb == Verb::generate ||
                       (one.verb == Verb::apply && one.status == 201);
  EXPECT_EQ(before.has_value(), !created) << describe(one);
  if (before && one.expected != 0) {
    EXPECT_EQ(before->revision, one.expected) << describe(one);
  }
  EXPECT_GT(one.state.revision, one.from) << describe(one);
  EXPECT_LE(one.state.revision, one.until) << describe(one);
}

void check_refusal(const History& history, const Asked& one) {
  const auto ever = [&](auto holds) { return history.ever(one.from, one.until, one.place, holds); };
  if (one.reason == "NotFound") {
    EXPECT_TRUE(ever([](const auto& state) { return !state; })) << describe(one);
  } else if (one.reason == "AlreadyExists") {
    EXPECT_TRUE(ever([](const auto& state) { return state.has_value(); })) << describe(one);
  } else {
    // A test that does not hold is no conflict to a client.
    ASSERT_EQ(one.reason, one.verb == Verb::test_patch ? "Invalid" : "Conflict") << describe(one);
    ASSERT_TRUE(one.expected != 0 || one.verb == Verb::test_patch) << describe(one);
    EXPECT_TRUE(ever([&](const auto& state) { return !state || state->revision != one.expected; }))
        << describe(one);
  }
}

void check_asked(const History& history, const std::vector<Asked>& asked) {
  for (const Asked& one : asked) {
    if (one.status >= 300) {
      check_refusal(history, one);
    } else if (one.verb == Verb::get) {
      EXPECT_TRUE(history.ever(one.from, one.until, one.place, [&](const auto& state) {
        return state == one.state;
      })) << describe(one);
    } else if (one.verb == Verb::remove) {
      EXPECT_TRUE(history.ever(one.from, one.until, one.place, [](const auto& state) {
        return !state;
      })) << describe(one);
    } else {
      check_write(history, one);
    }
  }
}

void check_listed(const History& history, const Listed& one) {
  EXPECT_GE(one.revision, one.from) << "a list tells what was acknowledged before it was asked for";
  EXPECT_LE(one.revision, one.until);
  World expected;
  for (const auto& [place, state] : history.at(one.revision)) {
    if (selected(one.ns, one.even, place, state)) expected[place] = state;
  }
  EXPECT_EQ(one.world, expected) << "at version " << one.revision;
}

// What it told of is gone at some moment, by it or by somebody else.
void check_collected(const History& history, const Listed& one) {
  check_listed(history, one);
  for (const auto& [place, state] : one.world) {
    EXPECT_TRUE(history.ever(one.revision, one.until, place, [](const auto& now) { return !now; }))
        << place.ns << "/" << place.name << " outlived the deletion of its collection";
  }
}

bool deleted_by(const Listed& one, const Change& change) {
  return change.state.revision > one.revision && change.state.revision <= one.until &&
         one.world.contains(change.place);
}

// As the selector sees it: what comes into it is added, what leaves it deleted.
void check_watched(const History& history, const Watched& one) {
  std::vector<std::string> expected, seen;
  const auto text = [](const std::string& type, const Place& place, const State& state) {
    return type + " " + place.ns + "/" + place.name + " " + state.value + " " +
           std::to_string(state.revision);
  };
  for (const Change& change : history.changes()) {
    if (change.state.revision <= one.since) continue;
    const auto before = history.at(change.state.revision - 1, change.place);
    const bool was = before && selected(one.ns, one.even, change.place, *before);
    const bool is =
        change.type != "DELETED" && selected(one.ns, one.even, change.place, change.state);
    if (!was && !is) continue;
    State told = change.state;
    // What leaves the selection is told as it was, with the version at which it left.
    if (was && !is) told.value = before->value;
    expected.push_back(text(!was ? "ADDED" : is ? "MODIFIED" : "DELETED", change.place, told));
  }
  for (const auto& [type, what] : one.events) seen.push_back(text(type, what.first, what.second));
  EXPECT_EQ(seen, expected) << "since " << one.since << " in \"" << one.ns << "\""
                            << (one.even ? " even ones" : "");
}

TEST(ApiModel, WhatConcurrentClientsSeeFitsOneHistory) {
  TemporaryFolder folder;
  SqliteStore store((folder.path() / "limen.db").string());
  const api::Api api({*store, {}});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(std::make_unique<Client>(*store, api, i));
  std::vector<std::thread> threads;
  for (auto& client : clients) threads.emplace_back([&client] { client->work(); });
  for (std::thread& thread : threads) thread.join();
  Client witness(*store, api, kClients);
  witness.write_last();
  witness.watch_from_the_beginning();
  witness.finish_watches();
  ASSERT_EQ(witness.watched.size(), 1U);
  const History history(witness.watched.front());

  std::multiset<Place> removed;
  std::vector<Listed> collected;
  std::map<Place, int> outrun;
  std::set<Revision> written;
  std::map<std::string, int> outcomes;
  check_asked(history, witness.asked);
  for (const Asked& one : witness.asked) written.insert(one.state.revision);
  for (auto& client : clients) {
    client->finish_watches();
    check_asked(history, client->asked);
    for (const Listed& one : client->listed) check_listed(history, one);
    for (const Watched& one : client->watched) check_watched(history, one);
    for (const Listed& one : client->collected) check_collected(history, one);
    collected.insert(collected.end(), client->collected.begin(), client->collected.end());
    for (const Asked& one : client->asked) {
      ++outcomes[one.status < 300 ? "done" : one.reason];
      if (one.status >= 300 || one.verb == Verb::get) continue;
      if (one.verb == Verb::remove) {
        removed.insert(one.place);
      } else {
        EXPECT_TRUE(written.insert(one.state.revision).second) << "one version, one write";
      }
    }
  }
  // Nothing is in the history that nobody was told of.
  for (const Change& change : history.changes()) {
    if (change.type != "DELETED") {
      EXPECT_EQ(written.erase(change.state.revision), 1U) << change.state.value;
    } else {
      // A deletion of a collection may have been outrun by one of the object.
      const bool maybe_collected =
          std::any_of(collected.begin(), collected.end(),
                      [&](const Listed& one) { return deleted_by(one, change); });
      const auto known = removed.find(change.place);
      if (maybe_collected) {
        ++outrun[change.place];
      } else if (known != removed.end()) {
        removed.erase(known);
      } else {
        ADD_FAILURE() << "nobody deleted " << change.place.ns << "/" << change.place.name;
      }
    }
  }
  EXPECT_TRUE(written.empty());
  for (const Place& place : removed) EXPECT_GE(--outrun[place], 0) << place.ns << "/" << place.name;
  EXPECT_GT(collected.size(), 3U);
  EXPECT_GT(outcomes["Invalid"], 3) << "a tested version must be an old one now and then";
  for (const char* outcome : {"done", "NotFound", "AlreadyExists", "Conflict"})
    EXPECT_GT(outcomes[outcome], 10) << outcome << ": the clients must meet";
}

}  // namespace
}  // namespace limen::test
