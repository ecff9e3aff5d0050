// CertificatesByName: which serving certificate a client gets that asks for a name (row T5).
//
// Names an operator gave beat those a certificate is for, and an exact name beats a wildcard; of
// two alike the first counts. Filled once, then constant; any thread.
#pragma once

#include <Poco/Net/Context.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace limen::transport {

class CertificatesByName {
 public:
  // `context` has its certificate. Without `names` it counts for the names the certificate is for
  // (its DNS subject alternative names).
  void add(const std::vector<std::string>& names, Poco::Net::Context::Ptr context);
  // Null when none is for the name.
  ssl_ctx_st* find(std::string_view name) const;

 private:
  using Names = std::map<std::string, Poco::Net::Context::Ptr, std::less<>>;
  static ssl_ctx_st* find_in(const Names& names, std::string_view name);

  Names given_, own_;  // lower case; wildcards as "*.example.com"
};

}  // namespace limen::transport
