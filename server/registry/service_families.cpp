#include "registry/service_families.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/address_range.h"
#include "object/metadata.h"
#include "registry/service_fields.h"

namespace limen::registry {

namespace {

using object::Json;
using validation::FieldPath;

constexpr std::string_view kSingle = "SingleStack";
constexpr std::string_view kPrefer = "PreferDualStack";
constexpr std::string_view kRequire = "RequireDualStack";

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

std::string text(const Json& service, std::string_view key) {
  const Json* const spec = object::member(service, "spec");
  return std::string(spec ? object::text_at(*spec, key) : std::string_view());
}

std::vector<std::string> texts(const Json& service, std::string_view key) {
  return object::texts_of(object::find(service, {"spec", key}));
}

Json list_of(const std::vector<std::string>& values) {
  boost::json::array list;
  for (const std::string& value : values) list.emplace_back(value);
  return list;
}

std::string other_family(std::string_view family) { return family == "IPv4" ? "IPv6" : "IPv4"; }

// One write's families, worked on until they are what is stored.
class Families {
 public:
  Families(Json& service, const Json* old, std::string_view family, validation::Causes& causes)
      : service_(service),
        old_(old),
        family_(family),
        causes_(causes),
        addresses_(cluster_ips(service)),
        list_(texts(service, "ipFamilies")),
        policy_(text(service, "ipFamilyPolicy")) {}

  void settle() {
    if (policy_.empty()) policy_ = default_policy();
    check_addresses();
    check_against_old();
    check_single();
    infer_from_addresses();
    if (!causes_.empty()) return;
    if (text(service_, "clusterIP") == "None" && !has_selector(service_)) {
      complete_without_selector();
    } else {
      complete();
    }
    if (!causes_.empty()) return;
    boost::json::object& spec = object::object_at(service_, "spec");
    spec["ipFamilyPolicy"] = policy_;
    spec["ipFamilies"] = list_of(list_);
    if (!addresses_.empty()) spec["clusterIPs"] = list_of(addresses_);
  }

 private:
  std::string default_policy() const {
    const std::string before = old_ ? text(*old_, "ipFamilyPolicy") : std::string();
    if (!before.empty()) return before;
    const bool any = text(service_, "clusterIP") == "None" && !has_selector(service_);
    return std::string(any ? kRequire : kSingle);
  }

  void refuse_policy(std::string_view why) {
    causes_.invalid(spec_path().child("ipFamilyPolicy"), policy_, why);
  }

  // What addresses and families are by themselves.
  void check_addresses() {
    const FieldPath path = spec_path().child("clusterIPs");
    const Json shown = list_of(addresses_);
    const std::string first = text(service_, "clusterIP");
    if (first.empty() && !addresses_.empty()) {
      causes_.invalid(path, shown, "must be empty when `clusterIP` is not specified");
    } else if (!first.empty() && (addresses_.empty() || addresses_[0] != first)) {
      causes_.invalid(path, shown, "first value must match `clusterIP`");
    }
    check_list();
    bool all_valid = true;
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
      if (i == 0 && addresses_[i] == "None") {
        if (addresses_.size() == 1) continue;
        causes_.invalid(path, shown, "'None' must be the first and only value");
        all_valid = false;
      } else if (base::family_of(addresses_[i]).empty()) {
        causes_.invalid(path.index(i), addresses_[i],
                        "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        all_valid = false;
      }
    }
    if (addresses_.size() > 2) causes_.invalid(path, shown, "may only hold up to 2 values");
    if (!all_valid || addresses_.empty() || addresses_[0] == "None") return;
    if (addresses_.size() > 1 && base::family_of(addresses_[0]) == base::family_of(addresses_[1])) {
      causes_.invalid(path, shown, "may specify no more than one IP for each IP family");
    }
    for (std::size_t i = 0; i < addresses_.size() && i < list_.size(); ++i) {
      if (base::family_of(addresses_[i]) == list_[i]) continue;
      causes_.invalid(path.index(i), addresses_[i],
                      "expected an " + list_[i] + " value as indicated by `ipFamilies[" +
                          std::to_string(i) + "]`");
    }
  }

  void check_list() {
    for (std::size_t i = 0; i < list_.size(); ++i) {
      const FieldPath path = spec_path().child("ipFamilies").index(i);
      validation::check_enum(list_[i], {"IPv4", "IPv6"}, path, true, causes_);
      const auto place = list_.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::find(list_.begin(), place, list_[i]) != place) causes_.duplicate(path, list_[i]);
    }
    validation::check_enum(policy_, {kPrefer, kRequire, kSingle},
                           spec_path().child("ipFamilyPolicy"), true, causes_);
  }

  void check_against_old() {
    if (!old_) return;
    const std::vector<std::string> addresses = cluster_ips(*old_);
    const std::vector<std::string> families = texts(*old_, "ipFamilies");
    if (policy_ == kSingle) {
      if (addresses_ == addresses && addresses_.size() > 1) addresses_.resize(1);
      if (list_ == families && list_.size() > 1) list_.resize(1);
      return;
    }
    if (!addresses_.empty() && addresses_.size() < addresses.size()) {
      refuse_policy("must be 'SingleStack' to release the secondary cluster IP");
    }
    if (!list_.empty() && list_.size() < families.size()) {
      refuse_policy("must be 'SingleStack' to release the secondary IP family");
    }
  }

  void check_single() {
    if (policy_ != kSingle) return;
    if (addresses_.size() == 2) {
      refuse_policy(
          "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are "
          "specified");
    }
    if (list_.size() == 2) {
      refuse_policy(
          "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are "
          "specified");
    }
  }

  void infer_from_addresses() {
    for (std::size_t i = list_.size(); i < addresses_.size(); ++i) {
      if (addresses_[i] == "None") return;
      const std::string_view family = base::family_of(addresses_[i]);
      if (family.empty()) return;  // refused already
      if (family != family_) {
        causes_.invalid(spec_path().child("clusterIPs").index(i), list_of(addresses_),
                        std::string(family) + " is not configured on this cluster");
        return;
      }
      list_.emplace_back(family);
    }
  }

  // Its endpoints are whatever somebody makes them.
  void complete_without_selector() {
    if (list_.empty()) list_.emplace_back(family_);
    if (list_.size() < 2 && policy_ != kSingle) list_.push_back(other_family(list_[0]));
  }

  void complete() {
    if (policy_ == kRequire) {
      refuse_policy("this cluster is not configured for dual-stack services");
    }
    for (std::size_t i = 0; i < list_.size(); ++i) {
      if (list_[i] == family_) continue;
      causes_.invalid(spec_path().child("ipFamilies").index(i), list_[i],
                      "not configured on this cluster");
    }
    if (list_.empty()) list_.emplace_back(family_);
  }

  Json& service_;
  const Json* const old_;
  const std::string_view family_;
  validation::Causes& causes_;
  std::vector<std::string> addresses_, list_;
  std::string policy_;
};

}  // namespace

void settle_families(Json& service, const Json* old, std::string_view family,
                     validation::Causes& causes) {
  if (!needs_cluster_ip(service)) return;
  Families(service, old, family, causes).settle();
}

}  // namespace limen::registry
