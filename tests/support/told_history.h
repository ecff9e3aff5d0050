// Whether what several watchers and lists told of one collection fits one history of it: watches
// neither skip nor repeat nor reorder, a list is the collection as it was at one revision, and what
// was acknowledged is in the history.
//
// The history is what all watchers were told, put together; one that sees what others do not shows
// what these skipped. Thread-confined.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/linearizable.h"

namespace limen::test {

// A value of an object, and the revision it got it at.
struct Seen {
  std::string value;
  std::int64_t revision = 0;
  bool operator==(const Seen&) const = default;
};
using Collection = std::map<std::string, Seen>;

struct Told {
  std::string type;  // ADDED, MODIFIED, DELETED or BOOKMARK
  std::string key;
  std::string value;  // empty of a deletion: not told
  std::int64_t revision = 0;
};

// What a watcher was told without a gap: from a list on, over as many requests as it took.
struct Watched {
  std::string who;
  std::int64_t since = 0;           // the revision it began with
  std::optional<Collection> first;  // the objects then, when it began with a list
  std::vector<Told> events;
  std::int64_t until = 0;  // the last revision it is known to have been told of everything up to
};

struct Listed {
  std::string who;
  std::int64_t at_least =
      0;  // the greatest revision anybody had been told of when it was asked for
  std::int64_t revision = 0;
  Collection objects;
};

class ToldHistory {
 public:
  // Takes over what the watchers were told; what does not fit is in problems().
  explicit ToldHistory(const std::vector<Watched>& watchers) {
    for (const Watched& one : watchers) take(one);
    for (const auto& [revision, told] : changes_) of_key_[told.key].push_back(revision);
    for (const Watched& one : watchers) check(one);
  }

  const std::vector<std::string>& problems() const { return problems_; }
  std::size_t size() const { return changes_.size(); }

  // The object as it was at a revision.
  std::optional<Seen> at(std::int64_t revision, const std::string& key) const {
    const auto found = of_key_.find(key);
    if (found == of_key_.end()) return std::nullopt;
    const auto next = std::upper_bound(found->second.begin(), found->second.end(), revision);
    if (next == found->second.begin()) return std::nullopt;
    const Told& told = changes_.at(*std::prev(next));
    if (told.type == "DELETED") return std::nullopt;
    return Seen{told.value, told.revision};
  }
  Collection at(std::int64_t revision) const {
    Collection world;
    for (const auto& [key, revisions] : of_key_) {
      if (const auto seen = at(revision, key)) world[key] = *seen;
    }
    return world;
  }

  void check(const Listed& one) {
    if (one.revision < one.at_least) {
      problem(one.who + " was given the objects at " + std::to_string(one.revision) + " though " +
              std::to_string(one.at_least) + " was known before");
    }
    compare(one.who, one.revision, one.objects);
  }

  // Every write that was acknowledged is in the history, and the history holds nothing else but
  // writes whose outcome is unknown.
  void check(const std::string& key, const std::vector<Operation>& operations) {
    std::map<std::string, const Operation*> writes;
    int removed = 0, maybe_removed = 0;
    for (const Operation& one : operations) {
      if (!one.changes()) continue;
      if (one.kind == Operation::Kind::remove) {
        ++(one.unknown() ? maybe_removed : removed);
      } else {
        writes[one.value] = &one;
        if (!one.unknown() && at(one.revision, key) != Seen{one.value, one.revision})
          problem("lost: " + key + ": " + describe(one));
      }
    }
    int deletions = 0;
    std::map<std::string, int> times;
    for (const std::int64_t revision : of_key_[key]) {
      const Told& told = changes_.at(revision);
      if (told.type == "DELETED") {
        ++deletions;
      } else if (!writes.contains(told.value)) {
        problem("nobody wrote " + describe(told));
      } else if (++times[told.value] > 1) {
        problem("done twice: " + describe(told));
      }
    }
    if (deletions < removed || deletions > removed + maybe_removed) {
      problem(key + " was removed " + std::to_string(deletions) + " times, acknowledged were " +
              std::to_string(removed) + " and unknown " + std::to_string(maybe_removed));
    }
  }

  static std::string describe(const Told& told) {
    return told.type + " " + told.key + " " + told.value + " at " + std::to_string(told.revision);
  }
  static std::string describe(const Operation& one) { return test::describe(one); }

 private:
  void problem(std::string text) { problems_.push_back(std::move(text)); }

  void take(const Watched& one) {
    std::int64_t last = one.since;
    for (const Told& told : one.events) {
      const bool bookmark = told.type == "BOOKMARK";
      if (bookmark ? told.revision < last : told.revision <= last)
        problem(one.who + " was told after " + std::to_string(last) + " of " + describe(told));
      last = std::max(last, told.revision);
      if (bookmark) continue;
      const auto [found, fresh] = changes_.emplace(told.revision, told);
      if (fresh) continue;
      Told& known = found->second;
      if (known.value.empty()) known.value = told.value;
      if (known.key != told.key || known.type != told.type ||
          (!told.value.empty() && told.value != known.value)) {
        problem(one.who + " was told of " + describe(told) + ", others of " + describe(known));
      }
    }
  }

  void check(const Watched& one) {
    if (one.first) compare(one.who, one.since, *one.first);
    std::vector<const Told*> told;
    for (const Told& event : one.events)
      if (event.type != "BOOKMARK") told.push_back(&event);
    std::size_t next = 0;
    int skipped = 0;
    for (auto change = changes_.upper_bound(one.since);
         change != changes_.end() && change->first <= one.until; ++change) {
      while (next < told.size() && told[next]->revision < change->first) ++next;
      if (next < told.size() && told[next]->revision == change->first) continue;
      if (++skipped <= 3) problem(one.who + " was not told of " + describe(change->second));
    }
    if (skipped > 3) problem(one.who + " was not told of " + std::to_string(skipped) + " changes");
    check_types(one);
  }

  // ADDED is what was not there, everything else what was.
  void check_types(const Watched& one) {
    for (const Told& event : one.events) {
      if (event.type == "BOOKMARK") continue;
      const bool there = at(event.revision - 1, event.key).has_value();
      if (there == (event.type == "ADDED"))
        problem(one.who + " was told " + describe(event) + ", which was " +
                (there ? "there" : "not there"));
    }
  }

  void compare(const std::string& who, std::int64_t revision, const Collection& objects) {
    const Collection expected = at(revision);
    if (objects == expected) return;
    std::string text = who + " was given at " + std::to_string(revision) + ":";
    const auto add = [&](const Collection& of, const Collection& other, const char* what) {
      for (const auto& [key, seen] : of) {
        const auto found = other.find(key);
        if (found == other.end() || found->second != seen)
          text += std::string(" ") + what + " " + key + " " + seen.value + " at " +
                  std::to_string(seen.revision);
      }
    };
    add(objects, expected, "told");
    add(expected, objects, "was");
    problem(std::move(text));
  }

  std::map<std::int64_t, Told> changes_;
  std::map<std::string, std::vector<std::int64_t>> of_key_;
  std::vector<std::string> problems_;
};

}  // namespace limen::test
