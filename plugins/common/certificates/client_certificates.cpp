#include "common/certificates/client_certificates.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/digest.h"

namespace limen::plugins {

namespace {

constexpr std::string_view kProperties = R"json(
    "clientCAFile": {
      "type": "string",
      "minLength": 1,
      "description": "PEM file of the authorities whose certificates count. Changes of all files here are in force within a second."
    },
    "clientCAFiles": {
      "type": "array",
      "minItems": 1,
      "items": {"type": "string", "minLength": 1},
      "description": "More such files; all authorities count."
    },
    "crlFiles": {
      "type": "array",
      "minItems": 1,
      "items": {"type": "string", "minLength": 1},
      "description": "Files of certificate revocation lists, PEM or DER."
    },
    "crlExpiredPolicy": {
      "enum": ["refuse", "ignore"],
      "default": "refuse",
      "description": "What comes of certificates whose issuer's lists have all expired: refuse them, or go on with what the lists say."
    },
    "denylistFile": {
      "type": "string",
      "minLength": 1,
      "description": "File of certificates that do not count: lines cert-serial HEX or cert-sha256 HEX."
    })json";

constexpr std::size_t kAcceptedCapacity = 4096;
constexpr std::size_t kRefusedCapacity = 256;
constexpr std::int64_t kAcceptedSeconds = 60;
constexpr std::int64_t kRefusedSeconds = 10;

Digest chain_digest(const std::vector<std::string_view>& chain) {
  // The number of certificates and their lengths come first, so that no two chains run together to
  // the same bytes.
  std::vector<std::uint64_t> lengths{chain.size()};
  for (std::string_view der : chain) lengths.push_back(der.size());
  std::vector<std::string_view> parts;
  parts.reserve(chain.size() + 1);
  parts.emplace_back(reinterpret_cast<const char*>(lengths.data()),
                     lengths.size() * sizeof(std::uint64_t));
  parts.insert(parts.end(), chain.begin(), chain.end());
  return sha256(parts);
}

VerdictPtr refusal(std::string why, std::int64_t until) {
  auto verdict = std::make_shared<Verdict>();
  verdict->error = std::move(why);
  verdict->until = until;
  return verdict;
}

VerdictPtr judge_anew(const Trust& trust, const std::vector<std::string_view>& chain,
                      std::int64_t now) {
  try {
    const Verified verified = trust.verify(chain, now);
    auto verdict = std::make_shared<Verdict>();
    verdict->identity = identity_of(*verified.leaf);
    verdict->credential_id = "X509SHA256=" + to_hex(sha256({chain[0]}));
    verdict->until = std::min(now + kAcceptedSeconds - 1, verified.valid_until) + 1;
    return verdict;
  } catch (const std::runtime_error& error) {
    return refusal(error.what(), now + kRefusedSeconds);
  }
}

}  // namespace

std::string trust_schema(std::string_view more) {
  return R"({"type": "object", "properties": {)" + std::string(kProperties) +
         (more.empty() ? "" : ", ") + std::string(more) + "}}";
}

TrustFiles trust_files_of(Node config) {
  TrustFiles files{.authorities = config["clientCAFiles"].strings()};
  if (const auto file = config["clientCAFile"].as_string()) {
    files.authorities.emplace(files.authorities.begin(), *file);
  }
  if (files.authorities.empty()) {
    throw ConfigError(
        "clientCAFile is missing: the PEM file of the authorities whose certificates count");
  }
  files.crls = config["crlFiles"].strings();
  files.denylist = config["denylistFile"].string_or("");
  if (config["crlExpiredPolicy"].string_or("refuse") == "ignore") {
    files.expired_crl = ExpiredCrl::ignore;
  }
  return files;
}

void check_trust_files(Node config, Findings& findings) {
  try {
    static_cast<void>(Trust(trust_files_of(config)));
  } catch (const std::exception& error) {
    findings.error("", error.what());
  }
}

ClientCertificates::Reading::Reading(const TrustFiles& files, const Host& host)
    : trust(files),
      accepted(std::make_unique<VerdictCache>(kAcceptedCapacity)),
      refused(std::make_unique<VerdictCache>(kRefusedCapacity)) {
  for (const std::string& remark : trust.crls().remarks(host.clock().unix_seconds())) {
    host.log().warn(remark);
  }
}

ClientCertificates::ClientCertificates(Host& host, const TrustFiles& files)
    : host_(host),
      reading_(host, "client-ca", files.all(), [&host, files] { return Reading(files, host); }) {}

VerdictPtr ClientCertificates::judge(const TextList& presented) const {
  if (presented.size() > kMaxChainLength) return refusal("too many certificates were presented", 0);
  const std::vector<std::string_view> chain(presented.begin(), presented.end());
  const std::int64_t now = host_.clock().unix_seconds();
  const Digest key = chain_digest(chain);
  const auto reading = reading_.get();
  if (VerdictPtr known = reading->accepted->find(key, now)) return known;
  if (VerdictPtr known = reading->refused->find(key, now)) return known;
  VerdictPtr verdict = judge_anew(reading->trust, chain, now);
  (verdict->error.empty() ? reading->accepted : reading->refused)->store(key, verdict);
  return verdict;
}

}  // namespace limen::plugins
