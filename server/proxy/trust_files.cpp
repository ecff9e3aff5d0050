#include "proxy/trust_files.h"

#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace limen::proxy {

namespace {

// A file younger than this is compared by what it holds, too.
constexpr std::chrono::seconds kYoung{2};
constexpr std::size_t kMostBytes = 4 * 1024 * 1024;

}  // namespace

TrustFiles::TrustFiles(std::string authority, std::string certificate, std::string key) {
  files_[0].path = std::move(authority);
  files_[1].path = std::move(certificate);
  files_[2].path = std::move(key);
}

std::string TrustFiles::refresh(File& file) {
  if (file.path.empty()) return {};
  const auto state = limen::detail::FileState::of(file.path, kYoung);
  if (file.was_read && !state.differs(file.state)) return {};
  std::ifstream in(file.path, std::ios::binary);
  if (!in) return file.path + ": " + std::generic_category().message(errno);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad() || text.empty() || text.size() > kMostBytes) {
    return file.path + ": is empty, too large or cannot be read";
  }
  file.text = std::move(text);
  file.state = state;
  file.was_read = true;
  return {};
}

std::string TrustFiles::read(TlsTrust& trust) {
  const std::lock_guard lock(mutex_);
  for (File& file : files_) {
    if (std::string problem = refresh(file); !problem.empty()) return problem;
  }
  trust.ca_pem = files_[0].text;
  trust.client_cert_pem = files_[1].text;
  trust.client_key_pem = files_[2].text;
  return {};
}

}  // namespace limen::proxy
