#include "modules/trusted_path.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <string>

#include "modules/load_error.h"

namespace limen::modules {

namespace {

namespace fs = std::filesystem;

std::string quoted(const fs::path& path) { return "\"" + path.string() + "\""; }

LoadError out_of_folder(const fs::path& file) {
  return {Gate::path, "module file " + quoted(file) +
                          " is a link out of the module folder: put the file itself there"};
}

// The text of a link; nothing when it is none.
std::string link_text(int folder, const std::string& name) {
  std::array<char, PATH_MAX + 1> text;
  const ::ssize_t size = ::readlinkat(folder, name.c_str(), text.data(), text.size());
  if (size <= 0 || size > PATH_MAX) return {};
  return {text.data(), static_cast<std::size_t>(size)};
}

// Goes from the root to a folder, as the kernel would, and judges each folder it comes through.
class Walk {
 public:
  explicit Walk(const fs::path& wanted) : wanted_(wanted) {}

  Descriptor run() {
    std::error_code error;
    fs::path path = fs::absolute(wanted_, error);
    if (error) throw missing(error.value());
    queue(path);
    to_root();
    while (!left_.empty()) {
      const std::string name = std::move(left_.front());
      left_.pop_front();
      step(name);
    }
    if (shared_) throw writable("the modules are");
    return std::move(here_);
  }

 private:
  void queue(const fs::path& path) {
    auto at = left_.begin();
    for (const fs::path& part : path.relative_path()) {
      if (part.empty() || part == ".") continue;
      at = left_.insert(at, part.string()) + 1;
    }
  }

  void to_root() {
    here_ = Descriptor(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    where_ = "/";
    judge();
  }

  void step(const std::string& name) {
    struct stat info {};
    if (::fstatat(here_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) throw missing(errno);
    if (S_ISLNK(info.st_mode)) return follow(name);
    Descriptor next(
        ::openat(here_.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) throw missing(errno);
    here_ = std::move(next);
    where_ = name == ".." ? where_.parent_path() : where_ / name;
    judge();
  }

  // Where everybody writes, a link may be anybody's.
  void follow(const std::string& name) {
    if (shared_) throw writable("a link leads to the modules");
    const fs::path target = link_text(here_.get(), name);
    if (target.empty()) throw missing(ENOENT);
    if (++links_ > kMaxLinks) throw missing(ELOOP);
    queue(target);
    if (target.is_absolute()) to_root();
  }

  void judge() {
    struct stat info {};
    if (!here_ || ::fstat(here_.get(), &info) != 0) throw missing(errno);
    shared_ = (info.st_mode & S_ISVTX) != 0 && (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (shared_) info.st_mode &= ~static_cast<::mode_t>(S_IWGRP | S_IWOTH);
    check_owner(shown(), info,
                left_.empty() ? "module folder" : "on the way to the modules, folder");
  }

  // In the words of the config where that is the folder meant.
  fs::path shown() const { return left_.empty() ? wanted_ : where_; }

  LoadError missing(int error) const {
    return {Gate::path, "module folder " + quoted(wanted_) + " cannot be read: " +
                            std::strerror(error) + ": set modulePath to the right one"};
  }
  LoadError writable(const std::string& what) const {
    return {Gate::path, "everybody may put files into the folder " + quoted(where_) + ", where " +
                            what + ": keep modules in a folder of root or the server's user"};
  }

  const fs::path& wanted_;
  std::deque<std::string> left_;  // still to go
  Descriptor here_;
  fs::path where_;
  bool shared_ = false;  // everybody writes here, and only owners take away
  int links_ = 0;
};

// Whether `parent`, seen from `folder`, is that very folder.
bool is_folder_itself(int folder, const fs::path& parent) {
  struct stat home {
  }, other{};
  return ::fstat(folder, &home) == 0 && ::fstatat(folder, parent.c_str(), &other, 0) == 0 &&
         identity_of(home).same_inode(identity_of(other));
}

}  // namespace

void check_owner(const fs::path& path, const struct stat& info, std::string_view what) {
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    throw LoadError(Gate::path, std::string(what) + " " + quoted(path) + " belongs to user id " +
                                    std::to_string(info.st_uid) +
                                    ", it must belong to root or the server's user (" +
                                    std::to_string(::geteuid()) + "): chown it");
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    throw LoadError(Gate::path, std::string(what) + " " + quoted(path) +
                                    " may be written by others than its owner: chmod go-w it");
  }
}

Descriptor open_trusted_folder(const fs::path& folder) { return Walk(folder).run(); }

Descriptor open_in_folder(int folder, const fs::path& file) {
  std::string name = file.filename().string();
  for (int links = 0; links <= kMaxLinks; ++links) {
    // O_NONBLOCK: a pipe has to be refused, not waited for.
    Descriptor opened(
        ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (opened) return opened;
    if (errno != ELOOP) break;
    // The folder's protection says nothing about a file elsewhere.
    const fs::path target = link_text(folder, name);
    const fs::path parent = target.parent_path();
    if (!target.has_filename()) throw out_of_folder(file);
    if (!parent.empty() && !is_folder_itself(folder, parent)) throw out_of_folder(file);
    name = target.filename().string();
  }
  throw LoadError(Gate::path, "there is no module \"" + file.stem().string() +
                                  "\": " + quoted(file) + ": " + std::strerror(errno) +
                                  ": install its package or correct the name");
}

}  // namespace limen::modules
