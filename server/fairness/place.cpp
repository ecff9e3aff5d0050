#include "fairness/place.h"

#include <utility>

#include "fairness/level.h"

namespace limen::fairness {

std::string_view reason_of(Decision refusal) {
  switch (refusal) {
    case Decision::queue_full:
      return "queue-full";
    case Decision::concurrency_limit:
      return "concurrency-limit";
    case Decision::timed_out:
      return "time-out";
    case Decision::cancelled:
      return "cancelled";
    case Decision::execute:
    case Decision::waiting:
      break;
  }
  return {};
}

void Place::leave() {
  if (const std::shared_ptr<Level> level = std::move(level_)) level->leave(*this);
}

bool Place::give_up(Decision why) { return level_ && level_->give_up(*this, why); }

}  // namespace limen::fairness
