// What the tests of the bundled authenticators share: the built modules and files that go away.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limen/testkit/instance.hpp>
#include <string>

namespace limen::plugins::test {

inline const testkit::Module& module(const std::string& name) {
  static std::map<std::string, testkit::Module> loaded;
  const auto found = loaded.find(name);
  if (found != loaded.end()) return found->second;
  return loaded
      .emplace(name, testkit::Module(std::string(LIMEN_BINARY_DIR) + "/lib/limen/modules/" + name +
                                     ".so"))
      .first->second;
}

// A directory of its own for one test.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "limen-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Writes a file only its owner can read; returns its path.
  std::string write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = path_ / name;
    std::ofstream(file, std::ios::binary) << text;
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return file.string();
  }

 private:
  std::filesystem::path path_;
};

// The text an instance refuses to start with; empty when it starts.
inline std::string start_error(const std::string& name, const testkit::Json& config) {
  try {
    testkit::Instance instance(module(name), {.config = config});
    return {};
  } catch (const testkit::StartError& error) {
    return error.what();
  }
}

inline testkit::AuthnRequest with_token(const std::string& token) {
  return {.headers = {{"Authorization", "Bearer " + token}}};
}

}  // namespace limen::plugins::test
