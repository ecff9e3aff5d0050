// Keeps the claims of services' node ports (registry/service_claims.h), where several servers share
// the store: for who gives ports it tells which are taken.
//
// Not to be switched off. Thread rule: as Controller.
#pragma once

#include <chrono>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/service_claims.h"
#include "registry/service_claims.h"

namespace limen::controllers {

class PortClaims final : public Controller {
 public:
  // `patience` as of ServiceClaims.
  PortClaims(Scope& scope, Objects& objects, std::chrono::milliseconds patience)
      : claims_(scope, objects, "port-claims",
                {registry::kPortClaims, registry::claimed_ports, registry::port_claim}, patience) {}

  std::string_view name() const override { return "port-claims"; }
  void start() override { claims_.start(); }
  bool idle() const override { return claims_.idle(); }
  void stop() override { claims_.stop(); }

 private:
  ServiceClaims claims_;
};

}  // namespace limen::controllers
