#include "judgement.h"

#include <algorithm>
#include <set>
#include <utility>

namespace limen::resource_quota {

namespace {

using quota::Amounts;
using quota::GroupResource;
using Names = std::set<std::string>;

template <class List>
std::string joined(const List& parts, const char* between) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

Amounts only(const Amounts& amounts, const Names& names) {
  Amounts out;
  for (const auto& [name, amount] : amounts) {
    if (names.contains(name)) out.emplace(name, amount);
  }
  return out;
}

Amounts without_zeros(Amounts amounts) {
  std::erase_if(amounts, [](const auto& one) { return one.second.sign() == 0; });
  return amounts;
}

// A quota of cpu or memory makes every container of a pod say how much it takes of it.
std::string missing_amounts(const Names& names, const Node& pod) {
  std::map<std::string, Names> missing;  // containers by name of the amount
  for (const char* list : {"containers", "initContainers"}) {
    for (const auto& [index, container] : pod.at("/spec")[list]) {
      const Amounts given =
          quota::usage_of_amounts(quota::read_amounts(container.at("/resources/requests")),
                                  quota::read_amounts(container.at("/resources/limits")));
      for (const char* name :
           {"cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"}) {
        if (names.contains(name) && !given.contains(name)) {
          missing[name].insert(container["name"].string_or(""));
        }
      }
    }
  }
  std::vector<std::string> parts;
  for (const auto& [name, containers] : missing) {
    parts.push_back(name + " for: " + joined(containers, ","));
  }
  return parts.empty() ? "" : "must specify " + joined(parts, "; ");
}

// As Go prints a list of such structs with %v.
std::string printed(const std::vector<quota::ScopeRule>& rules) {
  std::vector<std::string> parts;
  for (const quota::ScopeRule& rule : rules) {
    parts.push_back("{" + rule.scope + " " + rule.op + " [" + joined(rule.values, " ") + "]}");
  }
  return "[" + joined(parts, " ") + "]";
}

bool same_classes(const Node& claim, const Node& old) {
  for (const char* at :
       {"/spec/volumeAttributesClassName", "/status/currentVolumeAttributesClassName",
        "/status/modifyVolumeStatus/targetVolumeAttributesClassName",
        "/status/allocatedResources/storage"}) {
    if (claim.at(at).to_json() != old.at(at).to_json()) return false;
  }
  return true;
}

class Judge {
 public:
  Judge(const AdmissionCall& call, const std::vector<Quota>& quotas, const Limited& limited,
        std::int64_t now)
      : call_(call),
        of_(resource_of(call)),
        object_(call.object()),
        quotas_(quotas),
        limited_(limited),
        now_(now) {}

  Judgement run(bool covered) {
    for (std::size_t i = 0; i < quotas_.size() && allowed(); ++i) consider(i);
    if (!allowed()) return std::move(out_);
    if (!find_charges()) return std::move(out_);
    if (!covered) check_coverage();
    for (auto charge = out_.charges.begin(); charge != out_.charges.end() && allowed();) {
      hold(charge->first, charge->second);
      charge = charge->second.empty() ? out_.charges.erase(charge) : std::next(charge);
    }
    return std::move(out_);
  }

 private:
  bool allowed() const { return out_.refusal.empty(); }
  void refuse(std::string text) { out_.refusal = std::move(text); }

  // Whether the quota is about this object, and can be reckoned with.
  void consider(std::size_t place) {
    const Quota& quota = quotas_[place];
    for (const quota::ScopeRule& rule : quota.scopes) {
      if (quota::in_scope(of_, rule, object_)) scopes_.insert(rule.scope);
    }
    if (!quota::in_all_scopes(of_, quota.scopes, object_)) return;
    // One that was never looked at says nothing of what is used: it allows nothing.
    const bool fresh = quota.hard.empty();
    const Names names = quota::names_counted(of_, fresh ? quota.wanted : quota.hard);
    if (names.empty()) return;
    if (quota::is_pods(of_)) {
      const std::string missing = missing_amounts(names, object_);
      if (!missing.empty()) return refuse("failed quota: " + quota.name + ": " + missing);
    }
    const bool known = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return quota.used.contains(name);
    });
    if (fresh || !known) {
      return refuse("status unknown for quota: " + quota.name +
                    ", resources: " + joined(names, ","));
    }
    names_.insert(names.begin(), names.end());
    concerned_.push_back(place);
  }

