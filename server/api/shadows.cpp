#include "api/shadows.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <string_view>
#include <utility>

#include "observability/log.h"
#include "observability/metrics.h"

namespace limen::api {

namespace {

// A shadow may take its own time, which is that of its timeout; this only ends what never ends.
constexpr std::chrono::minutes kLongest(5);

base::Deadline latest() { return base::SteadyClock::now() + kLongest; }

// A request's head that owns its text.
class HeadCopy {
 public:
  explicit HeadCopy(const transport::RequestHead& head) : head_(head) {
    head_.method = keep(head.method);
    head_.target = keep(head.target);
    for (auto& header : head_.headers) {
      header.name = keep(header.name);
      header.value = keep(header.value);
    }
  }
  HeadCopy(const HeadCopy&) = delete;
  HeadCopy& operator=(const HeadCopy&) = delete;
  const transport::RequestHead* get() const { return &head_; }

 private:
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }

  std::deque<std::string> texts_;
  transport::RequestHead head_;
};

}  // namespace

// What one shadow's verdicts come to.
class Shadows::Tally {
 public:
  Tally(std::string_view kind, std::string_view name)
      : kind_(kind),
        name_(name),
        same_(series("same")),
        different_(series("different")),
        no_opinion_(series("no-opinion")),
        error_(series("error")) {}

  void same() { same_.add(); }
  void no_opinion() { no_opinion_.add(); }
  void error(std::string_view text) {
    error_.add();
    if (may_log()) {
      log::warn("a shadow could not decide", {{"kind", kind_}, {"name", name_}, {"error", text}});
    }
  }
  void different(std::string_view what, std::string_view shadow, std::string_view decided) {
    different_.add();
    if (!may_log()) return;
    log::info("a shadow would have decided otherwise", {{"kind", kind_},
                                                        {"name", name_},
                                                        {"about", what},
                                                        {"shadow", shadow},
                                                        {"decided", decided}});
  }

 private:
  metrics::Counter& series(std::string_view verdict) const {
    return metrics::counter("limen_shadow_verdicts_total",
                            "Verdicts of modules in mode shadow, beside what was decided.",
                            {"kind", "name", "verdict"})
        .with({kind_, name_, verdict});
  }
  bool may_log() {
    const std::int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(
                                 base::SteadyClock::now().time_since_epoch())
                                 .count();
    std::int64_t last = last_logged_ms_.load(std::memory_order_relaxed);
    return now - last >= 1000 && last_logged_ms_.compare_exchange_strong(last, now);
  }

  const std::string kind_;
  const std::string name_;
  metrics::Counter& same_;
  metrics::Counter& different_;
  metrics::Counter& no_opinion_;
  metrics::Counter& error_;
  std::atomic<std::int64_t> last_logged_ms_{-1000};
};

struct Shadows::Presented {
  Presented(const authn::Credentials& presented, const authn::Outcome& outcome,
            const request::CallScope& where)
      : loop(where.loop),
        head(*presented.head),
        peer(*presented.peer),
        method(presented.method),
        path(presented.path),
        query(presented.query),
        token(presented.bearer_token),
        audiences(presented.audiences.begin(), presented.audiences.end()),
        decided(outcome.authenticated ? outcome.identity.name : std::string()) {
    credentials = {method, path, query, token, head.get(), &peer, audiences};
  }

  base::Executor& loop;
  const HeadCopy head;
  const transport::PeerInfo peer;
  const std::string method, path, query, token;
  const std::vector<std::string> audiences;
  const std::string decided;  // who it is; empty: nobody knew
  authn::Credentials credentials;
};

struct Shadows::Asked {
  Asked(const authz::Attributes& about, const authz::Outcome& outcome,
        const request::CallScope& where)
      : loop(where.loop), user(*about.user), attributes(about), allowed(outcome.allowed) {
    attributes.user = &user;
  }

  base::Executor& loop;
  const request::Identity user;
  authz::Attributes attributes;
  const bool allowed;
};

struct Shadows::Reviewed {
  Reviewed(const admission::Review& about, bool was_admitted, const request::CallScope& where)
      : loop(where.loop),
        user(*about.attributes->user),
        attributes(*about.attributes),
        review(about),
        admitted(was_admitted) {
    attributes.user = &user;
    review.attributes = &attributes;
    review.dry_run = true;  // who only looks on writes nothing and charges nobody
  }

  base::Executor& loop;
  const request::Identity user;
  authz::Attributes attributes;
  admission::Review review;
  const bool admitted;
};

