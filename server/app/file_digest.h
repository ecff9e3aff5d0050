// SHA-256 of a file, and the line beside it that sha256sum(1) writes and checks.
//
// Errors are std::runtime_error with one sentence that begins with the path. Any thread.
#pragma once

#include <optional>
#include <string>

namespace limen::app {

// Lower-case hexadecimal.
std::string sha256_of_file(const std::string& path);

// FILE.sha256: "HEX  NAME".
std::string digest_file_of(const std::string& path);
void write_digest_file(const std::string& path, const std::string& digest);
// The digest that stands in FILE.sha256; nothing when there is no such file.
std::optional<std::string> read_digest_file(const std::string& path);

}  // namespace limen::app
