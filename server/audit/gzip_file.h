// Compresses one file in the place where it is (gzip, RFC 1952). Blocks; any thread.
#pragma once

#include <atomic>
#include <string>

namespace limen::audit {

// FILE becomes FILE.gz, for its owner alone to read (0600). Under that name it is whole or not
// there; FILE goes when it is. Returns why not; empty: done, or `stop` became true before.
std::string gzip_file(const std::string& file, const std::atomic<bool>& stop);

}  // namespace limen::audit
