#include "authn/revocations.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "authn/authenticator.h"
#include "authn/fingerprints.h"
#include "base/strings.h"
#include "observability/log.h"
#include "observability/metrics.h"

namespace limen::authn {

namespace {

// Lower-case hexadecimal digits of a text that may have colons between them. Empty: it is none.
std::string hex_digits(std::string_view text) {
  std::string digits;
  for (const char c : base::to_lower(text)) {
    if (c == ':') continue;
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (!digit) return {};
    digits += c;
  }
  return digits;
}

std::string sha256_digits(std::string_view text) {
  const std::string digits = hex_digits(text);
  if (digits.size() != 64) throw std::runtime_error("a SHA-256 has 64 hexadecimal digits");
  return digits;
}

std::string serial_digits(std::string_view text) {
  const std::string digits = hex_digits(text);
  if (digits.empty()) throw std::runtime_error("a serial number is written in hexadecimal digits");
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string::npos ? "0" : digits.substr(first);
}

// The text of the file. Throws RevocationList::Error.
std::string text_of(const std::string& path) {
  using Error = RevocationList::Error;
  std::ifstream file(path, std::ios::binary);
  struct stat about {};
  if (!file || ::stat(path.c_str(), &about) != 0) throw Error(path + ": " + std::strerror(errno));
  if (!S_ISREG(about.st_mode)) throw Error(path + ": is not a regular file");
  if (static_cast<std::size_t>(about.st_size) > RevocationList::kMaxFileBytes) {
    throw Error(path + ": is larger than " + std::to_string(RevocationList::kMaxFileBytes) +
                " bytes");
  }
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) throw Error(path + ": cannot be read");
  return text;
}

}  // namespace

void RevocationList::add(std::string_view kind, std::string_view value) {
  if (value.empty()) throw std::runtime_error("nothing stands after \"" + std::string(kind) + "\"");
  if (kind == "user") {
    users_.emplace(value);
  } else if (kind == "token-sha256") {
    tokens_.insert(sha256_digits(value));
  } else if (kind == "jti") {
    jwt_ids_.emplace(value);
  } else if (kind == "cert-serial") {
    serials_.insert(serial_digits(value));
  } else if (kind == "cert-sha256") {
    certificates_.insert(sha256_digits(value));
  } else {
    throw std::runtime_error(
        "an entry begins with user, token-sha256, jti, cert-serial or cert-sha256");
  }
}

std::string RevocationList::take_line(std::string_view raw) {
  const std::string_view line = base::trim(raw);
  if (line.empty() || line.front() == '#') return {};
  const std::size_t space = line.find_first_of(" \t");
  try {
    add(line.substr(0, space),
        space == std::string_view::npos ? std::string_view() : base::trim(line.substr(space)));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

RevocationList RevocationList::parse(std::string_view text, const std::string& path) {
  RevocationList list;
  std::size_t number = 0;
  for (const std::string_view line : base::split(text, '\n')) {
    ++number;
    const std::string problem = list.take_line(line);
    if (!problem.empty()) throw Error(path + ":" + std::to_string(number) + ": " + problem);
  }
  return list;
}

std::vector<std::string> RevocationList::problems(const std::string& path) {
  std::vector<std::string> out;
  try {
    const std::string text = text_of(path);
    RevocationList list;
    std::size_t number = 0;
    for (const std::string_view line : base::split(text, '\n')) {
      ++number;
      const std::string problem = list.take_line(line);
      if (!problem.empty()) out.push_back(path + ":" + std::to_string(number) + ": " + problem);
      if (out.size() == kMostProblems) break;
    }
  } catch (const Error& error) {
    out.emplace_back(error.what());
  }
  return out;
}

RevocationList RevocationList::read(const std::string& path) { return parse(text_of(path), path); }

std::size_t RevocationList::size() const {
  return users_.size() + tokens_.size() + jwt_ids_.size() + serials_.size() + certificates_.size();
}

std::string_view RevocationList::revoked_by(const request::Credential& credential) const {
  if (users_.contains(credential.user)) return "user";
  if (jwt_ids_.contains(credential.jwt_id)) return "jti";
  if (tokens_.contains(credential.token_sha256)) return "token-sha256";
  if (serials_.contains(credential.certificate_serial)) return "cert-serial";
  if (certificates_.contains(credential.certificate_sha256)) return "cert-sha256";
  return {};
}

Revocations::Revocations(std::string path)
    : path_(std::move(path)),
      list_(std::make_shared<const RevocationList>(path_.empty() ? RevocationList()
                                                                 : RevocationList::read(path_))) {}

bool Revocations::reload() {
  static auto& reloads =
      metrics::counter("limen_revocations_reloads_total",
                       "Attempts to read the changed revocations file.", {"outcome"});
  try {
    list_.store(std::make_shared<const RevocationList>(RevocationList::read(path_)),
                std::memory_order_release);
  } catch (const RevocationList::Error& error) {
    reloads.with({"failure"}).add();
    log::error("the revocations file cannot be used, the last good one stays in force",
               {{"error", error.what()}});
    return false;
  }
  reloads.with({"success"}).add();
  log::info("revocations are in force",
            {{"file", path_}, {"entries", std::to_string(current()->size())}});
  return true;
}

request::Credential credential_of(const Credentials& presented, std::string_view user,
                                  std::string_view jwt_id, Traits wanted) {
  request::Credential credential;
  credential.user = user;
  credential.jwt_id = jwt_id;
  if (wanted.tokens) credential.token_sha256 = presented_secret_sha256(presented);
  const bool has_certificate =
      presented.peer != nullptr && !presented.peer->certificates_der.empty();
  if (wanted.certificates && has_certificate) {
    const std::string& der = presented.peer->certificates_der.front();
    credential.certificate_sha256 = sha256_hex(der);
    credential.certificate_serial = certificate_serial_hex(der);
  }
  return credential;
}

}  // namespace limen::authn
