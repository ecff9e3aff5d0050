// Pods and their service accounts: the admission controller of this module (ServiceAccount).
//
// A new pod gets its account, that account's pull secrets and the token volume; a pod whose account
// does not exist, or limits secrets to others than it uses, is refused. Any thread.
#pragma once

#include <limen/cpp/plugin.hpp>

namespace limen::plugins::service_account {

class PodAdmission final : public Admission {
 public:
  explicit PodAdmission(Host& host) : host_(host) {}
  Result<void> admit(AdmissionCall& call) override;
  Result<void> validate(AdmissionCall& call) override;

 private:
  Host& host_;
};

}  // namespace limen::plugins::service_account
