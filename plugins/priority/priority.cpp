// priority: a pod's priority is the number behind the PriorityClass it names, and nobody sets it by
// hand (Priority).
#include <cstdint>
#include <optional>
#include <string>

#include "limen/cpp/plugin.hpp"

namespace {

constexpr const char* kGroup = "scheduling.k8s.io";
constexpr const char* kClasses = "priorityclasses";

// What a class gives to its pods.
struct Given {
  std::string class_name;
  std::int64_t value = 0;
  std::string preemption_policy = "PreemptLowerPriority";
};

Given given_by(const limen::Node& priority_class) {
  return {priority_class.at("/metadata/name").string_or(""), priority_class["value"].int_or(0),
          priority_class["preemptionPolicy"].string_or("PreemptLowerPriority")};
}

class Priority final : public limen::Admission {
 public:
  explicit Priority(limen::Host& host) : host_(host) {}

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!call.is("", "pods")) return {};
    return call.is_update() ? keep(call) : resolve(call);
  }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is(kGroup, kClasses) || !call.object()["globalDefault"].bool_or(false)) return {};
    const auto other = default_class();
    if (!other.ok()) return other.error();
    const std::string own = call.object().at("/metadata/name").string_or("");
    if (!*other || (call.is_update() && (*other)->class_name == own)) return {};
    return call.deny("PriorityClass " + (*other)->class_name +
                     " is already marked as default. Only one default can exist");
  }

 private:
  // A client that does not know these fields must not lose them by an update.
  static limen::Result<void> keep(limen::AdmissionCall& call) {
    for (const char* field : {"/spec/priority", "/spec/preemptionPolicy"}) {
      const limen::Node before = call.old_object().at(field);
      if (!before || call.object().at(field)) continue;
      const auto kept = call.patch().set(field, before);
      if (!kept.ok()) return kept;
    }
    return {};
  }

  limen::Result<void> resolve(limen::AdmissionCall& call) const {
    const std::string named = call.object().at("/spec/priorityClassName").string_or("");
    const auto given = named.empty() ? without_class() : by_name(named);
    if (!given.ok()) return given.error();
    if (!*given) return call.deny("no PriorityClass with name " + named + " was found");
    return apply(call, **given, named.empty());
  }

  static limen::Result<void> apply(limen::AdmissionCall& call, const Given& given,
                                   bool name_is_new) {
    const limen::Node spec = call.object()["spec"];
    const auto value = spec["priority"].as_int();
    if (value && *value != given.value) {
      return call.deny(
          "the integer value of priority (" + std::to_string(*value) +
          ") must not be provided in pod spec; priority admission controller computed " +
          std::to_string(given.value) + " from the given PriorityClass name");
    }
    const auto policy = spec["preemptionPolicy"].as_string();
    if (policy && *policy != given.preemption_policy) {
      return call.deny(
          "the string value of PreemptionPolicy (" + std::string(*policy) +
          ") must not be provided in pod spec; priority admission controller computed " +
          given.preemption_policy + " from the given PriorityClass name");
    }
    limen::Patch patch = call.patch();
    if (name_is_new && !given.class_name.empty()) {
      const auto set = patch.set("/spec/priorityClassName", given.class_name);
      if (!set.ok()) return set;
    }
    if (!value) {
      const auto set = patch.set("/spec/priority", given.value);
      if (!set.ok()) return set;
    }
    return policy ? limen::Result<void>()
                  : patch.set("/spec/preemptionPolicy", given.preemption_policy);
  }

  limen::Result<std::optional<Given>> by_name(const std::string& name) const {
    const auto found = host_.objects().get(kGroup, kClasses, "", name);
    if (!found.ok()) return found.error();
    if (!*found) return std::optional<Given>();
    return std::optional<Given>(given_by(**found));
  }

  // Of several defaults, which only a race can make, the lowest counts.
  limen::Result<std::optional<Given>> default_class() const {
    std::optional<Given> lowest;
    const auto listed =
        host_.objects().list(kGroup, kClasses, "", "", [&](const limen::Node& priority_class) {
          if (!priority_class["globalDefault"].bool_or(false)) return true;
          const Given given = given_by(priority_class);
          if (!lowest || given.value < lowest->value) lowest = given;
          return true;
        });
    if (!listed.ok()) return listed.error();
    return lowest;
  }

  limen::Result<std::optional<Given>> without_class() const {
    const auto found = default_class();
    if (!found.ok()) return found.error();
    return std::optional<Given>(found->value_or(Given()));
  }

  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<Priority>(
    {.id = "priority",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Gives pods the priority of their PriorityClass, and keeps the default one unique.",
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate | limen::kUpdate}))
