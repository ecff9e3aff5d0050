#include "policy.h"

#include <charconv>

namespace limen::pod_security {

namespace {

constexpr std::string_view kPrefix = "pod-security.kubernetes.io/";

std::string_view level_name(Level level) {
  switch (level) {
    case Level::baseline:
      return "baseline";
    case Level::restricted:
      return "restricted";
    case Level::privileged:
      break;
  }
  return "privileged";
}

std::string complaint(const std::string& label, std::string_view value, std::string_view why) {
  return "metadata.labels[" + label + "]: Invalid value: \"" + std::string(value) +
         "\": " + std::string(why);
}

// One of the three: its level and its version, from two labels.
void read_mode(const Node& labels, const std::string& mode, Level if_bad, LevelVersion& out,
               std::vector<std::string>& problems) {
  const std::string level_label = std::string(kPrefix) + mode;
  if (const auto level = labels[level_label].as_string()) {
    if (!read_level(*level, out.level)) {
      out.level = if_bad;
      problems.push_back(
          complaint(level_label, *level, "must be one of privileged, baseline, restricted"));
    }
  }
  const std::string version_label = level_label + "-version";
  if (const auto version = labels[version_label].as_string()) {
    if (!read_version(*version, out.version)) {
      out.version = Version();
      problems.push_back(complaint(version_label, *version, "must be \"latest\" or \"v1.x\""));
    }
  }
}

}  // namespace

std::string LevelVersion::text() const {
  const std::string name(level_name(level));
  return name +
         (version.minor == Version::kLatest ? ":latest" : ":v1." + std::to_string(version.minor));
}

bool read_level(std::string_view text, Level& out) {
  for (const Level level : {Level::privileged, Level::baseline, Level::restricted}) {
    if (text != level_name(level)) continue;
    out = level;
    return true;
  }
  return false;
}

bool read_version(std::string_view text, Version& out) {
  if (text == "latest") {
    out = Version();
    return true;
  }
  if (!text.starts_with("v1.")) return false;
  text.remove_prefix(3);
  int minor = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, minor);
  const bool leading_zero = text.size() > 1 && text[0] == '0';
  if (read.ec != std::errc() || read.ptr != end || minor < 0 || leading_zero) return false;
  out.minor = minor;
  return true;
}

Policy read_policy(const Node& labels, const Policy& defaults, std::vector<std::string>& problems) {
  Policy policy = defaults;
  read_mode(labels, "enforce", Level::restricted, policy.enforce, problems);
  read_mode(labels, "audit", Level::privileged, policy.audit, problems);
  read_mode(labels, "warn", Level::privileged, policy.warn, problems);
  // Who enforces something and says nothing of warnings is warned of what is enforced, in the
  // version the warnings are to be of.
  const auto label = [&](const char* name) { return labels[std::string(kPrefix) + name]; };
  Level enforced{};
  const bool enforces = read_level(label("enforce").view_or(""), enforced);
  if (enforces && !label("warn") && policy.enforce.level > policy.warn.level) {
    policy.warn.level = policy.enforce.level;
    if (!label("warn-version")) policy.warn.version = policy.enforce.version;
  }
  return policy;
}

}  // namespace limen::pod_security
