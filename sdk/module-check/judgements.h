// Judgements: the tests, each of which runs in a process of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "limen/testkit/nodes.hpp"

namespace limen::module_check {

struct Subject {
  std::string file;
  std::uint32_t plugin = 0;
  std::optional<testkit::Json> config;  // the operator's; none: made from the schema
  std::vector<testkit::Json> objects;   // for admission, beside our own
  bool instrumented = false;  // the module runs under a sanitizer, which sees leaks itself
};

struct Judgement {
  const char* name;
  const char* summary;
  bool of_module;  // once for the file, not once for each plugin
  void (*judge)(const Subject&);
};

const std::vector<Judgement>& judgements();

// What the file says of itself; runs in a process of its own as well. Lines for the parent:
// "about\tABI\tBUILD" and "plugin\tINDEX\tID\tKIND\tVERSION".
void describe(const Subject& subject);

}  // namespace limen::module_check
