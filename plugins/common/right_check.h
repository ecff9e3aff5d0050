// Rights that an admission controller needs to be sure of, asked one after another.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "limen/cpp/plugin.hpp"

namespace limen::plugins {

// A right, kept while it is asked about.
struct NeededRight {
  std::string verb{}, api_group{}, resource{}, subresource{}, ns{}, name{};
  std::string refusal{};  // for the client, when the caller lacks it
  std::string api_version = "*";
};

// Refuses the call, with the text of the first right that the caller lacks and what the authorizers
// said; admits it when none is missing. Where `any`, one of them is enough, and the last refusal is
// told. Completes the call later; return what this returns.
class RightCheck : public std::enable_shared_from_this<RightCheck> {
 public:
  // Words a refusal: the right that is missing and the answer.
  using Word = std::function<std::string(const NeededRight&, const AccessAnswer&)>;

  static Result<void> run(Host& host, AdmissionCall& call, std::vector<NeededRight> rights,
                          bool any, Word word) {
    if (rights.empty()) return {};
    const std::shared_ptr<RightCheck> check(
        new RightCheck(host, call, std::move(rights), any, std::move(word)));
    check->ask();
    return {};
  }

 private:
  RightCheck(Host& host, AdmissionCall& call, std::vector<NeededRight> rights, bool any, Word word)
      : host_(host),
        call_(call.defer()),
        rights_(std::move(rights)),
        any_(any),
        word_(std::move(word)) {}

  void ask() {
    const NeededRight& right = rights_[next_];
    const auto sent = host_.access().ask(
        call_->raw(), call_->attributes().user().raw(),
        {right.verb, right.api_group, right.resource, right.subresource, right.ns, right.name,
         right.api_version},
        [self = shared_from_this()](const AccessAnswer& answer) { self->take(answer); });
    if (!sent.ok()) call_.complete(sent);
  }

  void take(const AccessAnswer& answer) {
    if (answer.status != LIMEN_OK) {
      return call_.complete(Error{"the authorizers did not answer", answer.status});
    }
    const NeededRight& right = rights_[next_];
    const bool last = next_ + 1 == rights_.size();
    if (answer.allowed && (any_ || last)) return call_.complete();
    if (!answer.allowed && (!any_ || last)) {
      (void)call_->deny(word_(right, answer));
      return call_.complete();
    }
    ++next_;
    ask();
  }

  Host& host_;
  Deferred<AdmissionCall> call_;
  const std::vector<NeededRight> rights_;
  const bool any_;
  const Word word_;
  std::size_t next_ = 0;
};

}  // namespace limen::plugins
