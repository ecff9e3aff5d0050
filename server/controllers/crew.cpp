#include "controllers/crew.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "observability/log.h"

namespace limen::controllers {

namespace {
// How long to wait before trying again what a fresh server cannot do without.
constexpr std::chrono::milliseconds kRetry{200};
// How often to look whether all queues are empty while coming up.
constexpr std::chrono::milliseconds kLook{1};
}  // namespace

void Crew::start(std::function<void()> up) {
  for (const auto& controller : all_) controller->start();
  scope_.spawn("manager", bring_up(std::move(up)));
}

void Crew::take_over() {
  for (const auto& controller : all_) controller->take_over();
}

void Crew::end(std::function<void()> done) {
  scope_.end([this, done = std::move(done)]() mutable {
    for (const auto& controller : all_) controller->stop();
    // What woke one of them before it stopped still comes first.
    scope_.loop().post(std::move(done));
  });
}

base::Task<void> Crew::bring_up(std::function<void()> up) {
  // All at once, so that it is one round of writes. What builds on it (service accounts in
  // namespaces, roles that collect the default ones) comes after.
  Group all(scope_.loop());
  for (const auto& controller : all_) all.add(bring_up_one(*controller));
  co_await all.wait();
  if (scope_.ending()) co_return;
  for (const auto& controller : all_) controller->look_at_all();
  while (!scope_.ending() && !idle()) co_await scope_.sleep(kLook);
  if (!scope_.ending()) up();
}

base::Task<void> Crew::bring_up_one(Controller& controller) {
  while (!scope_.ending()) {
    std::string problem;
    try {
      co_await controller.bring_up();
      co_return;
    } catch (const std::exception& error) {
      problem = error.what();
    }
    log::warn("housekeeping will be tried again",
              {{"controller", controller.name()}, {"error", problem}});
    co_await scope_.sleep(kRetry);
  }
}

bool Crew::idle() const {
  return std::all_of(all_.begin(), all_.end(),
                     [](const auto& controller) { return controller->idle(); });
}

}  // namespace limen::controllers
