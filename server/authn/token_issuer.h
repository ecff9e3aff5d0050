// TokenIssuer: who signs tokens for service accounts.
//
// An authenticator that verifies such tokens holds the keys that sign them; the server has none of
// its own. Implementations are modules (through the modules room) and, in tests, fakes. Any thread;
// one instance serves many requests at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "request/call_scope.h"

namespace limen::authn {

// What a token is to say. The account and the bound object exist.
struct TokenOrder {
  std::string ns, service_account, service_account_uid;
  std::vector<std::string> audiences;             // empty: the API's own
  std::vector<std::string> api_audiences;         // empty: those the issuer names
  std::string bound_kind, bound_name, bound_uid;  // "Pod", "Secret", "Node"; empty: not bound
  std::string node_name, node_uid;                // where the bound pod runs
  std::int64_t expiration_seconds = 3600;
};

struct IssuedToken {
  std::string token;  // empty when `error` says why
  std::vector<std::string> audiences;
  std::int64_t expiration_seconds = 0;  // for which it is given, counted from now
  std::string error;                    // for the log
};

// What others verify the tokens with.
enum class IssuerDocument : std::uint8_t { configuration, keys };

struct IssuerText {
  std::optional<std::string> json;  // nothing: there is no such document, or `error` says why
  std::string error;
};

class TokenIssuer {
 public:
  virtual ~TokenIssuer() = default;
  // The name of the instance.
  virtual const std::string& name() const = 0;
  // The audiences that stand for the API where the configuration names none. Constant.
  virtual const std::vector<std::string>& audiences() const = 0;
  // Warnings and audit annotations go into `scope`.
  virtual base::Task<IssuedToken> issue(const TokenOrder& order, request::CallScope& scope) = 0;
  virtual base::Task<IssuerText> document(IssuerDocument which, request::CallScope& scope) = 0;
};

}  // namespace limen::authn
