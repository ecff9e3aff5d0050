// The keys that may sign, from a file of lines
//
//   robot 00112233...  ci-robot builders deployers
//
// which are: the key's name, its secret in hex (32 bytes or more), the user it stands for, any
// number of groups. "#" begins a comment line. Errors name the line and never what stands in it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace acme {

struct Key {
  std::string secret;  // bytes
  std::string user;
  std::vector<std::string> groups;
};

using Keys = std::map<std::string, Key>;

// Throws std::runtime_error: a file that cannot be read, one that others than its owner and group
// may read or that its group may write, a bad line, a name that is there twice, no key at all.
Keys read_keys(const std::string& path);

}  // namespace acme
