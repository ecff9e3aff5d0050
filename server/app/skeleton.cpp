#include "app/skeleton.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace limen::app {

namespace {

constexpr std::size_t kLongestName = 63;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// acme-badge: acme_badge
std::string snake_case(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

// acme-badge: AcmeBadge
std::string camel_case(std::string_view name) {
  std::string out;
  bool first = true;
  for (const char c : name) {
    if (c == '-') {
      first = true;
      continue;
    }
    out += first && is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    first = false;
  }
  return out;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

std::string renamed(std::string_view text, std::string_view name) {
  std::string out(text);
  replace_all(out, "acme-module", name);
  replace_all(out, "acme_module", snake_case(name));
  replace_all(out, "AcmeModule", camel_case(name));
  return out;
}

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
  throw std::runtime_error(path.string() + ": " + why);
}

void write_new(const std::filesystem::path& path, const std::string& text) {
  // The name must be free: a file that comes between is not overwritten, a link is not followed.
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) fail(path, std::strerror(errno));
  std::size_t written = 0;
  int error = 0;
  while (written < text.size() && error == 0) {
    const ssize_t count = ::write(fd, text.data() + written, text.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  if (::close(fd) != 0 && error == 0) error = errno;
  if (error == 0) return;
  ::unlink(path.c_str());
  fail(path, std::strerror(error));
}

}  // namespace

const std::vector<std::string>& skeleton_kinds() {
  static const std::vector<std::string> kinds = {"authenticator", "authorizer", "admission"};
  return kinds;
}

std::string module_name_problem(std::string_view name) {
  if (name.empty() || !is_lower(name.front()))
    return "a module's name begins with a lower-case letter";
  if (name.size() > kLongestName) return "a module's name has at most 63 characters";
  if (!std::all_of(name.begin(), name.end(),
                   [](char c) { return is_lower(c) || is_digit(c) || c == '-'; })) {
    return "a module's name has lower-case letters, digits and dashes";
  }
  if (name.back() == '-' || name.find("--") != std::string_view::npos) {
    return "a dash in a module's name stands between two other characters";
  }
  constexpr std::string_view kTargets[] = {"all",     "clean",   "depend", "help",
                                           "install", "package", "test"};
  if (std::find(std::begin(kTargets), std::end(kTargets), name) != std::end(kTargets)) {
    return "CMake has a target of that name: put your own before it, as in acme-" +
           std::string(name);
  }
  return {};
}

std::vector<SkeletonFile> skeleton(std::string_view name, std::string_view kind) {
  std::vector<SkeletonFile> files;
  const std::string folder = std::string(kind) + "/";
  for (const TemplateFile& file : template_files()) {
    std::string_view path = file.path;
    if (path.find('/') != std::string_view::npos) {
      if (!path.starts_with(folder)) continue;
      path.remove_prefix(folder.size());
    }
    files.push_back({renamed(path, name), renamed(file.text, name)});
  }
  return files;
}

void write_skeleton(const std::string& folder, const std::vector<SkeletonFile>& files) {
  const std::filesystem::path root(folder);
  std::error_code error;
  std::filesystem::create_directories(root, error);
  if (error) fail(root, error.message());
  if (!std::filesystem::is_directory(root, error)) fail(root, "is not a folder");
  for (const SkeletonFile& file : files) {
    const std::filesystem::path path = root / file.name;
    if (std::filesystem::symlink_status(path, error).type() !=
        std::filesystem::file_type::not_found) {
      fail(path, "is there already, and nothing is overwritten");
    }
  }
  for (const SkeletonFile& file : files) write_new(root / file.name, file.text);
}

}  // namespace limen::app
