#include "app/serving_certificate.h"

#include <algorithm>
#include <stdexcept>

#include "app/files.h"
#include "app/pki.h"

namespace limen::app {

namespace {

bool configured(const config::SecureListener& secure) { return !secure.tls_cert_file.empty(); }

CertificateFiles files_of(const config::SecureListener& secure) {
  if (configured(secure)) return {secure.tls_cert_file, secure.tls_private_key_file};
  return {secure.cert_dir + "/apiserver.crt", secure.cert_dir + "/apiserver.key"};
}

void check(const CertificateFiles& files) {
  const KeyPair pair{read_file(files.certificate), read_file(files.key)};
  const std::string problem = pair_problem(pair);
  if (problem.empty()) return;
  throw std::runtime_error((problem == "holds no certificate" ? files.certificate : files.key) +
                           ": " + problem);
}

bool in_use(const CertificateFiles& files) {
  return file_exists(files.certificate) || file_exists(files.key);
}

}  // namespace

CertificateFiles ensure_serving_certificate(const config::SecureListener& secure) {
  CertificateFiles files = files_of(secure);
  if (configured(secure)) {
    check(files);
    return files;
  }
  make_folder(secure.cert_dir);
  const FileLock lock(secure.cert_dir + "/.lock");
  if (in_use(files)) {
    check(files);
    if (expiry_of(read_file(files.certificate)) > std::chrono::system_clock::now()) return files;
  }
  std::vector<std::string> names = default_serving_names();
  const bool wildcard = secure.bind_address == "0.0.0.0" || secure.bind_address == "::";
  if (!wildcard && std::find(names.begin(), names.end(), secure.bind_address) == names.end()) {
    names.push_back(secure.bind_address);
  }
  const KeyPair pair = make_self_signed_pair(names);
  write_file(files.key, pair.key, Privacy::secret);
  write_file(files.certificate, pair.certificate, Privacy::open);
  files.made = true;
  return files;
}

std::string serving_certificate_problem(const config::SecureListener& secure) {
  const CertificateFiles files = files_of(secure);
  if (!configured(secure) && !in_use(files)) return {};
  try {
    check(files);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

}  // namespace limen::app
