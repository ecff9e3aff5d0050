// LiveRequests: the requests that live as long as their client wants (watches), so that a change
// can end them.
//
// Each registers what it rests on and how to end it. When credentials are revoked, end_if() judges
// every one by its credential; when rights change, ask_again() asks every one, on its own loop,
// whether it may go on. A request that registers later is asked what it missed, so that none slips
// through between its authorization and its registration. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/api_error.h"
#include "base/executor.h"
#include "base/task.h"
#include "request/credential.h"

namespace limen::request {

class LiveRequests {
 public:
  // Requests of one loop that are asked at the same time, when the answers take a while.
  static constexpr int kAskedAtOnce = 16;

  // Why a request that rests on the credential must end, or nothing.
  using Judge = std::function<std::optional<base::ApiError>(const Credential& credential)>;
  // Why the request must end by the rights of now, or nothing. Called on its loop while it is
  // registered; the task may outlive it, so it must hold copies.
  using Again = std::function<base::Task<std::optional<base::ApiError>>()>;
  using End = std::function<void(const base::ApiError& why)>;

  // What a request rests on.
  struct Grounds {
    std::shared_ptr<const Credential> credential;  // null: none that could be revoked
    Again again;                                   // null: nobody needs to be asked
    std::uint64_t rights = 0;                      // rights() before it was authorized
  };

 private:
  class State;

 public:
  // Gives the place up when destroyed; `end` may still be on its way then, so it must hold weakly
  // what it ends.
  class Registration {
   public:
    Registration() = default;
    Registration(std::shared_ptr<State> of, std::uint64_t id) : of_(std::move(of)), id_(id) {}
    Registration(Registration&& other) noexcept = default;
    Registration& operator=(Registration&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~Registration();

   private:
    std::shared_ptr<State> of_;
    std::uint64_t id_ = 0;
  };

  LiveRequests();

  // `end` runs on `loop`, at most once. On the loop's thread, and so must the registration go.
  [[nodiscard]] Registration add(base::Executor& loop, Grounds grounds, End end);
  // Ends the requests of which `judge` says so, and asks it about every later one. Returns how many
  // it ended.
  std::size_t end_if(Judge judge);
  // Asks every request again, some at a time so that the loops can go on with other work, and ends
  // those that may not go on. Returns at once.
  void ask_again();
  // Grows with each ask_again().
  std::uint64_t rights() const;
  std::size_t size() const;

 private:
  std::shared_ptr<State> state_;  // shared with the walks under way
};

}  // namespace limen::request
