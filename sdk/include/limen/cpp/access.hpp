// Access: what the server's authorizers say of somebody, for admission plugins. A cheap view.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "limen/access.h"
#include "limen/cpp/log.hpp"
#include "limen/cpp/result.hpp"
#include "limen/cpp/text.hpp"

namespace limen {

// A right to be asked about, in Kubernetes' terms. Views: they need not outlive the question.
struct Right {
  std::string_view verb{};
  std::string_view api_group{}, resource{}, subresource{}, ns{}, name{};
  std::string_view api_version = "*";
};

struct AccessAnswer {
  bool allowed = false;  // false as well when it could not be found out
  limen_status status = LIMEN_E_INTERNAL;
  std::string reason, error;
};

class Access {
 public:
  using Done = std::function<void(const AccessAnswer& answer)>;

  Access(const limen_host* host, const limen_access_api* api, Log log)
      : host_(host), api_(api), log_(log) {}
  explicit operator bool() const { return api_ != nullptr; }

  // Asks whether `user` has a right, of the authorizers in force for the request of `call` (one of
  // admission). `done` is called once, on a worker thread, unless this returns an error.
  Result<void> ask(limen_call* call, const limen_user* user, const Right& right, Done done) const {
    if (api_ == nullptr) return Error{"limen.access/1 is not offered", LIMEN_E_UNSUPPORTED};
    limen_attributes about{};
    about.struct_size = sizeof(about);
    about.is_resource = 1;
    about.user = user;
    about.verb = to_abi(right.verb);
    about.api_group = to_abi(right.api_group);
    about.api_version = to_abi(right.api_version);
    about.resource = to_abi(right.resource);
    about.subresource = to_abi(right.subresource);
    about.ns = to_abi(right.ns);
    about.name = to_abi(right.name);
    auto question = std::make_unique<Question>(Question{std::move(done), log_});
    const limen_status status = api_->ask(host_, call, &about, &Question::finish, question.get());
    if (status == LIMEN_OK) question.release();
    return detail::from_status(status, "the authorizers could not be asked");
  }

 private:
  struct Question {
    Done done;
    Log log;
    static void finish(void* arg, limen_status status, const limen_access_answer* in) noexcept {
      const std::unique_ptr<Question> self(static_cast<Question*>(arg));
      try {
        AccessAnswer answer;
        answer.status = status;
        answer.allowed = status == LIMEN_OK && in->verdict == LIMEN_ALLOW;
        answer.reason = to_view(in->reason);
        answer.error = to_view(in->error);
        self->done(answer);
      } catch (const std::exception& error) {
        self->log.error("the authorizers' answer was not handled", {{"error", error.what()}});
      } catch (...) {
        self->log.error("the authorizers' answer was not handled");
      }
    }
  };

  const limen_host* host_;
  const limen_access_api* api_;
  Log log_;
};

}  // namespace limen
