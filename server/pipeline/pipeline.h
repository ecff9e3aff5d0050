// The pipeline: THE ordered list of stages every request passes.
//
// One Pipeline serves all I/O loops. handle() runs a request's stages as one task on the request's
// own loop and returns when it first has to wait. Lifetime: outlives the transport that calls it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "api/access_chains.h"
#include "audit/auditor.h"
#include "authz/authorizer.h"
#include "base/task.h"
#include "fairness/fairness.h"
#include "pipeline/cross_origin.h"
#include "pipeline/in_flight.h"
#include "request/context.h"

namespace limen::pipeline {

// What answers once a request has passed: the API's verbs and the server's own pages.
using Dispatch =
    std::function<base::Task<void>(request::RequestContext&, const api::AccessChainsPtr&)>;

struct Options {
  std::chrono::nanoseconds request_timeout = std::chrono::seconds(60);
  // Who is served when there is too much to do; outlives the pipeline. Null: the two limits below
  // decide, which are not looked at otherwise.
  fairness::Fairness* fairness = nullptr;
  std::size_t max_in_flight = 400;           // reads at work at once; 0: no limit
  std::size_t max_mutating_in_flight = 200;  // writes at work at once; 0: no limit
  request::LiveRequests* live = nullptr;     // where long requests register; null: nowhere
  std::shared_ptr<const CrossOrigin> cross_origin = nullptr;  // null: no other origin is allowed
  std::string strict_transport_security = {};  // the header's value; empty: it is not sent (row R8)
};

class Pipeline {
 public:
  // `chains` gives the configuration generation in force; a request asks it once. `auditor` records
  // requests and outlives the pipeline; null: nothing is recorded.
  Pipeline(Options options, std::function<api::AccessChainsPtr()> chains, Dispatch dispatch,
           audit::Auditor* auditor = nullptr);

  // Takes a request over. Never throws. On the exchange's loop.
  void handle(std::shared_ptr<transport::Exchange> exchange);

 private:
  class Running;
  base::Task<void> run(std::shared_ptr<Running> running);
  base::Task<void> pass_stages(Running& running);
  base::Task<void> authenticate(request::RequestContext& context, const api::AccessChains& chains);
  bool take_slot(Running& running);
  fairness::Decision take_place(Running& running);
  base::Task<fairness::Decision> wait_for_place(Running& running);
  base::Task<void> authorize(request::RequestContext& context, const api::AccessChains& chains);
  void rest_on(request::RequestContext& context, const authn::Credentials& credentials);
  void arm_deadline(const std::shared_ptr<Running>& running);
  static void give_up(Running& running);

  Options options_;
  std::function<api::AccessChainsPtr()> chains_;
  Dispatch dispatch_;
  audit::Auditor* auditor_;
  InFlight in_flight_;
};

}  // namespace limen::pipeline