template <class Module>
std::vector<Shadows::Shadow<Module>> Shadows::with_tallies(
    const char* kind, const std::vector<std::shared_ptr<Module>>& modules) {
  std::vector<Shadow<Module>> shadows;
  for (const auto& module : modules) {
    shadows.push_back({module, std::make_shared<Tally>(kind, module->name())});
  }
  return shadows;
}

Shadows::Shadows(const std::vector<std::shared_ptr<authn::Authenticator>>& authenticators,
                 const std::vector<std::shared_ptr<authz::Authorizer>>& authorizers,
                 const std::vector<std::shared_ptr<admission::Controller>>& controllers)
    : authenticators_(with_tallies("authenticator", authenticators)),
      authorizers_(with_tallies("authorizer", authorizers)),
      controllers_(with_tallies("admission", controllers)) {}

// After what the request itself has to do now.
template <class Question>
void Shadows::ask_later(std::shared_ptr<Question> question) const {
  question->loop.post([self = shared_from_this(), question] {
    base::spawn(ask(self, question), [](const std::exception_ptr&) {});
  });
}

void Shadows::authenticated(const authn::Credentials& credentials, const authn::Outcome& outcome,
                            const request::CallScope& scope) const {
  if (authenticators_.empty()) return;
  ask_later(std::make_shared<Presented>(credentials, outcome, scope));
}

void Shadows::authorized(const authz::Attributes& attributes, const authz::Outcome& outcome,
                         const request::CallScope& scope) const {
  if (authorizers_.empty()) return;
  ask_later(std::make_shared<Asked>(attributes, outcome, scope));
}

void Shadows::admitted(const admission::Review& review, bool admitted,
                       const request::CallScope& scope) const {
  if (controllers_.empty()) return;
  ask_later(std::make_shared<Reviewed>(review, admitted, scope));
}

base::Task<void> Shadows::ask(Self self, std::shared_ptr<Presented> presented) {
  for (const auto& [module, tally] : self->authenticators_) {
    request::CallScope scope(presented->loop, latest());
    const authn::Result result = co_await module->authenticate(presented->credentials, scope);
    const std::string& user = result.identity.name;
    if (result.verdict == authn::Verdict::error) {
      tally->error(result.error);
    } else if (result.verdict != authn::Verdict::authenticated) {
      tally->no_opinion();
    } else if (user == presented->decided) {
      tally->same();
    } else {
      tally->different(presented->path, user,
                       presented->decided.empty() ? "nobody" : presented->decided);
    }
  }
}

base::Task<void> Shadows::ask(Self self, std::shared_ptr<Asked> asked) {
  for (const auto& [module, tally] : self->authorizers_) {
    request::CallScope scope(asked->loop, latest());
    const authz::Result result = co_await module->authorize(asked->attributes, scope);
    const bool allows = result.verdict == authz::Verdict::allow;
    if (!result.error.empty()) {
      tally->error(result.error);
    } else if (result.verdict == authz::Verdict::no_opinion) {
      tally->no_opinion();
    } else if (allows == asked->allowed) {
      tally->same();
    } else {
      tally->different(authz::forbidden_message(asked->attributes), allows ? "allow" : "deny",
                       asked->allowed ? "allowed" : "refused");
    }
  }
}

base::Task<void> Shadows::ask(Self self, std::shared_ptr<Reviewed> reviewed) {
  for (const auto& [module, tally] : self->controllers_) {
    if (!module->handles(reviewed->review.operation)) continue;
    request::CallScope scope(reviewed->loop, latest());
    admission::Result result;
    result.allowed = true;
    if (module->mutates()) result = co_await module->admit(reviewed->review, scope);
    const bool changes = static_cast<bool>(result.changed);
    if (result.allowed && result.error.empty() && module->validates()) {
      admission::Review final_review = reviewed->review;
      if (changes) final_review.object = result.changed;
      result = co_await module->validate(final_review, scope);
    }
    if (!result.error.empty()) {
      tally->error(result.error);
    } else if (result.allowed && !reviewed->admitted) {
      tally->no_opinion();  // others refused it
    } else if (result.allowed == reviewed->admitted && !changes) {
      tally->same();
    } else {
      tally->different(authz::forbidden_message(reviewed->attributes),
                       !result.allowed ? "refuse" : "change",
                       reviewed->admitted ? "admitted" : "refused");
    }
  }
}

}  // namespace limen::api
