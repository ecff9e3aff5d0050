#include "audit/several_backends.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace limen::audit {

namespace {

// What all of them said, once the last has.
class Votes {
 public:
  Votes(std::size_t expected, std::function<void(bool)> told)
      : missing_(expected), told_(std::move(told)) {}
  void add(bool stored) {
    if (!stored) all_.store(false);
    if (missing_.fetch_sub(1) == 1) told_(all_.load());
  }

 private:
  std::atomic<std::size_t> missing_;
  std::atomic<bool> all_{true};
  const std::function<void(bool)> told_;
};

}  // namespace

bool SeveralBackends::take(Event event) {
  bool stored = true;
  for (const Member& member : members_) {
    if (!member.backend->take(event) && member.strict) stored = false;
  }
  return stored;
}

bool SeveralBackends::has_room() const {
  return std::all_of(members_.begin(), members_.end(), [](const Member& member) {
    return !member.strict || member.backend->has_room();
  });
}

void SeveralBackends::reopen() {
  for (const Member& member : members_) member.backend->reopen();
}

bool SeveralBackends::blocks() const {
  return std::any_of(members_.begin(), members_.end(),
                     [](const Member& member) { return member.backend->blocks(); });
}

void SeveralBackends::take_and_tell(Event event, std::function<void(bool)> told) {
  const auto votes = std::make_shared<Votes>(members_.size(), std::move(told));
  for (const Member& member : members_) {
    member.backend->take_and_tell(
        event, [votes, strict = member.strict](bool stored) { votes->add(stored || !strict); });
  }
}

}  // namespace limen::audit
