// Whole files as text, for configuration that lies in files of its own.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace limen::plugins {

// "file: what is wrong".
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The content of a regular file. Throws FileError. Whoever reads a secret wipes the text.
std::string read_text_file(const std::string& path, std::uintmax_t max_bytes);

// True when everybody on this machine may read the file. False when it is not there.
bool is_world_readable(const std::string& path);

}  // namespace limen::plugins
