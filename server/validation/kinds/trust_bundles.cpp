#include "validation/kinds/trust_bundles.h"

#include <algorithm>
#include <string>

#include "object/metadata.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/trust_anchors.h"

namespace limen::validation::kinds {

namespace {

// What is wrong with the name of a bundle of this signer, or of nobody.
object::Problems name_problems(std::string_view name, std::string_view signer) {
  if (signer.empty()) {
    if (name.find(':') == std::string_view::npos) return object::dns1123_subdomain(name);
    return {"ClusterTrustBundle without signer name must not have \":\" in its name"};
  }
  std::string prefix = std::string(signer) + ":";
  std::replace(prefix.begin(), prefix.end(), '/', ':');
  if (name.starts_with(prefix)) return object::dns1123_subdomain(name.substr(prefix.size()));
  return {"ClusterTrustBundle for signerName " + std::string(signer) +
          " must be named with prefix " + prefix};
}

}  // namespace

void check_trust_bundle(const Json& object, Causes& causes) {
  const std::string_view signer = text_at(spec_of(object), "signerName");
  if (const std::string_view name = object::name(object); !name.empty())
    causes.invalid_each(FieldPath("metadata").child("name"), name, name_problems(name, signer));
  if (!signer.empty()) check_signer_name(signer, FieldPath("spec").child("signerName"), causes);
}

void check_trust_bundle_create(const Json& object, Causes& causes) {
  check_trust_anchors(text_at(spec_of(object), "trustBundle"),
                      FieldPath("spec").child("trustBundle"), causes);
}

// A bundle that stays as it is stays valid.
void check_trust_bundle_update(const Json& object, const Json& old, Causes& causes) {
  if (text_at(spec_of(object), "trustBundle") != text_at(spec_of(old), "trustBundle")) {
    check_trust_bundle_create(object, causes);
  }
  check_immutable(member(spec_of(object), "signerName"), member(spec_of(old), "signerName"),
                  FieldPath("spec").child("signerName"), causes);
}

}  // namespace limen::validation::kinds
