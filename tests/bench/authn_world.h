// AuthnWorld: every bundled authenticator as the server runs it, and credentials for each.
//
// The modules are the built files, loaded through the gates into one generation; what they look up
// is in a store in memory, what they ask over HTTPS is answered by a stand-in. Each has a user of
// its own. One thread; outlives the chains made from it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authn/chain.h"
#include "common/jose/key.h"
#include "modules/runtime.h"
#include "stand_in.h"
#include "storage/cached_store.h"
#include "support/authority.h"
#include "support/key_maker.h"
#include "support/scratch_folder.h"

namespace limen::bench {

// A request as the pipeline hands it to the chain, with the header fields that client-go sends.
class Presented {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  static std::unique_ptr<Presented> nothing() { return with({}); }
  static std::unique_ptr<Presented> with(Headers headers,
                                         std::vector<std::string> certificates = {});
  static std::unique_ptr<Presented> with_token(const std::string& token);

  Presented(const Presented&) = delete;
  Presented& operator=(const Presented&) = delete;
  const authn::Credentials& credentials() const { return credentials_; }

 private:
  Presented() = default;
  Headers headers_;
  std::string token_;
  transport::RequestHead head_;
  transport::PeerInfo peer_;
  authn::Credentials credentials_;
};
using PresentedPtr = std::unique_ptr<Presented>;

// Who signs a token.
enum class Signature { es256, rs256 };

class AuthnWorld {
 public:
  // `modules` is the folder of the built ones, `stand_in` the program https_stand_in.
  AuthnWorld(const std::filesystem::path& modules, const std::filesystem::path& stand_in);
  ~AuthnWorld();
  AuthnWorld(const AuthnWorld&) = delete;
  AuthnWorld& operator=(const AuthnWorld&) = delete;

  // Instances: anonymous, x509, request-header, passwords, tokens, more-tokens, other-tokens,
  // bootstrap-token, service-account, staff, partners and suppliers (of module jwt), webhook-token.
  std::shared_ptr<const authn::Chain> chain(const std::vector<std::string_view>& instances) const;

  PresentedPtr certificate() const;
  PresentedPtr proxied() const;
  PresentedPtr password() const;
  PresentedPtr hashed_password() const;
  PresentedPtr static_token() const;
  PresentedPtr bootstrap_token() const;
  PresentedPtr webhook_token() const;
  // Another token each time.
  PresentedPtr service_account_token(Signature signature);
  PresentedPtr staff_token(Signature signature);
  PresentedPtr supplier_token(Signature signature);

  const plugins::jose::SigningKey& signer(Signature signature) const {
    return signature == Signature::es256 ? es256_ : rs256_;
  }

 private:
  std::string write(const std::string& name, const std::string& text) const;
  void start_stand_in(const std::filesystem::path& program);
  void fill_store();
  void publish_issuer(const std::string& name) const;
  modules::GenerationSpec spec() const;
  modules::ModuleSpec issuer(const std::string& name) const;
  PresentedPtr sign(Signature signature, boost::json::object claims);
  PresentedPtr issuer_token(const std::string& name, Signature signature);

  test::ScratchFolder folder_;
  const plugins::test::Certificate authority_, client_, proxy_authority_, proxy_;
  const plugins::test::Certificate stand_in_authority_, stand_in_certificate_;
  const plugins::test::PemPair p256_pem_, rsa_pem_;
  const plugins::jose::SigningKey es256_, rs256_;
  std::optional<StandIn> stand_in_;
  std::unique_ptr<storage::CachedStore> store_;
  modules::Runtime runtime_;
  modules::GenerationPtr generation_;
  std::uint64_t tokens_ = 0;
};

}  // namespace limen::bench
