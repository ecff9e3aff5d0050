#include "admission/passage.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "admission/changes.h"
#include "admission/refusal.h"
#include "base/api_error.h"

namespace limen::admission {

namespace {

using std::chrono::milliseconds;

constexpr const char* kPatches = "patch.admission.limen.io/";
constexpr std::size_t kMaxTimesShown = 8;

// The part of a request's time that is left for its answer while controllers are asked.
class TimeKeptBack {
 public:
  explicit TimeKeptBack(request::CallScope& scope) : scope_(scope), whole_(scope.deadline) {
    const base::Deadline now = base::SteadyClock::now();
    if (whole_ == base::Deadline::max() || whole_ <= now) return;
    scope.deadline =
        whole_ - std::min<base::SteadyClock::duration>((whole_ - now) / 20, milliseconds(100));
  }
  ~TimeKeptBack() { scope_.deadline = whole_; }
  TimeKeptBack(const TimeKeptBack&) = delete;
  TimeKeptBack& operator=(const TimeKeptBack&) = delete;

 private:
  request::CallScope& scope_;
  const base::Deadline whole_;
};

std::string in_milliseconds(std::chrono::nanoseconds time) {
  return std::to_string(std::chrono::duration_cast<milliseconds>(time).count()) + " ms";
}

// Of an earlier try of the same write, which another write came before.
void forget_patches(request::CallScope& scope) {
  auto& all = scope.annotations;
  all.erase(std::remove_if(all.begin(), all.end(),
                           [](const auto& one) { return one.first.starts_with(kPatches); }),
            all.end());
}

// A controller that refuses has judged the object; these are its words for not having been able to.
bool tells_failure(const Result& result) {
  return !result.error.empty() || result.message.starts_with("Internal error occurred: ") ||
         result.message.starts_with("Timeout: ");
}

}  // namespace

Passage::Passage(const Controllers& controllers, request::CallScope& scope, bool show_changes)
    : controllers_(controllers), scope_(scope), show_changes_(show_changes) {}

base::Task<void> Passage::mutate(Review& review) {
  const TimeKeptBack kept(scope_);
  if (show_changes_) forget_patches(scope_);
  // A second round only when somebody changed what an earlier one had already seen.
  bool seen_by_earlier = false;
  bool again = false;
  static std::atomic<std::uint64_t> last{0};
  const std::uint64_t number = ++last;
  for (int round = 0; round < 2; ++round) {
    review.reinvocation = round != 0;
    review.write = number;
    for (std::size_t i = 0; i < controllers_.size(); ++i) {
      Controller& controller = *controllers_[i];
      if (!controller.mutates() || !controller.handles(review.operation)) continue;
      review.comes_again = round == 0 && seen_by_earlier;
      const base::Deadline began = base::SteadyClock::now();
      Result result = co_await controller.admit(review, scope_);
      note_time(i, began);
      if (!result.allowed) refuse(review, result, i, Step::mutate);
      check_time(i, Step::mutate);
      if (result.changed) {
        if (show_changes_) tell_change(review, result, round, i);
        review.object = std::move(result.changed);
        again = again || seen_by_earlier;
      }
      seen_by_earlier = true;
    }
    if (!again) break;
  }
  review.reinvocation = review.comes_again = false;
}

base::Task<void> Passage::validate(Review& review) {
  const TimeKeptBack kept(scope_);
  for (std::size_t i = 0; i < controllers_.size(); ++i) {
    Controller& controller = *controllers_[i];
    if (!controller.validates() || !controller.handles(review.operation)) continue;
    const base::Deadline began = base::SteadyClock::now();
    const Result result = co_await controller.validate(review, scope_);
    note_time(i, began);
    if (!result.allowed) refuse(review, result, i, Step::validate);
    check_time(i, Step::validate);
  }
}

void Passage::note_time(std::size_t index, base::Deadline began) {
  if (took_.empty()) took_.resize(controllers_.size());
  took_[index] += base::SteadyClock::now() - began;
}

void Passage::tell_change(const Review& review, const Result& result, int round,
                          std::size_t index) {
  static const authz::Attributes kNothing;
  const authz::Attributes& about = review.attributes ? *review.attributes : kNothing;
  scope_.annotations.emplace_back(
      kPatches + ("round_" + std::to_string(round) + "_index_" + std::to_string(index)),
      tell_changes(controllers_[index]->name(), about, review.object.root(),
                   result.changed.root()));
}

void Passage::check_time(std::size_t index, Step step) {
  if (scope_.deadline == base::Deadline::max()) return;
  if (base::SteadyClock::now() < scope_.deadline) return;
  fail_for_time("admission controller \"" + controllers_[index]->name() + "\" was the last asked",
                index, step);
}

void Passage::fail_for_time(const std::string& why, std::size_t index, Step step) {
  tell_failure(index, step);
  throw base::ApiError::timeout(
      "Timeout: request did not complete within the allotted timeout: " + why + times(index));
}

void Passage::refuse(const Review& review, const Result& result, std::size_t index, Step step) {
  const Controller& controller = *controllers_[index];
  if (!tells_failure(result)) {
    scope_.annotations.emplace_back("admission.limen.io/refused-by", controller.name());
    throw refusal(review, result);
  }
  if (!result.error.empty()) {
    const std::string failed =
        "admission controller \"" + controller.name() + "\" failed: " + result.error;
    if (base::SteadyClock::now() >= scope_.deadline) fail_for_time(failed, index, step);
    tell_failure(index, step);
    throw base::ApiError::internal(failed + times(index));
  }
  tell_failure(index, step);
  Result timed = result;
  timed.message += times(index);
  throw refusal(review, timed);
}

void Passage::tell_failure(std::size_t index, Step step) {
  boost::json::object micros;
  for (std::size_t i = 0; i < took_.size(); ++i) {
    if (took_[i] == Duration::zero()) continue;
    micros[controllers_[i]->name()] =
        std::chrono::duration_cast<std::chrono::microseconds>(took_[i]).count();
  }
  scope_.annotations.emplace_back("admission.limen.io/failed",
                                  boost::json::serialize(boost::json::object{
                                      {"module", controllers_[index]->name()},
                                      {"step", step == Step::mutate ? "mutate" : "validate"},
                                      {"microseconds", std::move(micros)}}));
}

// Who took a millisecond or more, the longest first, and whoever is to blame.
std::string Passage::times(std::size_t index) const {
  Duration whole{};
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < took_.size(); ++i) {
    whole += took_[i];
    if (i == index || took_[i] >= milliseconds(1)) shown.push_back(i);
  }
  std::stable_sort(shown.begin(), shown.end(),
                   [this](std::size_t a, std::size_t b) { return took_[a] > took_[b]; });
  if (shown.size() > kMaxTimesShown) shown.resize(kMaxTimesShown);
  std::string text;
  for (const std::size_t i : shown) {
    text += (text.empty() ? "" : ", ") + controllers_[i]->name() + " " + in_milliseconds(took_[i]);
  }
  return " (admission took " + in_milliseconds(whole) + ": " + text + ")";
}

}  // namespace limen::admission
