// The table of all options with one value: where they stand in the file, what they may be, where
// they go. The reader follows it; nothing else knows the keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/configuration.h"

namespace limen::config {

struct IntegerOption {
  std::int64_t* value;
  std::int64_t min, max;  // inclusive
};
struct DurationOption {
  Duration* value;
  Duration min, max;  // inclusive
};
struct BooleanOption {
  bool* value;
};
struct TextOption {
  std::string* value;
  // Says what is wrong with a text ("must be ..."), or nothing.
  std::string (*check)(const std::string&);
};

// A list of words: a YAML list of scalars.
struct TextListOption {
  std::vector<std::string>* value;
  // Says what is wrong with one word, or nothing.
  std::string (*check)(const std::string&);
};

struct Option {
  std::string_view section;  // "" is the top level
  std::string_view key;
  std::variant<IntegerOption, DurationOption, BooleanOption, TextOption, TextListOption> target;
};

// Every option, bound to `configuration`, which must outlive the result.
std::vector<Option> options_of(ServerConfiguration& configuration);

// The top-level keys that hold more than one value, and what kind of thing they hold.
inline constexpr std::string_view kSections[] = {
    "secure", "local",    "revocations", "audit",       "limits",      "threads",
    "log",    "services", "kubelet",     "aggregation", "auditWebhook"};
inline constexpr std::string_view kModuleLists[] = {"authenticators", "authorizers", "admission"};

// Bounds of a module's `timeout`.
inline constexpr Duration kMinModuleTimeout = std::chrono::milliseconds(1);
inline constexpr Duration kMaxModuleTimeout = std::chrono::minutes(5);
// Bounds of a module's `maxCalls`.
inline constexpr std::int64_t kMinModuleCalls = 1;
inline constexpr std::int64_t kMaxModuleCalls = 100'000;

// True for an IPv4 or IPv6 address in text form.
bool is_ip_address(const std::string& text);
// True for 127.0.0.0/8 and ::1 (also mapped).
bool is_loopback_address(const std::string& text);

}  // namespace limen::config
