// token-cleaner: bootstrap tokens, which are Secrets in kube-system, go when they expire (row A24).
//
// Thread rule: as Controller.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class TokenCleaner final : public Controller {
 public:
  TokenCleaner(Scope& scope, Objects& objects);

  std::string_view name() const override;
  void start() override { secrets_.start(); }
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  base::Task<bool> look(std::string secret);
  void look_again(const std::string& secret, std::chrono::nanoseconds after);
  void forget_timer(const std::string& secret);

  Objects& objects_;
  KeyQueue queue_;
  std::map<std::string, base::Executor::TimerId> timers_;  // by the Secret that will expire
  Informer secrets_;
};

}  // namespace limen::controllers
