#include "config/yaml_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "config/yaml_documents.h"
#include "config/yaml_values.h"

namespace limen::config {

// Opens, then asks what it has opened: a name checked first could become another file.
bool read_file(const std::string& path, std::size_t limit, std::string& out, std::string& why) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    why = std::generic_category().message(errno);
    return false;
  }
  const std::string too_large = "is larger than " + std::to_string(limit) + " bytes";
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    why = "is not a regular file";
  } else if (static_cast<std::size_t>(status.st_size) > limit) {
    why = too_large;
  } else {
    char buffer[16384];
    ssize_t got = 0;
    while ((got = ::read(fd, buffer, sizeof buffer)) > 0 && out.size() <= limit) {
      out.append(buffer, static_cast<std::size_t>(got));
    }
    if (got < 0) {
      why = std::generic_category().message(errno);
    } else if (out.size() > limit) {
      why = too_large;
    }
  }
  ::close(fd);
  return why.empty();
}

std::optional<YAML::Node> parse_one(std::string_view text, Findings& findings) {
  try {
    const Documents documents = load_documents(std::string(text));
    if (!documents.second) return documents.first;
    findings.add(position_of(*documents.second), "", "holds more than one YAML document");
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    findings.add(position_of(error.mark), "", "is not YAML: " + error.msg);
    return std::nullopt;
  }
}

}  // namespace limen::config
