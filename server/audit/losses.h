// Losses: what a backend could not store, counted and told in the log without flooding it.
//
// Any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "base/executor.h"

namespace limen::audit {

class Losses {
 public:
  static constexpr std::chrono::seconds kComplaintInterval{10};

  // `backend` is a name that lives for ever: of the metric's series.
  explicit Losses(std::string_view backend) : backend_(backend) {}

  void lose(std::size_t events, const std::string& why);
  // Says why nothing can be stored now: at once, and then again at most every kComplaintInterval.
  void complain(const std::string& why);

 private:
  const std::string_view backend_;
  std::mutex mutex_;
  base::Deadline next_complaint_{};
  std::size_t lost_ = 0;  // since the last complaint
};

}  // namespace limen::audit
