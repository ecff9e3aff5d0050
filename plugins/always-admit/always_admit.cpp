// always-admit: admits every change. It exists because configurations name it.
#include "limen/cpp/plugin.hpp"

namespace {

class AlwaysAdmit final : public limen::Admission {
 public:
  limen::Result<void> validate(limen::AdmissionCall&) override { return {}; }
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<AlwaysAdmit>({.id = "always-admit",
                                                   .version = "1.0.0",
                                                   .vendor = "Limen",
                                                   .summary = "Admits every change.",
                                                   .operations = limen::kCreate | limen::kUpdate |
                                                                 limen::kDelete | limen::kConnect}))
