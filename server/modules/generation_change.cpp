#include "modules/generation_change.h"

#include <algorithm>

namespace limen::modules {

namespace {

const InstanceInfo* find(const std::vector<InstanceInfo>& all, const InstanceInfo& one) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const InstanceInfo& other) {
    return other.kind == one.kind && other.name == one.name;
  });
  return found == all.end() ? nullptr : &*found;
}

// The serial numbers of the instances of `kind` in `all` that are in `others` as well, in order.
std::vector<std::uint64_t> shared_serials(Kind kind, const std::vector<InstanceInfo>& all,
                                          const std::vector<InstanceInfo>& others) {
  std::vector<std::uint64_t> out;
  for (const InstanceInfo& one : all) {
    if (one.kind != kind) continue;
    const InstanceInfo* const other = find(others, one);
    if (other != nullptr && other->serial == one.serial) out.push_back(one.serial);
  }
  return out;
}

std::size_t place_of(const std::vector<std::uint64_t>& order, std::uint64_t serial) {
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), serial) - order.begin());
}

}  // namespace

std::string_view change_name(Change change) {
  switch (change) {
    case Change::added:
      return "added";
    case Change::removed:
      return "removed";
    case Change::reconfigured:
      return "reconfigured";
    case Change::upgraded:
      return "upgraded";
    case Change::moved:
      return "moved";
    case Change::kept:
      return "kept";
  }
  return "unknown";
}

std::vector<InstanceChange> changes_between(const Generation* before, const Generation& after) {
  const std::vector<InstanceInfo> olds =
      before == nullptr ? std::vector<InstanceInfo>() : before->instances();
  const std::vector<InstanceInfo> nows = after.instances();
  std::vector<InstanceChange> out;
  for (const InstanceInfo& now : nows) {
    const InstanceInfo* const old = find(olds, now);
    Change what = Change::added;
    if (old != nullptr && old->serial == now.serial) {
      const bool same_place = place_of(shared_serials(now.kind, olds, nows), now.serial) ==
                              place_of(shared_serials(now.kind, nows, olds), now.serial);
      what = same_place ? Change::kept : Change::moved;
    } else if (old != nullptr) {
      what = old->module == now.module && old->file_serial != now.file_serial
                 ? Change::upgraded
                 : Change::reconfigured;
    }
    out.push_back({now.kind, now.name, what});
  }
  for (const InstanceInfo& old : olds) {
    if (find(nows, old) == nullptr) out.push_back({old.kind, old.name, Change::removed});
  }
  return out;
}

}  // namespace limen::modules
