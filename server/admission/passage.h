// Passage: one write's way through the admission chain, and what is known of it afterwards: who
// changed what, who refused, and how long each took.
//
// A little of the request's time is kept back while controllers are asked, so that one that takes
// all of it is named in the answer instead of being cut off by the request's own clock. What there
// is to tell goes to the audit annotations of the request:
//   patch.admission.limen.io/round_R_index_I  what the controller at place I of the chain changed
//                                             (tell_changes), where changes are to be shown
//   admission.limen.io/refused-by             the controller that refused
//   admission.limen.io/failed                 the one that failed or was late, and everybody's time
// Lives on the request; the chain and the scope outlive it. Thread rule: the request's loop.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "admission/controller.h"

namespace limen::admission {

class Passage {
 public:
  using Controllers = std::vector<std::shared_ptr<Controller>>;

  // `show_changes`: the audit log wants to know what each controller changed.
  Passage(const Controllers& controllers, request::CallScope& scope, bool show_changes);

  // As Chain::mutate and Chain::validate, which see.
  base::Task<void> mutate(Review& review);
  base::Task<void> validate(Review& review);

 private:
  using Duration = std::chrono::nanoseconds;
  enum class Step : std::uint8_t { mutate, validate };

  void note_time(std::size_t index, base::Deadline began);
  void tell_change(const Review& review, const Result& result, int round, std::size_t index);
  // Ends the passage when the time for it is over.
  void check_time(std::size_t index, Step step);
  [[noreturn]] void refuse(const Review& review, const Result& result, std::size_t index,
                           Step step);
  [[noreturn]] void fail_for_time(const std::string& why, std::size_t index, Step step);
  void tell_failure(std::size_t index, Step step);
  std::string times(std::size_t index) const;

  const Controllers& controllers_;
  request::CallScope& scope_;
  const bool show_changes_;
  std::vector<Duration> took_;  // of each controller, all its calls; empty before the first
};

}  // namespace limen::admission
