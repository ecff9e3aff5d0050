// PemBundle: the certificates in a text of PEM blocks (RFC 7468). Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace limen::controllers {

struct BundledCertificate {
  std::string der;
  std::chrono::system_clock::time_point not_after;

  std::string pem() const;
};

struct PemBundle {
  std::vector<BundledCertificate> certificates;  // in their order, each once
  std::size_t unreadable = 0;  // blocks that hold no certificate though they say so

  // Never fails: a text that is no PEM holds nothing.
  static PemBundle parse(std::string_view pem);
};

}  // namespace limen::controllers
