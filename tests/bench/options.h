// The command line of the load generator: `--key value`, any number of times.
#pragma once

#include <cstdlib>
#include <map>
#include <string>

namespace limen::bench {

struct Options {
  std::map<std::string, std::string> values;
  std::string text(const std::string& key, const std::string& otherwise = "") const {
    const auto found = values.find(key);
    return found == values.end() ? otherwise : found->second;
  }
  double number(const std::string& key, double otherwise) const {
    const auto found = values.find(key);
    return found == values.end() ? otherwise : std::atof(found->second.c_str());
  }
};

}  // namespace limen::bench
