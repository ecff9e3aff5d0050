// SeveralBackends: one event for each of them.
//
// What a strict one refuses is refused; what another loses is only counted, by that one. Any
// thread.
#pragma once

#include <memory>
#include <vector>

#include "audit/backend.h"

namespace limen::audit {

class SeveralBackends final : public Backend {
 public:
  struct Member {
    std::unique_ptr<Backend> backend;
    bool strict = false;
  };

  explicit SeveralBackends(std::vector<Member> members) : members_(std::move(members)) {}

  bool take(Event event) override;
  bool has_room() const override;
  void reopen() override;
  bool blocks() const override;
  void take_and_tell(Event event, std::function<void(bool)> told) override;

 private:
  const std::vector<Member> members_;
};

}  // namespace limen::audit
