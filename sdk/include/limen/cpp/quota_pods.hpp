// What a pod uses of a ResourceQuota, and in which scopes it is. See quota_usage.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "limen/cpp/quantity.hpp"

namespace limen::quota {

using Amounts = std::map<std::string, Quantity, std::less<>>;  // by resource name

// An amount that cannot be read counts as nothing.
template <class Value>
Quantity read_amount(const Value& amount) {
  // Numbers are amounts too: an object may not have been read by the API's types.
  const std::string text = amount.as_string() ? amount.string_or("") : amount.to_json();
  return Quantity::parse(text).value_or(Quantity());
}

// The amounts of an API ResourceList.
template <class Value>
Amounts read_amounts(const Value& list) {
  Amounts out;
  for (const auto& [name, amount] : list) out.emplace(name, read_amount(amount));
  return out;
}

inline void add(Amounts& to, const Amounts& more) {
  for (const auto& [name, amount] : more) to[name] += amount;
}

// Each name with the larger of both amounts.
inline void raise(Amounts& to, const Amounts& other) {
  for (const auto& [name, amount] : other) {
    const auto [there, is_new] = to.emplace(name, amount);
    if (!is_new && there->second < amount) there->second = amount;
  }
}

// The sum of what list_of(container) gives for the containers of a pod's spec: regular containers
// run together, with the init containers that keep running; the other init containers run one after
// another before, beside those that keep running already.
template <class Value, class ListOf>
Amounts sum_of_containers(const Value& spec, ListOf&& list_of) {
  Amounts together, staying, starting;
  for (const auto& [key, container] : spec["containers"]) {
    add(together, read_amounts(list_of(container)));
  }
  for (const auto& [key, container] : spec["initContainers"]) {
    Amounts own = read_amounts(list_of(container));
    if (container["restartPolicy"].view_or("") == "Always") {
      add(together, own);
      add(staying, own);
      own = staying;
    } else {
      add(own, staying);
    }
    raise(starting, own);
  }
  raise(together, starting);
  return together;
}

namespace detail {

// std::string_view has these from C++20 on.
inline bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
inline bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

inline bool is_huge_pages(std::string_view name) { return starts_with(name, "hugepages-"); }
// Kubernetes' own resources, as opposed to extended ones.
inline bool is_native(std::string_view name) {
  return name.find('/') == name.npos || name.find("kubernetes.io/") != name.npos;
}
inline bool may_be_of_whole_pod(std::string_view name) {
  return name == "cpu" || name == "memory" || is_huge_pages(name);
}

// From 1970-01-01 to a date of the Gregorian calendar; nothing for a date there is not. A year is
// counted from its March, so that the leap day is its last.
inline std::optional<std::int64_t> days_of(std::int64_t year, int month, int day) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 0 || month < 1 || month > 12) return std::nullopt;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const int last = kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
  if (day < 1 || day > last) return std::nullopt;
  const std::int64_t y = year + 400 - (month <= 2 ? 1 : 0);  // of January 0000 as well
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t of_the_epoch = 719'468 + 146'097;  // 1970-01-01, and the 400 years added
  return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - of_the_epoch;
}

// Seconds since 1970 of "2026-01-31T12:00:00Z", which is how the API writes times of pods.
inline std::optional<std::int64_t> seconds_of(std::string_view text) {
  if (text.size() < 20) return std::nullopt;
  std::array<int, 6> part{};
  constexpr std::array<std::pair<std::size_t, std::size_t>, 6> kAt = {
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
  for (std::size_t i = 0; i < kAt.size(); ++i) {
    const char* const begin = text.data() + kAt[i].first;
    const char* const end = begin + kAt[i].second;
    const auto read = std::from_chars(begin, end, part[i]);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  }
  const auto days = days_of(part[0], part[1], part[2]);
  if (!days) return std::nullopt;
  return ((*days * 24 + part[3]) * 60 + part[4]) * 60 + part[5];
}

template <class Value>
Value status_of_container(const Value& pod, std::string_view name) {
  for (const char* at : {"/status/containerStatuses", "/status/initContainerStatuses"}) {
    for (const auto& [key, status] : pod.at(at)) {
      if (status["name"].view_or("") == name) return status;
    }
  }
  return Value();
}

// True when a kubelet has said what containers were given, which a resize may have made differ from
// what they ask for.
template <class Value>
bool tells_what_was_given(const Value& pod) {
  for (const char* at : {"/status/containerStatuses", "/status/initContainerStatuses"}) {
    for (const auto& [key, status] : pod.at(at)) {
      if (status["resources"] || status["allocatedResources"]) return true;
    }
  }
  return false;
}

template <class Value>
bool resize_is_infeasible(const Value& pod) {
  for (const auto& [key, condition] : pod.at("/status/conditions")) {
    if (condition["type"].view_or("") == "PodResizePending") {
      return condition["reason"].view_or("") == "Infeasible";
    }
  }
  return false;
}

// `list` is "requests" or "limits". While a resize is under way the larger of what is wanted and
// what is given counts; a resize that cannot be is not wanted.
template <class Value>
Amounts of_containers(const Value& pod, const char* list) {
  const Value spec = pod["spec"];
  const auto wanted = [&](const Value& container) { return container["resources"][list]; };
  const bool refused = resize_is_infeasible(pod);
  if (!refused && !tells_what_was_given(pod)) return sum_of_containers(spec, wanted);
  const bool requests = std::string_view(list) == "requests";
  const auto given = [&](const Value& container, bool running) {
    const Value status = status_of_container(pod, container["name"].view_or(""));
    if (running && status["resources"][list]) return status["resources"][list];
    if (requests && status["allocatedResources"]) return status["allocatedResources"];
    return refused ? Value() : container["resources"][list];
  };
  Amounts out =
      sum_of_containers(spec, [&](const Value& container) { return given(container, true); });
  if (requests) {
    raise(out, sum_of_containers(spec, [&](const Value& one) { return given(one, false); }));
  }
  if (!refused) raise(out, sum_of_containers(spec, wanted));
  return out;
}

template <class Value>
Amounts of_pod(const Value& pod, const char* list) {
  Amounts out = of_containers(pod, list);
  for (const auto& [name, amount] : pod["spec"]["resources"][list]) {
    if (may_be_of_whole_pod(name)) out[std::string(name)] = read_amount(amount);
  }
  const bool requests = std::string_view(list) == "requests";
  for (const auto& [name, amount] : pod.at("/spec/overhead")) {
    const auto there = out.find(name);
    // What has no limit is not limited by what the pod costs by itself.
    if (!requests && (there == out.end() || there->second.sign() == 0)) continue;
    out[std::string(name)] += read_amount(amount);
  }
  return out;
}

// A pod that has ended, or should have long ago, holds nothing any more.
template <class Value>
bool has_ended(const Value& pod, std::int64_t now) {
  const std::string_view phase = pod.at("/status/phase").view_or("");
  if (phase == "Failed" || phase == "Succeeded") return true;
  const auto deleted = seconds_of(pod.at("/metadata/deletionTimestamp").view_or(""));
  const auto grace = pod.at("/metadata/deletionGracePeriodSeconds").as_int();
  return deleted && grace && now > *deleted + *grace;
}

}  // namespace detail

