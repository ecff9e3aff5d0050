// deny-service-external-ips: no new external IPs on services, which could draw others' traffic
// (DenyServiceExternalIPs, CVE-2020-8554).
#include <algorithm>
#include <string>
#include <vector>

#include "limen/cpp/plugin.hpp"

namespace {

std::vector<std::string> external_ips(const limen::Node& service) {
  return service.at("/spec/externalIPs").strings();
}

class DenyServiceExternalIps final : public limen::Admission {
 public:
  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("", "services")) return {};
    // What was there before the module was on may stay and go, but not grow.
    const std::vector<std::string> old_ips = external_ips(call.old_object());
    for (const std::string& address : external_ips(call.object())) {
      if (std::find(old_ips.begin(), old_ips.end(), address) == old_ips.end())
        return call.deny("Use of external IPs is denied by admission control");
    }
    return {};
  }
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<DenyServiceExternalIps>(
    {.id = "deny-service-external-ips",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Refuses new values in the externalIPs of services.",
     .operations = limen::kCreate | limen::kUpdate}))
