// Rules of CertificateSigningRequest.
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "base/strings.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

constexpr std::int64_t kShortest = 600;  // seconds
constexpr std::array<std::string_view, 3> kDecisions = {"Approved", "Denied", "Failed"};

bool is_decision(std::string_view type) {
  return std::find(kDecisions.begin(), kDecisions.end(), type) != kDecisions.end();
}

// Whether the first PEM block is a request.
bool is_request(std::string_view encoded) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  const auto bytes = base::base64_decode(encoded);
  if (!bytes) return false;
  const std::string_view pem(*bytes);
  const std::size_t begin = pem.find(kBegin);
  if (begin == std::string_view::npos) return false;
  if (begin > 0 && pem[begin - 1] != '\n') return false;
  return pem.substr(begin + kBegin.size()).starts_with("CERTIFICATE REQUEST-----") &&
         pem.find("-----END CERTIFICATE REQUEST-----", begin) != std::string_view::npos;
}

// A private key that was sent in the place of a request is not told again.
std::string_view shown(std::string_view encoded) {
  const auto bytes = base::base64_decode(encoded);
  const bool key = bytes && bytes->find("PRIVATE KEY-----") != std::string::npos;
  return key ? std::string_view("<private key>") : encoded;
}

void check_usages(const Json& spec, const FieldPath& path, Causes& causes) {
  const std::span<const Json> usages = elements(member(spec, "usages"));
  if (usages.empty()) causes.required(path);
  std::size_t index = 0;
  for (const Json& usage : usages) {
    check_one_of(text(&usage),
                 {"any",
                  "cert sign",
                  "client auth",
                  "code signing",
                  "content commitment",
                  "crl sign",
                  "data encipherment",
                  "decipher only",
                  "digital signature",
                  "email protection",
                  "encipher only",
                  "ipsec end system",
                  "ipsec tunnel",
                  "ipsec user",
                  "key agreement",
                  "key encipherment",
                  "microsoft sgc",
                  "netscape sgc",
                  "ocsp signing",
                  "s/mime",
                  "server auth",
                  "signing",
                  "timestamping"},
                 path.index(index++), causes);
  }
  std::set<std::string_view> seen;
  index = 0;
  for (const Json& usage : usages) {
    if (!seen.insert(text(&usage)).second) causes.duplicate(path.index(index), text(&usage));
    ++index;
  }
}

void check_signing_conditions(const Json& object, Causes& causes) {
  const FieldPath list = FieldPath("status").child("conditions");
  std::set<std::string_view> seen;
  std::size_t index = 0;
  for (const Json& condition : elements(member(status_of(object), "conditions"))) {
    const FieldPath path = list.index(index++);
    const std::string_view type = text_at(condition, "type");
    const std::string_view status = text_at(condition, "status");
    if (type.empty()) causes.required(path.child("type"));
    if (status.empty()) {
      causes.required(path.child("status"));
    } else if (is_decision(type)) {
      check_one_of(status, {"True"}, path.child("status"), causes);
    } else {
      check_one_of(status, {"False", "True", "Unknown"}, path.child("status"), causes);
    }
    if ((type == "Approved" && seen.contains("Denied")) ||
        (type == "Denied" && seen.contains("Approved"))) {
      causes.invalid(path.child("type"), type,
                     "Approved and Denied conditions are mutually exclusive");
    }
    if (!seen.insert(type).second) causes.duplicate(path.child("type"), type);
  }
}

// The conditions of a type, in their order.
std::vector<const Json*> conditions_of(const Json& object, std::string_view type) {
  std::vector<const Json*> found;
  for (const Json& condition : elements(member(status_of(object), "conditions"))) {
    if (text_at(condition, "type") == type) found.push_back(&condition);
  }
  return found;
}

}  // namespace

void check_signing_request(const Json& object, Causes& causes) {
  const FieldPath path("spec");
  const Json& spec = spec_of(object);
  const std::string_view request = text_at(spec, "request");
  if (!is_request(request)) {
    causes.invalid(path.child("request"), shown(request),
                   "PEM block type must be CERTIFICATE REQUEST");
  }
  check_usages(spec, path.child("usages"), causes);
  const std::string_view signer = text_at(spec, "signerName");
  if (signer == "kubernetes.io/legacy-unknown") {
    causes.invalid(path.child("signerName"), signer,
                   "the legacy signerName is not allowed via this API version");
  } else {
    check_signer_name(signer, path.child("signerName"), causes);
  }
  if (has(spec, "expirationSeconds") && number_at(spec, "expirationSeconds") < kShortest) {
    causes.invalid(path.child("expirationSeconds"), or_null(member(spec, "expirationSeconds")),
                   "may not specify a duration less than 600 seconds (10 minutes)");
  }
  check_signing_conditions(object, causes);
}

void check_signing_request_update(const Json& object, const Json& old, Causes& causes) {
  const FieldPath status("status");
  for (const std::string_view type : kDecisions) {
    if (conditions_of(object, type).size() < conditions_of(old, type).size()) {
      causes.forbidden(status.child("conditions"),
                       "updates may not remove a condition of type " + base::go_quote(type));
    }
  }
  const std::string_view before = text_at(status_of(old), "certificate");
  if (!before.empty() && before != text_at(status_of(object), "certificate")) {
    causes.forbidden(status.child("certificate"),
                     "updates may not modify existing certificate content");
  }
}

void check_signing_request_status(const Json& object, const Json& old, Causes& causes) {
  check_signing_request(object, causes);
  check_signing_request_update(object, old, causes);
}

}  // namespace limen::validation::kinds
