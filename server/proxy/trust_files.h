// TrustFiles: the parts of a TlsTrust that an operator keeps in files, read again when they change.
//
// Any thread; a lock guards what was read last.
#pragma once

#include <array>
#include <limen/cpp/file_state.hpp>
#include <mutex>
#include <string>

#include "proxy/target.h"

namespace limen::proxy {

class TrustFiles {
 public:
  // PEM files; an empty path stands for nothing to read.
  TrustFiles(std::string authority, std::string certificate, std::string key);

  // Fills in the trust's three texts. Returns what is wrong with a file, which it names, or
  // nothing. Looks at the files each time, and reads those that have changed.
  std::string read(TlsTrust& trust);

 private:
  struct File {
    std::string path;
    limen::detail::FileState state;
    bool was_read = false;
    std::string text;
  };
  static std::string refresh(File& file);

  std::mutex mutex_;
  std::array<File, 3> files_;  // guarded by mutex_
};

}  // namespace limen::proxy
