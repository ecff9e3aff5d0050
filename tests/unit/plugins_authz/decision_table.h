// A table of decisions written by hand, from a file in tests/golden/authz:
//
//   == what the next lines are about        a fresh start, nothing is there
//   {"kind": "ClusterRole", ...}            an object, or a line of an ABAC policy
//   yes  bob,dev  get  apps:deployments/scale  team  web
//   no   bob      get  /metrics
//
// verdict, user with groups behind commas, verb, then a path or [group:]resource[/subresource] with
// namespace and name; "-" stands for none, as does the end of the line. Lines that begin with '#'
// are comments.
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "limen/testkit/instance.hpp"

namespace limen::test {

struct Question {
  testkit::Action action;
  bool allowed;
  std::string text;  // as in the file, with its line
};

struct DecisionCase {
  std::string title;
  std::vector<std::string> objects;  // JSON
  std::vector<Question> questions;
};

inline testkit::Action read_action(std::istringstream& in) {
  const auto word = [&in] {
    std::string text;
    in >> text;
    return text == "-" ? std::string() : text;
  };
  testkit::Action action;
  std::istringstream who(word());
  std::getline(who, action.user.name, ',');
  for (std::string group; std::getline(who, group, ',');) action.user.groups.push_back(group);
  action.verb = word();
  std::string what = word();
  if (what.starts_with('/')) {
    action.path = what;
    return action;
  }
  if (const std::size_t colon = what.find(':'); colon != std::string::npos) {
    action.api_group = what.substr(0, colon);
    what.erase(0, colon + 1);
  }
  const std::size_t slash = what.find('/');
  action.resource = what.substr(0, slash);
  if (slash != std::string::npos) action.subresource = what.substr(slash + 1);
  action.ns = word();
  action.name = word();
  if (in >> what) throw std::runtime_error("too many words");
  return action;
}

inline std::vector<DecisionCase> read_decisions(const std::string& name) {
  const std::string path = LIMEN_GOLDEN_DIR "/authz/" + name;
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<DecisionCase> cases;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("== ")) {
      cases.push_back({line.substr(3), {}, {}});
    } else if (line.front() == '{') {
      cases.back().objects.push_back(line);
    } else {
      std::istringstream in(line);
      std::string verdict;
      in >> verdict;
      if (verdict != "yes" && verdict != "no") {
        throw std::runtime_error(path + ":" + std::to_string(number) + ": neither yes nor no");
      }
      cases.back().questions.push_back(
          {read_action(in), verdict == "yes", name + ":" + std::to_string(number) + ": " + line});
    }
  }
  return cases;
}

}  // namespace limen::test
