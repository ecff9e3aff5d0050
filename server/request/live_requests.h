// LiveRequests: the requests that live as long as their client wants (watches), so that a change
// can end them.
//
// Each registers what it rests on and how to end it. When rights to go on change, end_if() asks
// about every one; a request that registers later is asked the same question at once, so that none
// slips through between its authentication and its registration. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/api_error.h"
#include "base/executor.h"
#include "request/credential.h"

namespace limen::request {

class LiveRequests {
 public:
  // Why a request that rests on the credential must end, or nothing.
  using Judge = std::function<std::optional<base::ApiError>(const Credential& credential)>;
  using End = std::function<void(const base::ApiError& why)>;

  // Gives the place up when destroyed; `end` may still be on its way then, so it must hold weakly
  // what it ends.
  class Registration {
   public:
    Registration() = default;
    Registration(LiveRequests* of, std::uint64_t id) : of_(of), id_(id) {}
    Registration(Registration&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), id_(other.id_) {}
    Registration& operator=(Registration&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~Registration() {
      if (of_ != nullptr) of_->remove(id_);
    }

   private:
    LiveRequests* of_ = nullptr;
    std::uint64_t id_ = 0;
  };

  // `end` runs on `loop`, at most once.
  [[nodiscard]] Registration add(base::Executor& loop, std::shared_ptr<const Credential> credential,
                                 End end);
  // Ends the requests of which `judge` says so, and asks it about every later one. Returns how many
  // it ended.
  std::size_t end_if(Judge judge);
  std::size_t size() const;

 private:
  struct Entry {
    base::Executor* loop;
    std::shared_ptr<const Credential> credential;
    End end;
  };
  static bool judged(const Judge& judge, Entry& entry);
  void remove(std::uint64_t id);

  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::uint64_t last_id_ = 0;
  Judge judge_;
};

}  // namespace limen::request
