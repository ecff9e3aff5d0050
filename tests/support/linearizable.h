// Whether what several clients saw of one object fits one order of its changes: linearizability, by
// the search of Wing and Gong with the memory of Lowe ("Testing for linearizability", 2017).
//
// The object is a register that may be absent and is written with or without a comparison. Every
// write has a value of its own, so a value stands for the write it came from. An operation takes
// effect at one moment between its question and its answer; one whose outcome is unknown at any
// later moment or never. What does not change the object is placed as soon as it fits, which loses
// nothing, so only writes are searched. Thread-confined.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace limen::test {

// One question about the object, and what came of it.
struct Operation {
  enum class Kind { create, update, remove, read };
  enum class Outcome { done, absent, exists, conflict, unknown };
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  Kind kind = Kind::read;
  Outcome outcome = Outcome::done;
  std::string value;          // that was to be written, or was read
  std::string expected;       // what an update or a removal was to find; empty: anything
  std::int64_t revision = 0;  // the object's, of a write or a read that is done; 0: not told
  std::int64_t asked = 0;     // on one clock for all clients
  std::int64_t answered = kNever;
  std::string who;  // for the report

  bool changes() const { return kind != Kind::read && (outcome == Outcome::done || unknown()); }
  bool unknown() const { return outcome == Outcome::unknown; }
};

inline std::string describe(const Operation& one) {
  static constexpr const char* kKinds[] = {"create", "update", "remove", "read"};
  static constexpr const char* kOutcomes[] = {"done", "absent", "exists", "conflict", "unknown"};
  std::string text = one.who + " " + kKinds[static_cast<int>(one.kind)] + " " + one.value;
  if (!one.expected.empty()) text += " over " + one.expected;
  text += std::string(": ") + kOutcomes[static_cast<int>(one.outcome)];
  if (one.revision != 0) text += " at " + std::to_string(one.revision);
  text += " [" + std::to_string(one.asked) + ", ";
  return text + (one.answered == Operation::kNever ? "..." : std::to_string(one.answered)) + "]";
}

// Tells why no order explains the operations; empty when one does. Revisions that were told have to
// grow in that order, and one value has one revision.
class Linearizability {
 public:
  // More than so many states looked at: the answer is that it was not decided.
  static constexpr std::size_t kMostStates = 300'000;

  static std::string violation(std::vector<Operation> operations) {
    Linearizability search(std::move(operations));
    if (!search.problem_.empty()) return search.problem_;
    return search.run();
  }

 private:
  using Kind = Operation::Kind;
  using Outcome = Operation::Outcome;

  struct Frame {
    std::string before;                // the object's value before the write of this frame
    std::vector<std::size_t> placed;   // the write, then what fitted after it
    std::vector<std::size_t> choices;  // writes that may come next
    std::size_t next = 0;
    std::size_t first = 0;
    std::size_t ordered = 0;
  };