  // What each quota is charged: all that is used, or what is used more than before. False when
  // there is nothing more to be decided.
  bool find_charges() {
    used_ = quota::usage(of_, object_, now_);
    Names negative;
    for (const auto& [name, amount] : used_) {
      if (amount.sign() < 0) negative.insert(name);
    }
    if (!negative.empty()) {
      refuse("quota usage is negative for resource(s): " + joined(negative, ","));
      return false;
    }
    const Node old = call_.old_object();
    if (call_.is_update() && !old) {
      refuse("unable to get previous usage since prior version of object was not found");
      return false;
    }
    const bool differs = call_.is_update() && old.at("/metadata/resourceVersion").view_or("") != "";
    const Amounts all = without_zeros(used_);
    const Amounts more = differs ? without_zeros(increase(old)) : all;
    for (const std::size_t place : concerned_) {
      // A quota the old object was not counted for is charged with all of the new one.
      const bool counted = differs && quota::in_all_scopes(of_, quotas_[place].scopes, old);
      const Amounts& charge = counted ? more : all;
      if (!charge.empty()) out_.charges.emplace(place, charge);
    }
    return concerned_.empty() ? !more.empty() : !out_.charges.empty();
  }

  Amounts increase(const Node& old) const {
    const Amounts before = quota::usage(of_, old, now_);
    Amounts out;
    for (const auto& [name, amount] : used_) {
      const auto there = before.find(name);
      const Quantity more = there == before.end() ? amount : amount - there->second;
      if (more.sign() > 0) out.emplace(name, more);
    }
    return out;
  }

  void check_coverage() {
    Names open = limited_.names(of_, used_);
    std::erase_if(open, [&](const std::string& name) { return names_.contains(name); });
    if (!open.empty()) return refuse("insufficient quota to consume: " + joined(open, ","));
    std::vector<quota::ScopeRule> scopes = limited_.scopes(of_, object_);
    std::erase_if(scopes,
                  [&](const quota::ScopeRule& rule) { return scopes_.contains(rule.scope); });
    if (scopes.empty()) return;
    out_.code = 500;
    refuse("insufficient quota to match these scopes: " + printed(scopes));
  }

  // Holds one quota against what it would be charged; leaves of that what it counts.
  void hold(std::size_t place, Amounts& charge) {
    const Quota& quota = quotas_[place];
    Names exceeded;
    std::erase_if(charge, [&](const auto& one) { return !quota.hard.contains(one.first); });
    for (const auto& [name, amount] : charge) {
      const auto used = quota.used.find(name);
      const Quantity after = used == quota.used.end() ? amount : used->second + amount;
      if (after > quota.hard.at(name)) exceeded.insert(name);
    }
    // What a controller tells of a claim has happened already.
    if (exceeded.empty() || call_.attributes().subresource() == "status") return;
    refuse("exceeded quota: " + quota.name + ", requested: " + shown(only(charge, exceeded)) +
           ", used: " + shown(only(quota.used, exceeded)) +
           ", limited: " + shown(only(quota.hard, exceeded)));
  }

  const AdmissionCall& call_;
  const GroupResource of_;
  const Node object_;
  const std::vector<Quota>& quotas_;
  const Limited& limited_;
  const std::int64_t now_;
  Names names_, scopes_;                // that some quota covers
  std::vector<std::size_t> concerned_;  // the quotas that are about the object, by their places
  Amounts used_;                        // by the object
  Judgement out_;
};

}  // namespace

quota::GroupResource resource_of(const AdmissionCall& call) {
  const Attributes about = call.attributes();
  return {std::string(about.api_group()), std::string(about.resource())};
}

bool is_counted(const AdmissionCall& call) {
  const Attributes about = call.attributes();
  if (about.ns().empty() || call.is("", "namespaces")) return false;
  const GroupResource of = resource_of(call);
  const std::string_view sub = about.subresource();
  if (quota::is_pods(of)) {
    return (sub.empty() && call.is_create()) || (sub == "resize" && call.is_update());
  }
  if (quota::is_volume_claims(of) && sub == "status") {
    return call.is_update() && !same_classes(call.object(), call.old_object());
  }
  if (!sub.empty() || quota::is_ignored(of)) return false;
  const bool may_grow =
      quota::is_services(of) || quota::is_volume_claims(of) || quota::is_device_claims(of);
  return call.is_create() || (may_grow && call.is_update());
}

Judgement judge(const AdmissionCall& call, const std::vector<Quota>& quotas, const Limited& limited,
                std::int64_t now, bool covered) {
  return Judge(call, quotas, limited, now).run(covered);
}

bool waits_for(const AdmissionCall& call, const Quota& quota) {
  if (quota.is_settled()) return false;
  const GroupResource of = resource_of(call);
  const bool counted = !quota::names_counted(of, quota.wanted).empty() ||
                       !quota::names_counted(of, quota.hard).empty();
  return counted && quota::in_all_scopes(of, quota.scopes, call.object());
}

}  // namespace limen::resource_quota
