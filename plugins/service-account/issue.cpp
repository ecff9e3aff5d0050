#include "issue.h"

#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace limen::plugins::service_account {

namespace {

// A random UUID (RFC 9562 section 5.4).
std::string random_uuid() {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) {
    throw std::runtime_error("no random numbers are available");
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < sizeof bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

std::vector<std::string> copied(const TextList& list) {
  std::vector<std::string> out;
  for (const std::string_view text : list) out.emplace_back(text);
  return out;
}

bool all_in(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return std::all_of(some.begin(), some.end(), [&](const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  });
}

void set_binding(const TokenCall& call, Claims& claims) {
  const std::string_view kind = call.bound_kind();
  const Reference bound{std::string(call.bound_name()), std::string(call.bound_uid())};
  if (kind == "Pod") {
    claims.pod = bound;
    if (!call.node_name().empty()) {
      claims.node = Reference{std::string(call.node_name()), std::string(call.node_uid())};
    }
  } else if (kind == "Secret") {
    claims.secret = bound;
  } else if (kind == "Node") {
    claims.node = bound;
  } else if (!kind.empty()) {
    throw std::runtime_error("a token cannot be bound to a " + std::string(kind));
  }
}

}  // namespace

NewToken new_token(const TokenCall& call, const Options& options, std::int64_t now) {
  NewToken made;
  made.granted = call.expiration().count();
  if (options.max_expiration != 0 && made.granted > options.max_expiration) {
    made.granted = options.max_expiration;
    made.shortened = true;
  }
  const std::vector<std::string> api =
      call.api_audiences().empty() ? options.audiences : copied(call.api_audiences());

  Claims& claims = made.claims;
  claims.issuer = options.issuers.front();
  claims.subject = user_name(call.ns(), call.service_account());
  claims.id = random_uuid();
  claims.audiences = call.audiences().empty() ? api : copied(call.audiences());
  claims.ns = call.ns();
  claims.account = {std::string(call.service_account()), std::string(call.service_account_uid())};
  set_binding(call, claims);

  std::int64_t lifetime = made.granted;
  if (options.extend_expiration && claims.pod && lifetime == kExtendableSeconds &&
      all_in(claims.audiences, api)) {
    claims.warn_after = now + lifetime;
    lifetime = kExtendedSeconds;
  }
  claims.issued_at = claims.not_before = now;
  claims.expires = now + lifetime;
  return made;
}

}  // namespace limen::plugins::service_account