  explicit Linearizability(std::vector<Operation> operations) : all_(std::move(operations)) {
    std::sort(all_.begin(), all_.end(),
              [](const Operation& a, const Operation& b) { return a.asked < b.asked; });
    learn_revisions();
    taken_.assign(all_.size(), false);
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (optional(i)) {
        maybe_.push_back(i);
        continue;
      }
      if (all_[i].changes() && all_[i].revision != 0) order_.push_back(i);
      must_.push_back(i);
    }
    left_ = must_.size();
    std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
      return all_[a].revision < all_[b].revision;
    });
  }

  // A write of unknown outcome that somebody saw was done, and its revision is what they saw.
  void learn_revisions() {
    std::map<std::string, std::int64_t> by_value;
    std::map<std::int64_t, std::string> by_revision;
    for (const Operation& one : all_) {
      if (one.outcome != Outcome::done || one.revision == 0) continue;
      const auto [value, fresh] = by_value.emplace(one.value, one.revision);
      const auto [revision, new_revision] = by_revision.emplace(one.revision, one.value);
      if (value->second != one.revision || revision->second != one.value) {
        problem_ = "one value has one revision: " + describe(one) + ", but " + value->first +
                   " was at " + std::to_string(value->second) + " and " +
                   std::to_string(revision->first) + " was " + revision->second;
        return;
      }
    }
    for (Operation& one : all_) {
      if (!one.unknown() || one.kind == Kind::remove) continue;
      const auto found = by_value.find(one.value);
      if (found != by_value.end()) one.revision = found->second;
    }
  }

  // The object's value after it, when it fits to what the object is now. The empty value is none.
  static std::optional<std::string> after(const std::string& now, const Operation& one) {
    const bool matches = one.expected.empty() || one.expected == now;
    switch (one.outcome) {
      case Outcome::absent:
        return now.empty() ? std::optional(now) : std::nullopt;
      case Outcome::exists:
        return now.empty() ? std::nullopt : std::optional(now);
      case Outcome::conflict:
        return now.empty() || matches ? std::nullopt : std::optional(now);
      default:
        break;
    }
    switch (one.kind) {
      case Kind::create:
        return now.empty() ? std::optional(one.value) : std::nullopt;
      case Kind::update:
        return now.empty() || !matches ? std::nullopt : std::optional(one.value);
      case Kind::remove:
        return now.empty() || !matches ? std::nullopt : std::optional(std::string());
      case Kind::read:
        return now == one.value ? std::optional(now) : std::nullopt;
    }
    return std::nullopt;
  }

  std::string run() {
    std::vector<Frame> frames(1);
    settle(frames.back());
    while (!frames.empty()) {
      if (left_ == 0) return {};
      Frame& top = frames.back();
      if (top.next == top.choices.size()) {
        undo(top);
        frames.pop_back();
        continue;
      }
      const std::size_t write = top.choices[top.next++];
      Frame next;
      next.before = now_;
      next.first = first_;
      next.ordered = ordered_;
      now_ = *after(now_, all_[write]);
      if (ordered_ < order_.size() && order_[ordered_] == write) ++ordered_;
      place(write, next);
      if (!seen_.insert(state_hash()).second) {
        undo(next);
        continue;
      }
      if (seen_.size() > kMostStates) return "not decided within the states allowed; " + deepest_;
      settle(next);
      frames.push_back(std::move(next));
    }
    return "no order explains what was seen; " + deepest_;
  }

  void place(std::size_t index, Frame& frame) {
    taken_[index] = true;
    hash_ ^= mixed(index);
    if (!optional(index)) --left_;
    frame.placed.push_back(index);
    while (first_ < must_.size() && taken_[must_[first_]]) ++first_;
  }
  void undo(const Frame& frame) {
    for (const std::size_t index : frame.placed) {
      taken_[index] = false;
      hash_ ^= mixed(index);
      if (!optional(index)) ++left_;
    }
    now_ = frame.before;
    first_ = frame.first;
    ordered_ = frame.ordered;
  }
  bool optional(std::size_t index) const {
    return all_[index].unknown() && all_[index].revision == 0;
  }

  // Places all that fits and changes nothing, then says which writes may come next.
  void settle(Frame& frame) {
    bool more = true;
    while (more) {
      more = false;
      for (const std::size_t index : candidates()) {
        if (all_[index].changes() || !after(now_, all_[index])) continue;
        place(index, frame);
        more = true;
      }
    }
    std::vector<std::size_t> unknown;
    for (const std::size_t index : candidates()) {
      if (!all_[index].changes() || !after(now_, all_[index])) continue;
      if (optional(index)) {
        unknown.push_back(index);
      } else if (all_[index].revision == 0 || order_[ordered_] == index) {
        frame.choices.push_back(index);
      }
    }
    frame.choices.insert(frame.choices.end(), unknown.begin(), unknown.end());
    if (left_ < fewest_left_ && left_ > 0) remember();
  }

  // What is not placed and was asked before anything that is not placed was answered.
  std::vector<std::size_t> candidates() const {
    std::vector<std::size_t> found;
    std::int64_t bound = Operation::kNever;
    for (std::size_t i = first_; i < must_.size() && all_[must_[i]].asked <= bound; ++i) {
      if (taken_[must_[i]]) continue;
      found.push_back(must_[i]);
      bound = std::min(bound, all_[must_[i]].answered);
    }
    for (std::size_t i = 0; i < maybe_.size() && all_[maybe_[i]].asked <= bound; ++i) {
      if (!taken_[maybe_[i]]) found.push_back(maybe_[i]);
    }
    return found;
  }

  void remember() {
    fewest_left_ = left_;
    deepest_ = std::to_string(left_) + " do not fit when the object is \"" + now_ + "\":";
    std::size_t shown = 0;
    for (const std::size_t index : candidates()) {
      if (optional(index) && shown >= 6) continue;
      deepest_ += "\n  " + describe(all_[index]);
      if (++shown == 12) break;
    }
  }

  static std::uint64_t mixed(std::uint64_t value) {
    value += 0x9E3779B97F4A7C15U;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31);
  }
  // The set of what is placed decides with the value; a set is its mixed numbers' sum modulo two.
  std::uint64_t state_hash() const { return hash_ ^ mixed(std::hash<std::string>{}(now_)); }

  std::vector<Operation> all_;  // by the time they were asked
  std::string problem_;
  std::vector<bool> taken_;
  std::vector<std::size_t> must_;   // that took effect
  std::vector<std::size_t> maybe_;  // writes of unknown outcome that nobody saw
  std::vector<std::size_t> order_;  // writes whose revision is known, by it
  std::size_t ordered_ = 0;         // how many of them are placed
  std::size_t first_ = 0;           // of must_, the first that is not placed
  std::size_t left_ = 0;            // that have to be placed
  std::string now_;
  std::uint64_t hash_ = 0;
  std::unordered_set<std::uint64_t> seen_;
  std::size_t fewest_left_ = std::numeric_limits<std::size_t>::max();
  std::string deepest_;
};

}  // namespace limen::test
