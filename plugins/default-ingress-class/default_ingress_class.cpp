// default-ingress-class: an ingress that names no class gets the one its operator marked as default
// (DefaultIngressClass).
#include <string>

#include "common/default_class.h"
#include "limen/cpp/plugin.hpp"

namespace {

class DefaultIngressClass final : public limen::Admission {
 public:
  explicit DefaultIngressClass(limen::Host& host) : host_(host) {}

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!call.is("networking.k8s.io", "ingresses") || names_a_class(call.object())) return {};
    const auto name =
        limen::plugins::default_class(host_, "networking.k8s.io", "ingressclasses",
                                      {"ingressclass.kubernetes.io/is-default-class"});
    if (!name.ok()) return name.error();
    if (name->empty()) return {};
    return call.patch().set("/spec/ingressClassName", *name);
  }

 private:
  static bool names_a_class(const limen::Node& ingress) {
    return ingress.at("/spec/ingressClassName") ||
           ingress.at("/metadata/annotations")["kubernetes.io/ingress.class"];
  }

  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<DefaultIngressClass>(
    {.id = "default-ingress-class",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Gives ingresses without a class the default one.",
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate}))