// Whether pods count for `name` of a quota's `hard`, besides count/pods.
inline bool is_pod_amount(std::string_view name) {
  if (name == "pods") return true;
  std::string_view rest = name;
  const bool requests = detail::starts_with(rest, "requests.");
  if (requests) rest.remove_prefix(9);
  // Extended resources are always given as they are asked for, so there is no quota of limits.
  if (detail::is_huge_pages(rest) || (requests && !detail::is_native(name))) return true;
  if (!requests && detail::starts_with(rest, "limits.")) rest.remove_prefix(7);
  return rest == "cpu" || rest == "memory" || rest == "ephemeral-storage";
}

// What `requests` and `limits` together use, by the names of a quota.
inline Amounts usage_of_amounts(const Amounts& requests, const Amounts& limits) {
  Amounts out;
  out.emplace("pods", Quantity::whole(1));
  for (const auto& [name, amount] : requests) {
    const bool plain = name == "cpu" || name == "memory" || name == "ephemeral-storage" ||
                       detail::is_huge_pages(name);
    if (plain) out.emplace(name, amount);
    if (plain || !detail::is_native(name)) out.emplace("requests." + name, amount);
  }
  for (const char* name : {"cpu", "memory", "ephemeral-storage"}) {
    const auto found = limits.find(name);
    if (found != limits.end()) out.emplace(std::string("limits.") + name, found->second);
  }
  return out;
}

template <class Value>
Amounts pod_usage(const Value& pod, std::int64_t now) {
  Amounts out;
  if (!detail::has_ended(pod, now)) {
    out = usage_of_amounts(detail::of_pod(pod, "requests"), detail::of_pod(pod, "limits"));
  }
  out.emplace("count/pods", Quantity::whole(1));
  return out;
}

// ---- scopes

template <class Value>
bool has_deadline(const Value& pod) {
  return pod.at("/spec/activeDeadlineSeconds").int_or(-1) >= 0;
}

// Neither asks for cpu and memory nor limits them.
template <class Value>
bool is_best_effort(const Value& pod) {
  const std::string_view known = pod.at("/status/qosClass").view_or("");
  if (!known.empty()) return known == "BestEffort";
  const auto names_any = [](const Value& resources) {
    for (const char* list : {"requests", "limits"}) {
      for (const char* name : {"cpu", "memory"}) {
        const auto amount = resources[list][name];
        if (amount && read_amount(amount).sign() > 0) return true;
      }
    }
    return false;
  };
  const Value spec = pod["spec"];
  if (names_any(spec["resources"])) return false;
  for (const char* list : {"containers", "initContainers"}) {
    for (const auto& [key, container] : spec[list]) {
      if (names_any(container["resources"])) return false;
    }
  }
  return true;
}

// Some term of the pod's affinity or anti-affinity looks at pods of other namespaces.
template <class Value>
bool has_affinity_across_namespaces(const Value& pod) {
  const auto across = [](const Value& term) {
    return term["namespaces"].size() != 0 || term["namespaceSelector"].is_object();
  };
  for (const char* kind : {"podAffinity", "podAntiAffinity"}) {
    const Value affinity = pod.at("/spec/affinity")[kind];
    for (const auto& [key, term] : affinity["requiredDuringSchedulingIgnoredDuringExecution"]) {
      if (across(term)) return true;
    }
    for (const auto& [key, term] : affinity["preferredDuringSchedulingIgnoredDuringExecution"]) {
      if (across(term["podAffinityTerm"])) return true;
    }
  }
  return false;
}

}  // namespace limen::quota
