#include "account_search.h"

#include <chrono>
#include <memory>
#include <random>
#include <utility>

#include "common/go_quote.h"

namespace limen::plugins::service_account {

namespace {

constexpr int kTries = 10;

// Pods that wait together do not look together.
std::chrono::milliseconds interval() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::chrono::milliseconds(std::uniform_int_distribution<int>(100, 199)(random));
}

Result<SharedNode> find(Host& host, const AdmissionCall& call, const std::string& name) {
  return host.objects().get("", "serviceaccounts", call.attributes().ns(), name);
}

Result<void> refuse_unknown(AdmissionCall& call, const std::string& name) {
  return call.deny("error looking up service account " + std::string(call.attributes().ns()) + "/" +
                   name + ": serviceaccount " + go_quote(name) + " not found");
}

// One call that waits for its account. Owned by the timer; gone with it when the plugin stops,
// which fails the call.
class Search : public std::enable_shared_from_this<Search> {
 public:
  Search(Host& host, AdmissionCall& call, std::string name, WithAccount then)
      : host_(host),
        call_(call.defer()),
        name_(std::move(name)),
        then_(std::move(then)),
        interval_(interval()) {}

  void wait() {
    const auto posted =
        host_.executor().post_after(interval_, [self = shared_from_this()] { self->look(); });
    if (!posted.ok()) call_.complete(posted);
  }

 private:
  void look() {
    ++tries_;
    if (call_->cancelled()) return call_.complete(Error{"the request has ended"});
    const auto account = find(host_, *call_, name_);
    if (!account.ok()) return call_.complete(account.error());
    if (*account) return call_.complete(then_(*call_, **account));
    if (tries_ < kTries) return wait();
    call_.complete(refuse_unknown(*call_, name_));
  }

  Host& host_;
  Deferred<AdmissionCall> call_;
  const std::string name_;
  const WithAccount then_;
  const std::chrono::milliseconds interval_;
  int tries_ = 1;  // the first was before the call was deferred
};

}  // namespace

Result<void> with_account(Host& host, AdmissionCall& call, const std::string& name,
                          WithAccount then) {
  const auto account = find(host, call, name);
  if (!account.ok()) return account.error();
  if (*account) return then(call, **account);
  if (name != kDefaultAccount) return refuse_unknown(call, name);
  std::make_shared<Search>(host, call, name, std::move(then))->wait();
  return {};
}

}  // namespace limen::plugins::service_account
