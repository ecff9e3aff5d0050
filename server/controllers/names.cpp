#include "controllers/names.h"

namespace limen::controllers {

std::vector<std::string> controller_names() {
  return {std::string(kLocalApiServices),
          std::string(kNamespaces),
          std::string(kDefaultServiceAccount),
          std::string(kRbacBootstrap),
          std::string(kClusterRoleAggregation),
          std::string(kTokenCleaner),
          std::string(kClusterAuthenticationTrust),
          std::string(kRootCaPublisher),
          std::string(kLegacyTokenTracking),
          std::string(kGarbageCollector),
          std::string(kKubernetesService),
          std::string(kServiceAddresses),
          std::string(kEventTtl),
          std::string(kIdentityLease),
          std::string(kFlowControl),
          std::string(kResourceQuota),
          std::string(kStorageProtection)};
}

}  // namespace limen::controllers
