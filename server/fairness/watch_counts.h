// WatchCounts: how many watches a write will have to be told to.
//
// A watch counts for the resource, namespace and name it is limited to. Any thread. A Registration
// may outlive the counts.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "request/request_info.h"

namespace limen::fairness {

class WatchCounts {
  struct State;

 public:
  class Registration {
   public:
    Registration() = default;
    Registration(std::shared_ptr<State> of, std::string key)
        : of_(std::move(of)), key_(std::move(key)) {}
    Registration(Registration&& other) noexcept = default;
    Registration& operator=(Registration&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(key_, other.key_);
      return *this;
    }
    ~Registration();

   private:
    std::shared_ptr<State> of_;
    std::string key_;
  };

  WatchCounts();
  // Counts a watch until the registration goes.
  [[nodiscard]] Registration add(const request::RequestInfo& watch);
  // The watches a write concerns.
  std::size_t concerned(const request::RequestInfo& write) const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace limen::fairness
