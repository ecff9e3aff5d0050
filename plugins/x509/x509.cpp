// x509: users named by TLS client certificates, as kube-apiserver's --client-ca-file.
//
// The TLS handshake asks for a certificate and proves that the client holds its key; whether the
// certificate counts is judged here, so that a bad one is a 401 and not a broken connection. A
// verdict is kept for at most a minute and never past the end of the chain's validity. The
// authorities are read again when their files change; files that cannot be read leave the old ones
// in place.

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/digest.h"
#include "identity.h"
#include "trust.h"
#include "verdict_cache.h"

namespace {

using limen::plugins::Digest;
using limen::plugins::Trust;
using limen::plugins::Verdict;
using limen::plugins::VerdictCache;
using limen::plugins::VerdictPtr;

constexpr const char* kSchema = R"json({
  "type": "object",
  "properties": {
    "clientCAFile": {
      "type": "string",
      "minLength": 1,
      "description": "PEM file of the authorities whose certificates name users."
    },
    "clientCAFiles": {
      "type": "array",
      "minItems": 1,
      "items": {"type": "string", "minLength": 1},
      "description": "More such files; all authorities count."
    },
    "reloadInterval": {
      "type": "integer",
      "minimum": 0,
      "maximum": 86400,
      "default": 30,
      "description": "Seconds between looks at whether the files have changed; 0: never."
    }
  }
})json";

constexpr const char* kCredentialIdKey = "authentication.kubernetes.io/credential-id";
constexpr std::size_t kAcceptedCapacity = 4096;
constexpr std::size_t kRefusedCapacity =
    256;  // of its own, so that bad chains do not drive out good
constexpr std::int64_t kAcceptedSeconds = 60;
constexpr std::int64_t kRefusedSeconds = 10;

std::vector<std::string> files_of(limen::Node config) {
  std::vector<std::string> files = config["clientCAFiles"].strings();
  if (const auto file = config["clientCAFile"].as_string()) files.emplace(files.begin(), *file);
  if (files.empty()) {
    throw limen::ConfigError(
        "clientCAFile is missing: the PEM file of the authorities whose certificates name users");
  }
  return files;
}

std::shared_ptr<const Trust> read_trust(const std::vector<std::string>& files) {
  try {
    return std::make_shared<const Trust>(files);
  } catch (const std::runtime_error& error) {
    throw limen::ConfigError(error.what());
  }
}

// What tells a changed file from the one that was read.
std::string fingerprint(const std::vector<std::string>& files) {
  std::string text;
  for (const std::string& file : files) {
    struct stat about {};
    if (::stat(file.c_str(), &about) != 0) continue;
    for (const auto part :
         {static_cast<std::int64_t>(about.st_ino), std::int64_t{about.st_size},
          std::int64_t{about.st_mtim.tv_sec}, std::int64_t{about.st_mtim.tv_nsec}}) {
      text += std::to_string(part) + ",";
    }
    text += ";";
  }
  return text;
}

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
  return limen::plugins::sha256(parts);
}

class X509Authenticator final : public limen::Authenticator {
 public:
  X509Authenticator(limen::Host& host, limen::Node config)
      : host_(host),
        files_(files_of(config)),
        reload_interval_(config["reloadInterval"].int_or(30)),
        fingerprint_(fingerprint(files_)),
        trust_(read_trust(files_)),
        reloads_(host.metrics().family<limen::Counter>(
            "client_ca_reloads_total", "Attempts to read changed client CA files.", {"outcome"})) {}

  static void check_config(limen::Node config, limen::Findings& findings) {
    try {
      read_trust(files_of(config));
    } catch (const limen::ConfigError& error) {
      findings.error("", error.what());
    }
  }

  limen::Result<void> start() override {
    schedule_reload();
    return {};
  }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const limen::TextList presented = call.peer_certificates();
    if (presented.empty()) return {};
    if (presented.size() > limen::plugins::kMaxChainLength) {
      return limen::Error{"too many certificates were presented", LIMEN_E_INVALID};
    }
    const std::vector<std::string_view> chain(presented.begin(), presented.end());
    const std::int64_t now = host_.clock().unix_seconds();
    const Digest key = chain_digest(chain);
    VerdictPtr verdict = accepted_.find(key, now);
    if (verdict == nullptr) verdict = refused_.find(key, now);
    if (verdict == nullptr) verdict = judge(chain, key, now);
    if (!verdict->error.empty()) return limen::Error{verdict->error, LIMEN_E_INVALID};
    if (verdict->identity.name.empty()) return {};
    call.accept(verdict->identity.name, verdict->identity.uid);
    for (const std::string& group : verdict->identity.groups) call.group(group);
    call.extra(kCredentialIdKey, verdict->credential_id);
    return {};
  }

 private:
  VerdictPtr judge(const std::vector<std::string_view>& chain, const Digest& key,
                   std::int64_t now) {
    // Held while the verdict is stored, so that none of the old authorities outlives a reload.
    const std::shared_lock<std::shared_mutex> lock(trust_mutex_);
    auto verdict = std::make_shared<Verdict>();
    try {
      const limen::plugins::Verified verified = trust_->verify(chain, now);
      verdict->identity = limen::plugins::identity_of(*verified.leaf);
      verdict->credential_id =
          "X509SHA256=" + limen::plugins::to_hex(limen::plugins::sha256({chain[0]}));
      verdict->until = std::min(now + kAcceptedSeconds, verified.valid_until + 1);
      accepted_.store(key, verdict);
    } catch (const std::runtime_error& error) {
      verdict->error = error.what();
      verdict->until = now + kRefusedSeconds;
      refused_.store(key, verdict);
    }
    return verdict;
  }

  void schedule_reload() {
    if (reload_interval_.count() == 0 || !host_.executor()) return;
    const limen::Result<void> posted = host_.executor().post_after(reload_interval_, [this] {
      reload_if_changed();
      schedule_reload();
    });
    if (!posted.ok()) host_.log().warn("changed client CA files will not be noticed");
  }

  // On a worker thread, one at a time.
  void reload_if_changed() {
    std::string seen = fingerprint(files_);
    if (seen == fingerprint_) return;
    fingerprint_ = std::move(seen);
    try {
      std::shared_ptr<const Trust> fresh = read_trust(files_);
      const std::unique_lock<std::shared_mutex> lock(trust_mutex_);
      trust_ = std::move(fresh);
      accepted_.clear();
      refused_.clear();
      reloads_.with({"success"}).add();
      host_.log().info("client CA files were read again");
    } catch (const std::exception& error) {
      reloads_.with({"failure"}).add();
      host_.log().error("client CA files cannot be read, the old ones stay in use",
                        {{"error", error.what()}});
    }
  }

  limen::Host& host_;
  const std::vector<std::string> files_;
  const std::chrono::seconds reload_interval_;
  std::string fingerprint_;
  std::shared_mutex trust_mutex_;  // of trust_, and of storing verdicts reached with it
  std::shared_ptr<const Trust> trust_;
  limen::Family<limen::Counter> reloads_;
  VerdictCache accepted_{kAcceptedCapacity};
  VerdictCache refused_{kRefusedCapacity};
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<X509Authenticator>({
    .id = "x509",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Users named by TLS client certificates.",
    .config_schema = kSchema,
}))
