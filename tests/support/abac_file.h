// An abac instance over a policy file of its own, which goes with it.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "limen/testkit/instance.hpp"
#include "support/scratch_folder.h"

namespace limen::test {

class AbacFile {
 public:
  AbacFile(const testkit::Module& module, const std::vector<std::string>& lines)
      : file_(written(folder_, lines)), abac_(module, {.config = {{"path", file_}}}) {}
  testkit::Reply authorize(const testkit::Action& action) { return abac_.authorize(action); }

 private:
  static std::string written(const ScratchFolder& folder, const std::vector<std::string>& lines) {
    const std::string path = folder / "policy.jsonl";
    std::ofstream out(path);
    for (const std::string& line : lines) out << line << '\n';
    return path;
  }
  ScratchFolder folder_;
  std::string file_;
  testkit::Instance abac_;
};

}  // namespace limen::test
