#include "policy.h"

#include <cstdint>

namespace limen::plugins {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// One of the times: in units of its own; 0 stands for `usual`, -1 for none; above `above` and not
// more than `most`.
struct Time {
  const char* field;
  nanoseconds unit, above, most, usual;
};

constexpr Time kAllow{"allowTTL", seconds(1), seconds(1), minutes(30), minutes(5)};
constexpr Time kDeny{"denyTTL", seconds(1), seconds(1), minutes(30), seconds(30)};
constexpr Time kBackoff{"retryBackoff", milliseconds(1), nanoseconds(1), minutes(5),
                        milliseconds(500)};

// As Go writes a duration of whole milliseconds, or of one nanosecond.
std::string go_duration(nanoseconds time) {
  if (time == nanoseconds(0)) return "0s";
  if (time < nanoseconds(0)) return "-" + go_duration(-time);
  if (time == nanoseconds(1)) return "1ns";
  if (time < seconds(1)) return std::to_string(time / milliseconds(1)) + "ms";
  std::string out;
  if (time >= hours(1)) out += std::to_string(time / hours(1)) + "h";
  if (time >= minutes(1)) out += std::to_string(time % hours(1) / minutes(1)) + "m";
  out += std::to_string(time % minutes(1) / seconds(1));
  std::string thousandths = std::to_string(1000 + time % seconds(1) / milliseconds(1)).substr(1);
  while (!thousandths.empty() && thousandths.back() == '0') thousandths.pop_back();
  return out + (thousandths.empty() ? "" : "." + thousandths) + "s";
}

// Beyond these a number is out of bounds in any unit, and might not be a time at all.
constexpr std::int64_t kMostUnits = 1'000'000'000;

// Sets `fault` when the time is out of bounds.
nanoseconds read_time(const Node& policy, const Time& time, std::string& fault) {
  const std::int64_t given = policy[time.field].int_or(0);
  if (given == -1) return nanoseconds(0);
  if (given == 0) return time.usual;
  const bool is_time = given >= -kMostUnits && given <= kMostUnits;
  const nanoseconds value = is_time ? time.unit * given : nanoseconds(0);
  if (is_time && value > time.above && value <= time.most) return value;
  fault = "valid value is between " + go_duration(time.above) + " and " + go_duration(time.most) +
          ", got " + (is_time ? go_duration(value) : std::to_string(given));
  return time.usual;
}

}  // namespace

ImagePolicy read_policy(const Node& config) {
  const Node policy = config["imagePolicy"];
  std::string fault;
  ImagePolicy out;
  out.kubeconfig = policy["kubeConfigFile"].string_or("");
  out.retry_backoff = read_time(policy, kBackoff, fault);
  out.allow_ttl = read_time(policy, kAllow, fault);
  out.deny_ttl = read_time(policy, kDeny, fault);
  out.default_allow = policy["defaultAllow"].bool_or(false);
  if (!fault.empty()) throw ConfigError("imagePolicy: " + fault);
  return out;
}

void check_policy(const Node& config, Findings& findings) {
  for (const Time& time : {kBackoff, kAllow, kDeny}) {
    std::string fault;
    read_time(config["imagePolicy"], time, fault);
    if (!fault.empty()) findings.error("/imagePolicy/" + std::string(time.field), fault);
  }
}

}  // namespace limen::plugins
