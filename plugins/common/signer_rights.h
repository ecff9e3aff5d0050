// The rights about a signer of certificates: virtual verbs on certificates.k8s.io signers, by the
// signer's name or for all of its domain (example.com/*).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/right_check.h"

namespace limen::plugins {

// Admits the call when the caller may `verb` for the signer. Refuses with `user not permitted to
// DEED signerName "x"`.
inline Result<void> check_signer(Host& host, AdmissionCall& call, const std::string& verb,
                                 const std::string& signer, const std::string& deed) {
  const std::string refusal = "user not permitted to " + deed + " signerName \"" + signer + "\"";
  std::vector<NeededRight> rights;
  const auto add = [&](const std::string& name) {
    rights.push_back({verb, "certificates.k8s.io", "signers", "", "", name, refusal});
  };
  add(signer);
  add(signer.substr(0, signer.find('/')) + "/*");
  return RightCheck::run(
      host, call, std::move(rights), true,
      [](const NeededRight& missing, const AccessAnswer&) { return missing.refusal; });
}

}  // namespace limen::plugins
