// A token issuer for tests of the API: remembers what it was asked and signs by writing it down.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "authn/token_issuer.h"

namespace limen::test {

class FakeIssuer final : public authn::TokenIssuer {
 public:
  std::optional<authn::TokenOrder> ordered;  // the last one
  std::int64_t at_most = 0;                  // seconds; 0: as wanted
  std::string error;                         // of everything it is asked
  std::optional<std::string> configuration = R"({"issuer":"https://issuer"})";
  std::optional<std::string> keys = R"({"keys":[]})";

  const std::string& name() const override { return name_; }
  const std::vector<std::string>& audiences() const override { return audiences_; }

  base::Task<authn::IssuedToken> issue(const authn::TokenOrder& order,
                                       request::CallScope& scope) override {
    ordered = order;
    authn::IssuedToken issued;
    issued.error = error;
    if (!error.empty()) co_return issued;
    issued.token = "signed";
    issued.audiences = order.audiences.empty() ? audiences_ : order.audiences;
    issued.expiration_seconds = order.expiration_seconds;
    if (at_most != 0 && at_most < order.expiration_seconds) {
      issued.expiration_seconds = at_most;
      scope.warnings.push_back("shortened");
    }
    co_return issued;
  }
  base::Task<authn::IssuerText> document(authn::IssuerDocument which,
                                         request::CallScope&) override {
    co_return authn::IssuerText{which == authn::IssuerDocument::keys ? keys : configuration, error};
  }

 private:
  std::string name_ = "fake";
  std::vector<std::string> audiences_{"https://issuer"};
};

}  // namespace limen::test
