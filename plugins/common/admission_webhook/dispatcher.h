// Dispatcher: what both webhook modules do alike: which webhooks a request concerns, asking one,
// and what follows from what it says or fails to say.
#pragma once

#include <limen/cpp/admission.hpp>
#include <limen/cpp/host.hpp>
#include <limen/cpp/metrics.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/admission_webhook/caller.h"
#include "common/admission_webhook/configurations.h"

namespace limen::webhooks {

// A refusal as the client sees it.
struct Refusal {
  std::string message;
  int code = 500;
  std::string reason;
  std::vector<Answer::Cause> causes;
};
// Ends the call with it.
Result<void> refuse(AdmissionCall& call, const Refusal& refusal);

// What selectors look at. The object's labels change with each patch.
struct Facts {
  Subject subject;
  std::optional<Labels> object, old_object;  // nothing: there is no such object, or no metadata

  explicit Facts(const AdmissionCall& call);
};

class Dispatcher {
 public:
  enum class Kind { mutating, validating };
  using List = Configurations::List;

  // For a module's constructor; `host` outlives this. Throws ConfigError.
  Dispatcher(Host& host, const Node& config, Kind kind);

  // Null until the configurations are read.
  std::shared_ptr<const List> webhooks() const { return configurations_.get(); }
  const Caller& caller() const { return caller_; }
  Result<void> start() { return caller_.start(); }

  // The rest of the matching: is it asked, or does the request fail because of that question?
  struct Choice {
    bool asked = false;
    std::optional<Refusal> refusal;
  };
  Choice choose(const AdmissionCall& call, const Facts& facts, const Webhook& webhook) const;

  // What follows from a reply, told to the call: warnings and annotations, and for a failure that
  // is ignored one under `failed_open_key`. Nothing: the request goes on.
  std::optional<Refusal> judge(AdmissionCall& call, const Webhook& webhook, const Reply& reply,
                               const std::string& failed_open_key) const;
  // How long a webhook took, as a cause in a failed request's Status.
  Answer::Cause time_of(const Webhook& webhook, const Reply& reply) const;
  // A refusal of the server's own because of what a webhook wants: 500 whatever its policy.
  Refusal internal_error(const AdmissionCall& call, const Webhook& webhook,
                         const std::string& why) const;

  // Of an object that cannot be had in the version a webhook wants: kube-apiserver does not put
  // this down to the webhook, so that no failure policy lets it pass.
  static Refusal no_conversion(std::string_view why);

  // Warns who writes a configuration that may lock itself out. For validate().
  void warn_of_lock_outs(AdmissionCall& call) const;

 private:
  std::optional<Refusal> judge_failure(AdmissionCall& call, const Webhook& webhook,
                                       const Reply& reply,
                                       const std::string& failed_open_key) const;
  void count_rejection(const AdmissionCall& call, const Webhook& webhook, std::string_view type,
                       int code) const;
  void count(const AdmissionCall& call, const Webhook& webhook, const Reply& reply,
             bool rejected) const;
  Choice choose_namespace(const AdmissionCall& call, const Facts& facts,
                          const Webhook& webhook) const;

  Host& host_;
  const Kind kind_;
  const std::string resource_;  // of its configurations
  Configurations configurations_;
  Caller caller_;
  Family<Counter> requests_, rejections_, failed_open_;
  Family<Histogram> durations_;
};

// The config of both modules, a JSON Schema.
extern const char* const kConfigSchema;

}  // namespace limen::webhooks
