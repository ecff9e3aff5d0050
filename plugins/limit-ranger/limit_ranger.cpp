// limit-ranger: a namespace's LimitRanges give containers their default resources and keep pods and
// claims within bounds (LimitRanger).
#include <string>
#include <vector>

#include "defaults.h"
#include "limen/cpp/plugin.hpp"
#include "limits.h"

namespace {

class LimitRanger final : public limen::Admission {
 public:
  explicit LimitRanger(limen::Host& host) : host_(host) {}

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!is_pod(call) || is_going(call)) return {};
    limen::limit_ranger::Filling filling(call);
    const auto listed = each_range(call, [&](const limen::Node& range) { filling.fill(range); });
    return listed.ok() ? filling.finish() : listed;
  }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    const bool claim = call.is("", "persistentvolumeclaims");
    if ((!claim && !is_pod(call)) || is_going(call)) return {};
    std::vector<std::string> complaints;
    const auto listed = each_range(call, [&](const limen::Node& range) {
      // One range's complaints are told; the next range is for the next try.
      if (!complaints.empty()) return;
      complaints = claim ? limen::limit_ranger::claim_complaints(range, call.object())
                         : limen::limit_ranger::pod_complaints(range, call.object());
    });
    if (!listed.ok() || complaints.empty()) return listed;
    return call.deny(joined(complaints));
  }

 private:
  // What a running pod's containers have is changed through its subresource `resize` and by nothing
  // else.
  static bool is_pod(const limen::AdmissionCall& call) {
    return (call.is("", "pods") && call.is_create()) || call.is("", "pods", "resize");
  }
  static bool is_going(const limen::AdmissionCall& call) {
    return call.is_update() && call.object().at("/metadata/deletionTimestamp");
  }

  template <class Fn>
  limen::Result<void> each_range(const limen::AdmissionCall& call, Fn&& fn) const {
    return host_.objects().list("", "limitranges", call.attributes().ns(), "",
                                [&](const limen::Node& range) {
                                  fn(range);
                                  return true;
                                });
  }

  static std::string joined(const std::vector<std::string>& complaints) {
    if (complaints.size() == 1) return complaints[0];
    std::string out;
    for (const std::string& complaint : complaints) out += (out.empty() ? "[" : ", ") + complaint;
    return out + "]";
  }

  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<LimitRanger>(
    {.id = "limit-ranger",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Gives containers their default resources and keeps pods and claims within bounds.",
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate | limen::kUpdate}))
